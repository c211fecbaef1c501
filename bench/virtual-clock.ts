import type { Clock } from '../lib/domain/clock.ts';

export interface VirtualClock extends Clock {
  /** Lets so much time pass, and all that happens in it happen. */
  run(durationMs: number): Promise<void>;
}

/** A clock that stands still while anybody computes, and then jumps to the next one to wake up. */
export function createVirtualClock(): VirtualClock {
  let nowMs = Date.parse('2026-11-22T12:00:00Z');
  const sleepers: { wakeAtMs: number; wake: () => void }[] = [];
  return {
    now: () => nowMs,
    sleep: (delayMs) =>
      new Promise((resolve) => {
        const wakeAtMs = nowMs + Math.max(0, delayMs);
        const later = sleepers.findLastIndex((other) => other.wakeAtMs <= wakeAtMs);
        sleepers.splice(later + 1, 0, { wakeAtMs, wake: resolve });
      }),
    async run(durationMs) {
      const endMs = nowMs + durationMs;
      for (;;) {
        // All that can go on without time passing goes on before the event loop's next turn.
        await new Promise((resolve) => setImmediate(resolve));
        const [next] = sleepers;
        if (!next || next.wakeAtMs > endMs) break;
        nowMs = next.wakeAtMs;
        sleepers.shift();
        next.wake();
      }
      nowMs = endMs;
    },
  };
}
