import { once } from 'node:events';
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createSendHttp, type HttpResponse, type SendHttp } from '../../lib/http/send-http.ts';
import {
  FREE_USERS,
  PLATFORM_CONVERSATION,
  SAMPLE_USERS,
} from '../../local/genesys/sample-organisation.ts';
import { type AdderUnderTest, startAdder } from '../support/start-adder.ts';
import { ENCODINGS, leaksOf } from './leaks-of.ts';
import { seedOfRun } from './seed-of-run.ts';

let adder: AdderUnderTest;
afterEach(() => adder.stop());

const CLIENT = {
  clientId: 'c0ffee00-0000-4000-8000-000000000001',
  clientSecret: `S3cr3t+/="<&>'-of-no_value(24)`,
};
const [PERSON = ''] = FREE_USERS;
const ACTING = SAMPLE_USERS.ada;

/** What is sent to Genesys Cloud and must be seen nowhere else. */
type Known = 'client secret' | 'Basic pair' | 'token';
const KNOWN: readonly Known[] = ['client secret', 'Basic pair', 'token'];

const response = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
  truncated: false,
});
type Place = (said: string) => HttpResponse;

/** Where an error response can repeat it. */
const ERROR_PLACES: Record<string, Place> = {
  message: (said) => response(400, { code: 'bad.request', message: said }),
  messageWithParams: (said) => response(400, { code: 'bad.request', messageWithParams: said }),
  code: (said) => response(400, { code: said, message: said }),
  'errors[]': (said) => response(409, { errors: [{ errors: [{ code: said, message: said }] }] }),
  'details[]': (said) =>
    response(400, { details: [{ errorCode: said, fieldName: said, entityId: said }] }),
  messageParams: (said) => response(400, { messageParams: { [said]: said }, contextId: said }),
  limit: (said) =>
    response(429, { limit: { key: said, namespace: said, value: 1 } }, { 'retry-after': '1' }),
  OAuth: (said) => response(401, { error: said, error_description: said, description: said }),
  'OAuth description': (said) =>
    response(400, { error: 'invalid_client', error_description: said }),
  'name of a field': (said) => response(400, { [said]: said, message: { [said]: said } }),
  text: (said) => response(502, `<html>${said}</html>`, { 'content-type': 'text/html' }),
  'text of a success': (said) => response(200, said),
  'a JSON string': (said) => response(200, JSON.stringify(said)),
  redirect: (said) => response(302, said, { location: `https://x.example/${encodeURI(said)}` }),
  'correlation id': (said) => response(400, { code: 'x' }, { 'inin-correlation-id': said }),
  'correlation id of a success': (said) => response(200, {}, { 'inin-correlation-id': said }),
  'other headers': (said) =>
    response(429, {}, { 'retry-after': said, 'inin-ratelimit-reset': said, [said]: said }),
  'escaped letters': (said) => {
    const code = (letter: string) =>
      `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}`;
    const hidden = said.replaceAll(/[\s\S]/g, code);
    return response(400, `{"code":"${hidden}","message":"${hidden}"}`);
  },
};

const LIVE_CALL = { state: 'connected', id: 'call' };
const conversation = (fields: object, ...more: object[]) =>
  response(200, {
    id: PLATFORM_CONVERSATION,
    participants: [
      { id: 'acting', userId: ACTING, purpose: 'agent', calls: [LIVE_CALL] },
      { id: 'customer', purpose: 'customer', calls: [LIVE_CALL] },
      ...more,
    ],
    ...fields,
  });

/** Where a conversation can repeat it, and where that could get into a result. */
const CONVERSATION_PLACES: Record<string, Place> = {
  endTime: (said) => conversation({ endTime: said }),
  'ids of the conversation': (said) => conversation({ id: said, address: said, type: said }),
  'id of a person who is in': (said) =>
    conversation({}, { id: said, userId: PERSON, calls: [LIVE_CALL] }),
  'every field of a person': (said) =>
    conversation(
      {},
      {
        id: said,
        userId: PERSON,
        name: said,
        purpose: said,
        address: said,
        startTime: said,
        connectedTime: said,
        mediaRoles: [said],
        monitoredParticipantId: said,
        calls: [
          { state: said, disconnectType: said, connectedTime: said, self: { addressRaw: said } },
        ],
      },
    ),
  'disconnectType of a person': (said) =>
    conversation(
      {},
      {
        id: said,
        userId: PERSON,
        endTime: '2026-11-26T00:00:00Z',
        calls: [{ state: 'disconnected', disconnectType: said }],
      },
    ),
  'a list of media': (said) =>
    response(200, { id: said, participants: [{ id: said, [said]: [{ state: said }] }] }),
};

const USER_PLACES: Record<string, Place> = {
  'every field of a user': (said) =>
    response(200, {
      total: said,
      pageCount: said,
      entities: [
        {
          id: PERSON,
          state: said,
          name: said,
          presence: { presenceDefinition: { systemPresence: said } },
          station: { effectiveStation: { id: said } },
        },
        { id: said, state: 'active' },
      ],
    }),
};

const TOKEN_PLACES: Record<string, Place> = {
  'a token with more beside it': (said) =>
    response(200, { access_token: 'a-token-of-no-value', expires_in: said, token_type: said }),
  'no token': (said) => response(200, { token: said, expires_in: 3600 }),
  'an unfit token': (said) => response(200, { access_token: `${said}\r\n`, expires_in: 3600 }),
};

