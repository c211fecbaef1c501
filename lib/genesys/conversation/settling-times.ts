/** Reads may lag behind a write (FACTS, contract P): nobody is judged missing sooner than this. */
export const READ_LAG_MS = 2_000;

/**
 * When this instance last added somebody to a conversation. The next request for the same one waits
 * until reads show that, or it might ring the same people again. What another instance did in the
 * last two seconds is not known here: to tell, every request would have to hold its conversation
 * for that long, or be written down somewhere (README, "What it promises").
 */
export interface SettlingTimes {
  begin(conversationId: string, nowMs: number): void;
  /** How long to wait before the next look, in milliseconds. */
  remainingMs(conversationId: string, nowMs: number): number;
}

export function createSettlingTimes(): SettlingTimes {
  /** Oldest first, since a map keeps the order in which its keys were entered. */
  const settledAtMs = new Map<string, number>();
  return {
    begin(conversationId, nowMs) {
      for (const [id, atMs] of settledAtMs) {
        if (atMs > nowMs) break;
        settledAtMs.delete(id);
      }
      settledAtMs.delete(conversationId);
      settledAtMs.set(conversationId, nowMs + READ_LAG_MS);
    },
    remainingMs: (conversationId, nowMs) => (settledAtMs.get(conversationId) ?? 0) - nowMs,
  };
}
