import type { Clock } from '../../lib/domain/clock.ts';

export interface SkippingClock extends Clock {
  /** Advances the time, in milliseconds. */
  advance(ms: number): void;
  /** Milliseconds of each sleep of the code under test. */
  readonly slept: number[];
}

/**
 * The system clock, but a sleep advances the time instead of waiting. For tests with real servers in real
 * time, in which only the sleeps are long.
 */
export function createSkippingClock(): SkippingClock {
  let skippedMs = 0;
  const slept: number[] = [];
  return {
    now: () => Date.now() + skippedMs,
    advance: (ms) => {
      skippedMs += ms;
    },
    slept,
    sleep: async (delayMs) => {
      slept.push(delayMs);
      const wakeAtMs = Date.now() + skippedMs + delayMs;
      // Let other pending work run first.
      await new Promise((resolve) => setImmediate(resolve));
      skippedMs = Math.max(skippedMs, wakeAtMs - Date.now());
    },
  };
}
