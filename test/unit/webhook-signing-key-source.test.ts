import { describe, expect, test } from '@jest/globals';
import { createRedactor } from '../../lib/domain/redact.ts';
import { createSigningKeySource } from '../../lib/webhook/signing-key-source.ts';

const KEY_A = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
const KEY_B = `whsec_${Buffer.alloc(24, 2).toString('base64')}`;
const MINUTE = 60_000;

type Secret = { value: string } | undefined;

function setUp(
  secret: Secret | Error,
  {
    secretId = 'signing',
    allowUnsigned = false,
  }: { secretId?: string; allowUnsigned?: boolean } = {},
) {
  const lines: { level: string; message: string; error?: unknown }[] = [];
  const write = (level: string) => (message: string, fields?: Record<string, unknown>) => {
    lines.push({ level, message, ...fields });
  };
  const state = { secret, nowMs: 0, reads: 0 };
  const redactor = createRedactor();
  const source = createSigningKeySource({
    secretId,
    allowUnsigned,
    getSecret: async () => {
      state.reads += 1;
      if (state.secret instanceof Error) throw state.secret;
      return state.secret;
    },
    redactor,
    clock: { now: () => state.nowMs, sleep: async () => {} },
    log: { info: write('info'), warn: write('warn'), error: write('error') },
  });
  const secrets = async () =>
    (await source()).map((key) => (key.scheme === 'v1' ? key.secret[0] : undefined));
  return { state, lines, secrets, redactor };
}

const secretOf = (...keys: unknown[]): Secret => ({
  value: JSON.stringify({ keys }),
});

describe('the source of signing keys', () => {
  test('reads the secret once for calls at the same time, and again only after two minutes', async () => {
    const { state, secrets } = setUp(secretOf(KEY_A));
    expect(await Promise.all([secrets(), secrets()])).toEqual([[1], [1]]);
    state.nowMs = 2 * MINUTE - 1;
    await secrets();
    expect(state.reads).toBe(1);
    state.nowMs = 2 * MINUTE;
    await secrets();
    expect(state.reads).toBe(2);
  });

  test('notices a rotation within five minutes', async () => {
    const { state, secrets } = setUp(secretOf(KEY_A));
    await secrets();
    state.secret = secretOf(KEY_B, KEY_A);
    state.nowMs = 5 * MINUTE;
    expect(await secrets()).toEqual([2, 1]);
  });

  test('goes on with keys in memory while reads fail, but not beyond five minutes', async () => {
    const { state, secrets, lines } = setUp(secretOf(KEY_A));
    await secrets();
    state.secret = new Error('the service is down');
    state.nowMs = 5 * MINUTE - 1;
    expect(await secrets()).toEqual([1]);
    expect(lines.at(-1)).toMatchObject({ level: 'error', message: 'signing keys cannot be read' });
    state.nowMs = 5 * MINUTE;
    await expect(secrets()).rejects.toThrow('the signing keys cannot be read: Error');
    state.secret = secretOf(KEY_A);
    expect(await secrets()).toEqual([1]);
  });

  test('does not treat a failed read as a secret without keys', async () => {
    const { secrets } = setUp(new Error('access denied'));
    await expect(secrets()).rejects.toThrow('the signing keys cannot be read: Error');
  });

  test('signs with the good keys where one is malformed, and names that one without its value', async () => {
    const { secrets, lines } = setUp(secretOf('whsec_%%%', KEY_B));
    expect(await secrets()).toEqual([2]);
    expect(lines[0]).toEqual({
      level: 'error',
      message: 'signing key unusable',
      error: 'key 1 of 2 is not base64 after whsec_',
    });
    expect(JSON.stringify(lines)).not.toContain('%%%');
  });

  test('refuses to go on without a signature where every key is malformed', async () => {
    for (const secret of [secretOf('oops'), { value: 'oops' }]) {
      const { secrets } = setUp(secret);
      await expect(secrets()).rejects.toThrow('the signing secret has no usable key');
    }
  });

  test('does not send unsigned after a secret that had keys is gone', async () => {
    const { state, secrets } = setUp(secretOf(KEY_A));
    await secrets();
    state.secret = undefined;
    state.nowMs = 6 * MINUTE;
    await expect(secrets()).rejects.toThrow('the secret has gone');
  });

  test('does not use a weak key', async () => {
    const { secrets } = setUp(secretOf(`whsec_${Buffer.alloc(4, 9).toString('base64')}`));
    await expect(secrets()).rejects.toThrow('the signing secret has no usable key');
  });

  test.each([
    ['the secret has no value', undefined],
    ['the secret has an empty list', secretOf()],
  ])('has no key to sign with if %s, unless unsigned delivery is allowed', async (_, secret) => {
    await expect(setUp(secret).secrets()).rejects.toThrow('no signing key is configured');
    const { secrets, lines } = setUp(secret, { allowUnsigned: true });
    expect(await secrets()).toEqual([]);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'webhooks are delivered unsigned' }),
    );
  });

  test.each([
    ['usable', secretOf(KEY_A)],
    ['too short', secretOf('whsec_c2hvcnQtYnV0LXNlY3JldA==')],
    ['not in a list', { value: KEY_A }],
  ])('lets the redactor know a key that is %s', async (_, secret) => {
    const { secrets, redactor } = setUp(secret);
    await secrets().catch(() => {});
    const key = /whsec_[\w+/=]+/.exec(secret?.value ?? '')?.[0] ?? '';
    expect(key).not.toBe('');
    expect(redactor.redact(key)).toBe('[redacted]');
    expect(redactor.redact(key.slice('whsec_'.length))).toBe('[redacted]');
  });

  test('reads no secret if none is configured', async () => {
    const sourceWith = (allowUnsigned: boolean) =>
      createSigningKeySource({
        secretId: undefined,
        allowUnsigned,
        getSecret: async () => {
          throw new Error('must not be called');
        },
        redactor: createRedactor(),
        clock: { now: () => 0, sleep: async () => {} },
        log: { info: () => {}, error: () => {}, warn: () => {} },
      });
    await expect(sourceWith(false)()).rejects.toThrow('WEBHOOK_SIGNING_SECRET_ID is not set');
    expect(await sourceWith(true)()).toEqual([]);
  });
});
