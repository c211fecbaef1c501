import { describe, expect, test } from '@jest/globals';
import { createRedactor } from '../../lib/domain/redact.ts';
import { createMemoryItem } from '../../lib/genesys/pace/memory-item.ts';
import { createTokenLease } from '../../lib/genesys/token/token-lease.ts';
import { createTokenSecret } from '../../lib/genesys/token/token-secret.ts';
import { createTokenSource } from '../../lib/genesys/token/token-source.ts';

import { systemClock as clock } from '../../lib/system-clock.ts';

const TOKEN_URL = 'https://login.example.com/oauth/token';
const HOUR_MS = 3_600_000;

/** A token in the secret, given out at a time. */
const stored = (accessToken: string, issuedAtMs: number) => ({
  value: JSON.stringify({
    kind: 'token',
    accessToken,
    tokenUrl: TOKEN_URL,
    issuedAt: new Date(issuedAtMs).toISOString(),
    expiresAt: new Date(issuedAtMs + HOUR_MS).toISOString(),
  }),
  versionId: accessToken,
  stages: ['AWSCURRENT'],
});

/** A source whose reads of the secret get these responses in order. There is no Genesys Cloud to ask. */
function start(...responses: (() => ReturnType<typeof stored>)[]) {
  const events: string[] = [];
  let reads = 0;
  const source = createTokenSource({
    secret: createTokenSecret({
      read: async () => {
        const response = responses[reads++];
        if (!response) throw new Error('one read too many');
        return response();
      },
      write: () => Promise.reject(new Error('nothing is to be written')),
      tokenUrl: TOKEN_URL,
      redactor: createRedactor(),
    }),
    lease: createTokenLease({ item: createMemoryItem(), owner: 'test', clock }),
    readCredentials: () => Promise.reject(new Error('no request is expected')),
    requestToken: () => Promise.reject(new Error('no request is expected')),
    clock,
    random: () => 0.5,
    onEvent: (event) => void events.push(event),
  });
  return { source, events, reads: () => reads };
}

const unavailable = () => {
  throw new Error('Secrets Manager is not there');
};

describe('reading the token ahead', () => {
  test('saves the first who needs it the reading', async () => {
    const { source, reads } = start(() => stored('good', clock.now()));
    source.prefetch();
    expect(reads()).toBe(1);
    expect(await Promise.all([source.get(), source.get()])).toEqual(['good', 'good']);
    expect(await source.get()).toBe('good');
    expect(reads()).toBe(1);
  });

  test('that fails is ignored: the next call reads the secret again', async () => {
    const { source, events, reads } = start(unavailable, () => stored('good', clock.now()));
    source.prefetch();
    expect(await source.get()).toBe('good');
    expect(reads()).toBe(2);
    expect(events).toEqual([]);
  });

  test('fetches no token, and hands out none that is too old', async () => {
    const { source, reads } = start(
      () => stored('old', clock.now() - HOUR_MS),
      () => stored('good', clock.now()),
    );
    source.prefetch();
    expect(await source.get()).toBe('good');
    expect(reads()).toBe(2);
  });
});
