import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  afterStopDelayMs,
  deferDelayMs,
  retryInPlaceDelayMs,
} from '../../lib/domain/retry-policy.ts';

const state = (more: Partial<Parameters<typeof deferDelayMs>[0]> = {}) => ({
  nowMs: 0,
  deadlineMs: 600_000,
  receiveCount: 1,
  maxReceives: 1_000,
  random: () => 1,
  ...more,
});

test('a retry in place waits 1 s, 2 s, 4 s, at least half of it', () => {
  expect([0, 1, 2].map((retry) => retryInPlaceDelayMs(retry, () => 1))).toEqual([
    1_000, 2_000, 4_000,
  ]);
  expect([0, 1, 2].map((retry) => retryInPlaceDelayMs(retry, () => 0))).toEqual([
    500, 1_000, 2_000,
  ]);
});

test('after a 429, a request waits as long as it says and then longer each time, up to a minute', () => {
  const delays = (random: () => number) =>
    [1, 2, 3, 6, 60].map((receiveCount) => afterStopDelayMs(4_000, receiveCount, random));
  expect(delays(() => 1)).toEqual([7_000, 10_000, 16_000, 64_000, 64_000]);
  expect(delays(() => 0)).toEqual([5_500, 7_000, 10_000, 34_000, 34_000]);
});

describe('a request that is deferred', () => {
  test('waits longer each time, up to a minute', () => {
    const delays = [1, 2, 3, 4, 5, 6, 60].map((receiveCount) =>
      deferDelayMs(state({ receiveCount })),
    );
    expect(delays).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
  });

  test('waits as long as the other side says, never less', () => {
    expect(deferDelayMs(state({ retryAfterMs: 58_000 }))).toBe(58_000);
    expect(deferDelayMs(state({ retryAfterMs: 300_000 }))).toBe(300_000);
  });

  test('ends where the named wait is longer than it has time', () => {
    expect(deferDelayMs(state({ retryAfterMs: 600_000 }))).toBeUndefined();
  });

  // Bug: a named wait of nothing, with little time left, came back until the receives were used up.
  test('is not hammered where the other side says that it may come back at once', () => {
    expect(deferDelayMs(state({ retryAfterMs: 0 }))).toBe(1_000);
    expect(deferDelayMs(state({ retryAfterMs: 0, deadlineMs: 3_500 }))).toBeUndefined();
  });

  test('gets a last try shortly before its deadline, and then no more', () => {
    expect(deferDelayMs(state({ receiveCount: 9, deadlineMs: 20_000 }))).toBe(17_000);
    expect(deferDelayMs(state({ receiveCount: 9, deadlineMs: 3_500 }))).toBeUndefined();
  });

  test('never comes to the end of its receives before its deadline, however it waits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 86_400 }),
        fc.integer({ min: 10, max: 1_000 }),
        fc.array(fc.option(fc.nat(60_000), { nil: undefined }), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seconds, maxReceives, waits, jitter) => {
          let nowMs = 0;
          let receiveCount = 0;
          while (receiveCount < maxReceives) {
            receiveCount += 1;
            const delayMs = deferDelayMs({
              nowMs,
              deadlineMs: seconds * 1_000,
              receiveCount,
              maxReceives,
              retryAfterMs: waits[receiveCount % waits.length],
              random: () => jitter,
            });
            if (delayMs === undefined) break;
            nowMs += delayMs;
          }
          expect(receiveCount).toBeLessThan(maxReceives);
        },
      ),
      { numRuns: 1_000, examples: [[5, 10, [0], 0]] },
    );
  });
});
