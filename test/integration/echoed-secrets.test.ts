import { afterEach, expect, test } from '@jest/globals';
import type { HttpRequest, SendHttp } from '../../lib/http/send-http.ts';
import {
  FREE_USERS,
  PLATFORM_CONVERSATION,
  SAMPLE_CLIENT,
} from '../../local/genesys/sample-organisation.ts';
import { type AdderUnderTest, startAdder } from '../support/start-adder.ts';

let adder: AdderUnderTest;
afterEach(() => adder.stop());

/** How something between us and Genesys Cloud may write what it was sent. */
const ENCODINGS: Record<string, (text: string) => string> = {
  raw: (text) => text,
  base64: (text) => Buffer.from(text).toString('base64'),
  'URL-encoded': encodeURIComponent,
  'JSON-escaped': (text) => JSON.stringify(text).slice(1, -1),
};

/** Where it puts that: a message, a correlation id, the end of the conversation. */
const PLACES: Record<string, (said: string) => Awaited<ReturnType<SendHttp>>> = {
  body: (said) => response(400, { code: 'bad.request', message: said }),
  'correlation id': (said) => response(400, { code: 'bad.request' }, said.slice(0, 1_000)),
  endTime: (said) => response(200, { id: PLATFORM_CONVERSATION, participants: [], endTime: said }),
};

function response(status: number, body: unknown, correlationId?: string) {
  const headers = correlationId === undefined ? {} : { 'inin-correlation-id': correlationId };
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    truncated: false,
  };
}

const everythingSent = ({ headers, body = '' }: HttpRequest) =>
  `${Object.values(headers).join(' ')} ${body}`;

/** Both secrets, in every encoding, as a reader of the logs could search for them. */
function leaks(text: string, secrets: string[]): string[] {
  return secrets.flatMap((secret) =>
    Object.entries(ENCODINGS)
      .filter(([, encode]) => text.includes(encode(secret)))
      .map(([name]) => `${secret} ${name}`),
  );
}

const PATHS = ['/oauth/token', '/api/v2/conversations/', '/api/v2/users', '/participants'];
const cases = PATHS.flatMap((path) =>
  Object.keys(PLACES).flatMap((place) =>
    Object.keys(ENCODINGS).map((encoding) => [path, place, encoding] as const),
  ),
);

test.each(cases)('%s that echoes its request in the %s, %s, leaks no secret', async (...echo) => {
  const [path, place, encoding] = echo;
  const tokens: string[] = [];
  const echoing =
    (send: SendHttp): SendHttp =>
    async (request) => {
      const authorization = request.headers.authorization ?? '';
      if (authorization.startsWith('Bearer ')) tokens.push(authorization.slice('Bearer '.length));
      if (!request.url.includes(path)) return send(request);
      const said = everythingSent(request);
      return (PLACES[place] as (text: string) => ReturnType<typeof response>)(
        (ENCODINGS[encoding] as (text: string) => string)(said),
      );
    };
  adder = await startAdder({ sendHttp: echoing });
  await adder.deliver({
    conversationId: PLATFORM_CONVERSATION,
    participants: [{ id: FREE_USERS[0] }],
  });
  const outside = JSON.stringify([adder.sent, adder.log]);
  expect(outside.length).toBeGreaterThan(10);
  const pair = Buffer.from(`${SAMPLE_CLIENT.clientId}:${SAMPLE_CLIENT.clientSecret}`);
  const secrets = [SAMPLE_CLIENT.clientSecret, pair.toString('base64'), ...new Set(tokens)];
  expect(leaks(outside, secrets)).toEqual([]);
});
