import { expect, test } from '@jest/globals';
import { createRedactor } from '../../lib/domain/redact.ts';
import { createMemoryItem } from '../../lib/genesys/pace/memory-item.ts';
import { createTokenLease } from '../../lib/genesys/token/token-lease.ts';
import { createTokenSecret } from '../../lib/genesys/token/token-secret.ts';
import { createTokenSource } from '../../lib/genesys/token/token-source.ts';
import { VirtualTime } from '../simulation/virtual-time.ts';

const TOKEN_URL = 'https://login.example.com/oauth/token';

/** A source that gets the same token each time. */
function startSource() {
  const time = new VirtualTime(Date.parse('2026-11-27T12:00:00Z'));
  const clock = time.clock();
  let secret: { value: string; versionId: string; stages: string[] } | undefined;
  let requests = 0;
  const source = createTokenSource({
    secret: createTokenSecret({
      read: async () => secret,
      write: async (value) => {
        secret = { value, versionId: '1', stages: ['AWSCURRENT'] };
      },
      tokenUrl: TOKEN_URL,
      redactor: createRedactor(),
    }),
    lease: createTokenLease({ item: createMemoryItem(), owner: 'test', clock }),
    readCredentials: async () => ({ clientId: 'id', clientSecret: 'secret', versionId: '1' }),
    requestToken: async () => {
      requests += 1;
      const nowMs = clock.now();
      return { accessToken: 'the same', issuedAtMs: nowMs, expiresAtMs: nowMs + 86_400_000 };
    },
    clock,
    random: () => 0.5,
  });
  const pass = async (durationMs: number) => {
    const untilMs = time.nowMs + durationMs;
    time.after(durationMs, () => {});
    await time.run({ untilMs });
  };
  return {
    source,
    requests: () => requests,
    /** Lets a minute pass. */
    async done<Result>(promise: Promise<Result>): Promise<Result> {
      promise.catch(() => {});
      await pass(60_000);
      return promise;
    },
    pass,
  };
}

// Bug: where each new token was the refused one, requests for tokens only ended when the call budget was used up.
// Fix: after two attempts it is a refusal of new tokens.
test('a token that is issued again after it was refused is not requested again and again', async () => {
  const { source, requests, done } = startSource();
  expect(await done(source.get())).toBe('the same');
  source.accepted('the same');
  const replaced = source.replace('the same', Number.POSITIVE_INFINITY);
  await expect(done(replaced)).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
  expect(requests()).toBeLessThanOrEqual(3);
});

// Bug: it stayed refused for this instance, which requested a token before each call.
test('a token that was refused for a while is used again once it is accepted', async () => {
  const { source, requests, done, pass } = startSource();
  await done(source.get());
  source.accepted('the same');
  await done(source.replace('the same')).catch(() => undefined);
  await pass(3_600_000);
  expect(await done(source.get())).toBe('the same');
  const before = requests();
  source.accepted('the same');
  for (let calls = 0; calls < 5; calls += 1) await done(source.get());
  expect(requests()).toBe(before);
});

// Bug: the first time at which it was to be renewed stayed, so that a token was requested before each call.
test('a token that is issued again when it is to be renewed is used for its new life', async () => {
  const { source, requests, done, pass } = startSource();
  await done(source.get());
  await pass(86_400_000);
  expect(await done(source.get())).toBe('the same');
  const before = requests();
  for (let calls = 0; calls < 5; calls += 1) await done(source.get());
  expect(requests()).toBe(before);
});
