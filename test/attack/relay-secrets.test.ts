import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, expect, test } from '@jest/globals';
import { HttpError, type SendHttp } from '../../lib/http/send-http.ts';
import { auditEventOf, type RelayUnderTest, startRelay } from '../support/start-relay.ts';
import { ENCODINGS, leaksOf } from './leaks-of.ts';
import { seedOfRun } from './seed-of-run.ts';

let relay: RelayUnderTest;
afterEach(() => relay.stop());

const REQUEST = 'b0a7ca11-0000-4000-8000-00000000000a';
const BYTES = randomBytes(32);
const KEYS = [`whsec_${BYTES.toString('base64')}`, `whsk_${randomBytes(32).toString('base64')}`];
const PATH_TOKEN = 'T0123456789-of-the-receiver';
const URL = `https://hooks.example/services/${PATH_TOKEN}?key=the-receivers-secret`;
/** Without their prefixes, which are no secret. */
const SECRETS = [
  ...KEYS.map((key) => key.replace(/^wh\w+_/, '')),
  PATH_TOKEN,
  'the-receivers-secret',
];

/** Every secret in some encodings, others each day. */
const encodings = Object.values(ENCODINGS);
const said = [...KEYS, ...SECRETS].flatMap((secret, index) =>
  [0, 4, 8].map((more) => encodings[(seedOfRun + index + more) % encodings.length]?.(secret) ?? ''),
);
const cause = (message: string) => new HttpError('connection', 'x', { cause: new Error(message) });

/** What a receiver, or something in front of it, may do with what it knows. */
const RECEIVERS: Record<string, (text: string) => ReturnType<SendHttp>> = {
  'a body': async (text) => ({ status: 500, headers: {}, body: text, truncated: false }),
  headers: async (text) => ({
    status: 503,
    headers: { 'retry-after': text, 'webhook-delivery': text, location: text },
    body: '',
    truncated: false,
  }),
  'a refusal': async (text) => ({
    status: 410,
    headers: { 'webhook-delivery': 'abort-message' },
    body: text,
    truncated: false,
  }),
  'the names in a certificate': (text) =>
    Promise.reject(cause(`Host: x. is not in the cert's altnames: DNS:${text}`)),
  'an error of another kind': (text) => Promise.reject(new Error(text)),
};

test.each(Object.entries(RECEIVERS))(
  '%s that repeats the keys leaks none',
  async (_, respond) => {
    let text = '';
    const used = new Set<string>();
    const sendHttp = () => {
      used.add(text);
      return respond(text);
    };
    relay = await startRelay({ url: URL, keys: KEYS, deps: { sendHttp } });
    for (text of said) {
      await relay.send(JSON.stringify(auditEventOf(randomUUID())));
      await relay.run();
    }
    const deliveries = [...relay.records.values()].map(({ delivery }) => delivery);
    expect(used.size).toBe(new Set(said).size);
    expect(deliveries.some((one) => one?.lastError)).toBe(true);
    const outside = JSON.stringify([relay.log, deliveries, await relay.deadLetters()]);
    expect(leaksOf(outside, SECRETS)).toEqual([]);
  },
  60_000,
);

test('an error is cut and has no control characters', async () => {
  const text = `\u001b[31m\r\nforged line\u009b${'x'.repeat(100_000)}`;
  relay = await startRelay({
    url: URL,
    keys: KEYS,
    deps: { sendHttp: () => Promise.reject(cause(text)) },
  });
  await relay.send(JSON.stringify(auditEventOf(REQUEST)));
  await relay.run();
  const { lastError = '' } = relay.records.get(REQUEST)?.delivery ?? {};
  expect(lastError).toMatch(/^no response: .*forged line/);
  expect(lastError.length).toBeLessThanOrEqual(300);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be in it
  expect(lastError).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
});

test('a key that cannot be used is not logged, nor is the ARN of its secret kept', async () => {
  const arn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:Signing-AbCdEf';
  const getSecret = async () => {
    throw Object.assign(new Error(`not authorized on ${arn}`), { name: 'AccessDeniedException' });
  };
  relay = await startRelay({ url: URL, deps: { getSecret } });
  await relay.send(JSON.stringify(auditEventOf(REQUEST)));
  await relay.run();
  const { lastError } = relay.records.get(REQUEST)?.delivery ?? {};
  expect(lastError).toMatch(/^the signing keys cannot be read: The function's role has no access/);
  expect(lastError).not.toContain('123456789012');
});
