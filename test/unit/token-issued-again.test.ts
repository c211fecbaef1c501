import { expect, test } from '@jest/globals';
import { createRedactor } from '../../lib/domain/redact.ts';
import { createMemoryItem } from '../../lib/genesys/pace/memory-item.ts';
import { createTokenLease } from '../../lib/genesys/token/token-lease.ts';
import { createTokenSecret } from '../../lib/genesys/token/token-secret.ts';
import { createTokenSource } from '../../lib/genesys/token/token-source.ts';
import { VirtualTime } from '../simulation/virtual-time.ts';

const TOKEN_URL = 'https://login.example.com/oauth/token';

// Bug: where each new token was the refused one, requests for tokens only ended when the call budget was used up.
// Fix: after two attempts it is a refusal of new tokens.
test('a token that is issued again after it was refused is not requested again and again', async () => {
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
      return { accessToken: 'the same', issuedAtMs: nowMs, expiresAtMs: nowMs + 3_600_000 };
    },
    clock,
    random: () => 0.5,
  });
  const first = source.get();
  await time.run({ untilMs: time.nowMs + 1_000 });
  expect(await first).toBe('the same');
  source.accepted('the same');
  const replaced = source.replace('the same', Number.POSITIVE_INFINITY);
  const refused = expect(replaced).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
  await time.run({ untilMs: time.nowMs + 60_000 });
  await refused;
  expect(requests).toBeLessThanOrEqual(3);
});
