import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  deferredDelayMs,
  type FailedTry,
  nextTryDelayMs,
} from '../../lib/webhook/next-try-delay.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const NOW = Date.parse('2026-11-22T15:29:40Z');

const failedTry = (changes: Partial<FailedTry> = {}): FailedTry => ({
  tries: 1,
  receiveCount: 1,
  sentAtMs: NOW,
  receivedAtMs: NOW,
  nowMs: NOW,
  // In the middle of the jitter.
  random: () => 0.5,
  ...changes,
});

describe('the wait before the next try', () => {
  test.each([
    [1, 5 * SECOND],
    [2, 5 * MINUTE],
    [3, 30 * MINUTE],
    [4, 2 * HOUR],
    [5, 5 * HOUR],
    [6, 10 * HOUR],
    [7, 10 * HOUR],
    [12, 10 * HOUR],
  ])('after try %i is the schedule’s', (tries, expected) => {
    expect(nextTryDelayMs(failedTry({ tries }))).toBe(expected);
  });

  test('is spread by a fifth to either side', () => {
    expect(nextTryDelayMs(failedTry({ tries: 3, random: () => 0 }))).toBe(24 * MINUTE);
    expect(nextTryDelayMs(failedTry({ tries: 3, random: () => 1 }))).toBe(36 * MINUTE);
  });

  test('is longer where the receiver asks for longer, and never shorter', () => {
    expect(nextTryDelayMs(failedTry({ retryAfterMs: HOUR }))).toBe(HOUR);
    expect(nextTryDelayMs(failedTry({ tries: 4, retryAfterMs: HOUR }))).toBe(2 * HOUR);
  });

  test('ends after three days', () => {
    const sentAtMs = NOW - 72 * HOUR;
    expect(nextTryDelayMs(failedTry({ tries: 12, sentAtMs }))).toBeUndefined();
    expect(nextTryDelayMs(failedTry({ tries: 12, sentAtMs, retryAfterMs: HOUR }))).toBeUndefined();
  });

  test('is cut so that the last try falls on the end of the three days', () => {
    const sentAtMs = NOW - 70 * HOUR;
    expect(nextTryDelayMs(failedTry({ tries: 12, sentAtMs }))).toBe(2 * HOUR);
    expect(nextTryDelayMs(failedTry({ tries: 12, sentAtMs, retryAfterMs: 3 * HOUR }))).toBe(
      3 * HOUR,
    );
  });

  test('and what the receive has used up stay within the twelve hours that SQS hides a message', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 0, max: 72 * HOUR - 1 }),
        fc.integer({ min: 0, max: 10 * MINUTE }),
        fc.option(fc.integer({ min: 0, max: 100 * HOUR }), { nil: undefined }),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (tries, ageMs, usedMs, retryAfterMs, random) => {
          const state = failedTry({
            tries,
            sentAtMs: NOW - ageMs,
            receivedAtMs: NOW - usedMs,
            retryAfterMs,
            random: () => random,
          });
          for (const delayMs of [nextTryDelayMs(state), deferredDelayMs(state)]) {
            expect(delayMs).toBeGreaterThan(0);
            expect((delayMs ?? 0) + usedMs).toBeLessThanOrEqual(12 * HOUR - 5 * MINUTE);
          }
        },
      ),
    );
  });

  test('makes some thirteen tries in the three days, far below the queue’s receive limit', () => {
    for (const random of [() => 0, () => 0.5, () => 0.999]) {
      let tries = 1;
      let nowMs = NOW;
      for (;;) {
        const delayMs = nextTryDelayMs(failedTry({ tries, nowMs, receivedAtMs: nowMs, random }));
        if (delayMs === undefined) break;
        nowMs += delayMs;
        tries += 1;
      }
      expect(tries).toBeGreaterThanOrEqual(11);
      expect(tries).toBeLessThanOrEqual(16);
      expect(nowMs - NOW).toBe(72 * HOUR);
    }
  });
});

describe('the wait of an event that cannot be signed', () => {
  test('doubles from half a minute to an hour, and ends after three days', () => {
    const hold = (receiveCount: number, ageMs = 0) =>
      deferredDelayMs(failedTry({ receiveCount, sentAtMs: NOW - ageMs }));
    expect([1, 2, 3, 7, 8, 90].map((count) => hold(count))).toEqual([
      30 * SECOND,
      MINUTE,
      2 * MINUTE,
      32 * MINUTE,
      HOUR,
      HOUR,
    ]);
    expect(hold(90, 72 * HOUR)).toBeUndefined();
  });
});
