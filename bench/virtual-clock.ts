import type { Clock } from '../lib/domain/clock.ts';
import { createBinaryHeap } from './binary-heap.ts';

export interface VirtualClock extends Clock {
  /** Lets this much time pass, and everything happen that is due in it. */
  run(durationMs: number): Promise<void>;
}

interface Sleeper {
  wakeAtMs: number;
  /** Sleepers with the same time wake up in the order in which they fell asleep. */
  order: number;
  wake: () => void;
}

/** A clock that stands still while code runs, and then jumps to the next sleeper's time. */
export function createVirtualClock(): VirtualClock {
  let nowMs = Date.parse('2026-11-22T12:00:00Z');
  let order = 0;
  const sleepers = createBinaryHeap<Sleeper>((one, other) =>
    one.wakeAtMs === other.wakeAtMs ? one.order < other.order : one.wakeAtMs < other.wakeAtMs,
  );
  return {
    now: () => nowMs,
    sleep: (delayMs) =>
      new Promise((resolve) => {
        order += 1;
        sleepers.push({ wakeAtMs: nowMs + Math.max(0, delayMs), order, wake: resolve });
      }),
    async run(durationMs) {
      const endMs = nowMs + durationMs;
      for (;;) {
        // Everything that can continue without time passing does so before the event loop's next turn.
        await new Promise((resolve) => setImmediate(resolve));
        const next = sleepers.peek();
        if (!next || next.wakeAtMs > endMs) break;
        nowMs = next.wakeAtMs;
        sleepers.pop();
        next.wake();
      }
      nowMs = endMs;
    },
  };
}