const OPERATIONS: { name: string; path: RegExp; places: Record<string, Place> }[] = [
  { name: 'token request', path: /\/oauth\/token$/, places: { ...ERROR_PLACES, ...TOKEN_PLACES } },
  {
    name: 'conversation',
    path: /\/conversations\/[^/]+$/,
    places: { ...ERROR_PLACES, ...CONVERSATION_PLACES },
  },
  { name: 'users', path: /\/users\b/, places: { ...ERROR_PLACES, ...USER_PLACES } },
  {
    name: 'add',
    path: /\/participants\/user\//,
    places: { ...ERROR_PLACES, ...CONVERSATION_PLACES },
  },
];

const cases = OPERATIONS.flatMap(({ name, path, places }) =>
  Object.entries(places).map(([place, respond]) => ({ name, place, path, respond })),
).map((one, index) => ({ ...one, index }));

/** Places that are cut to a length, so that not all encodings fit into one text. */
const CUT = /correlation|endTime|\bid\b|code|limit/;

/** Texts that hold a secret: all its encodings, or where they are cut, two of them, others each day. */
function textsFor(place: string, index: number): ((secret: string) => string)[] {
  const encodings = Object.values(ENCODINGS);
  if (!CUT.test(place)) {
    return [(secret) => encodings.map((encode) => encode(secret)).join(' ')];
  }
  return [0, 7].flatMap((more) => encodings[(seedOfRun + index + more) % encodings.length] ?? []);
}

/** One request until its end, with watches. Everything that left the function. */
async function outsideAfter(
  path: RegExp,
  respond: (secrets: Record<Known, string>) => HttpResponse,
  tokenToStart?: string,
) {
  const secrets: Record<Known, string> = {
    'client secret': CLIENT.clientSecret,
    'Basic pair': Buffer.from(`${CLIENT.clientId}:${CLIENT.clientSecret}`).toString('base64'),
    token: tokenToStart ?? 'no-token-was-sent-yet',
  };
  const tokens = new Set<string>();
  const echoing =
    (send: SendHttp): SendHttp =>
    async (request) => {
      const [, token] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
      if (token !== undefined) {
        secrets.token = token;
        tokens.add(token);
      }
      return path.test(new URL(request.url).pathname) ? respond(secrets) : send(request);
    };
  adder = await startAdder({
    sendHttp: echoing,
    genesys: CLIENT,
    credentials: JSON.stringify(CLIENT),
    watchConnections: true,
  });
  if (tokenToStart !== undefined) adder.storeToken(tokenToStart);
  await adder.settleInTheEnd({
    conversationId: PLATFORM_CONVERSATION,
    participants: [{ id: PERSON }, { address: '+15551234567' }],
    deadline: new Date(adder.clock.now() + 30_000).toISOString(),
  });
  await adder.deliverWatches();
  const { sent, log, records, metrics } = adder;
  const outside = JSON.stringify([sent, log, [...records.values()], metrics, await adder.items()]);
  expect(outside).toContain(PLATFORM_CONVERSATION);
  return { outside, secrets: [secrets['client secret'], secrets['Basic pair'], ...tokens] };
}

describe('a response that repeats what it was sent leaks no secret', () => {
  test.each(cases)(
    '$name: $place',
    async ({ place, path, respond, index }) => {
      for (const [offset, known] of KNOWN.entries()) {
        for (const write of textsFor(place, index + offset)) {
          const { outside, secrets } = await outsideAfter(path, (all) =>
            respond(write(all[known])),
          );
          expect(leaksOf(outside, secrets)).toEqual([]);
          await adder.stop();
        }
      }
    },
    60_000,
  );
});

test('a function that has never requested a token leaks no client secret either', async () => {
  const { outside, secrets } = await outsideAfter(
    /\/api\/v2\//,
    (all) => (ERROR_PLACES.message as Place)(all['client secret']),
    'a-stored-token-of-no-value',
  );
  expect(adder.tokenVersions).toHaveLength(1);
  expect(leaksOf(outside, secrets)).toEqual([]);
  expect(outside).toContain('[redacted]');
});

test('a token that was replaced stays secret', async () => {
  const old = 'an-old-token-of-no-value';
  const { outside, secrets } = await outsideAfter(
    /\/participants\/user\//,
    () => (ERROR_PLACES.message as Place)(`${old} was refused`),
    old,
  );
  expect(adder.tokenVersions).toHaveLength(2);
  expect(leaksOf(outside, [...secrets, old])).toEqual([]);
});

test('a compressed response is searched once it is unpacked', async () => {
  const server = createServer((request, response) => {
    const body = JSON.stringify({ code: 'bad.request', message: request.headers.authorization });
    response.writeHead(400, { 'content-encoding': 'gzip', 'content-type': 'application/json' });
    response.end(gzipSync(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const send = createSendHttp();
  let token = '';
  adder = await startAdder({
    sendHttp: (toStandIn) => (request) => {
      if (!request.url.includes('/api/v2/conversations/')) return toStandIn(request);
      token = (request.headers.authorization ?? '').slice('Bearer '.length);
      return send({ ...request, url: `http://127.0.0.1:${port}/` });
    },
  });
  try {
    await adder.settleInTheEnd({
      conversationId: PLATFORM_CONVERSATION,
      participants: [{ id: PERSON }],
      deadline: new Date(adder.clock.now() + 30_000).toISOString(),
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
  const outside = JSON.stringify([adder.sent, adder.log]);
  expect(outside).toContain('[redacted]');
  expect(leaksOf(outside, [token])).toEqual([]);
});
