import { describe, expect, test } from '@jest/globals';
import type { CallWindowItem } from '../../lib/domain/window-update.ts';
import { createCallAllowance } from '../../lib/genesys/pace/create-call-allowance.ts';
import { createMemoryCallWindow } from '../../lib/genesys/pace/memory-call-window.ts';

const STARTED_AT_MS = Date.parse('2026-11-22T15:00:00Z');

function start() {
  const time = { nowMs: STARTED_AT_MS };
  const inner = createMemoryCallWindow();
  let updates = 0;
  const item: CallWindowItem = {
    ...inner,
    async update(update) {
      updates += 1;
      return inner.update(update);
    },
  };
  const clock = { now: () => time.nowMs, sleep: async () => {} };
  const allowance = createCallAllowance({ item, requestsPerSecond: 5, clock, random: () => 0 });
  return { time, allowance, updates: () => updates };
}

const ACCEPTED = {
  status: 200,
  headers: {
    'inin-ratelimit-count': '1',
    'inin-ratelimit-allowed': '300',
    'inin-ratelimit-reset': '60',
  },
};

describe('a stop that ends with a probing request', () => {
  // Bug: the accepted response that had arrived before the 429 ended the stop, if it was not written yet.
  test('is not ended by a response from before it', async () => {
    const { time, allowance } = start();
    await allowance.acquire(3);
    time.nowMs += 100;
    allowance.observe(ACCEPTED);
    time.nowMs += 100;
    allowance.observe({ status: 429, headers: {} });
    await allowance.pauseUntil(time.nowMs + 240_000);
    for (const afterMs of [100, 1_000, 2_000]) {
      time.nowMs += afterMs;
      expect(await allowance.acquire(1)).toMatchObject({ reason: 'stopped' });
    }
  });
});

describe('requests of one instance that ask at the same time', () => {
  // Bug: the limit of low priority applied to the calls of both, so that the write failed ten times.
  test('share a write if one of them has low priority and the other needs more than half', async () => {
    const { allowance, updates } = start();
    const first = await allowance.acquire(148, { callerId: 'A' });
    expect(first.granted).toBe(true);
    const written = updates();
    const outcomes = await Promise.all([
      // Makes the others wait, so that they are written together.
      allowance.release({ granted: true, calls: 1, grantedAtMs: STARTED_AT_MS }, 'A'),
      allowance.acquire(1, { callerId: 'B', priority: 'low' }),
      allowance.acquire(10, { callerId: 'C' }),
    ]);
    expect(outcomes.slice(1)).toMatchObject([{ granted: true }, { granted: true }]);
    expect(updates() - written).toBe(2);
  });
});
