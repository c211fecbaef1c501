import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from './domain/clock.ts';

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (delayMs, signal) => {
    await delay(delayMs, undefined, signal ? { signal } : {});
  },
};
