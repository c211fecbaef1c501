import type { Clock } from '../../lib/domain/clock.ts';

export interface SkippingClock extends Clock {
  /** Moves the time on, in milliseconds. */
  advance(ms: number): void;
  /** How long the code under test has slept, in milliseconds: one entry a sleep. */
  readonly slept: number[];
}

/**
 * The machine's clock, but sleeping is skipping: the time is later afterwards, and nobody waited.
 * For tests in which real servers answer in real time and only the waits are long.
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
      // Others that are about to do something do it first.
      await new Promise((resolve) => setImmediate(resolve));
      skippedMs = Math.max(skippedMs, wakeAtMs - Date.now());
    },
  };
}
