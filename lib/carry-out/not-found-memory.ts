import type { Failure } from '../domain/add-flow/state.ts';
import type { Clock } from '../domain/clock.ts';

/** Shorter than the pause before the next look at a conversation that may have just begun. */
const RECALLED_FOR_MS = 2_500;
/** One conversation that was not found makes more of them likely for this long. */
const WARY_FOR_MS = 30_000;
/** Keeps an instance from growing under a flood. */
const MOST_CONVERSATIONS = 1_000;

/** Conversations that were not found a moment ago, as one instance has seen it. */
export interface NotFoundMemory {
  remember(conversationId: string, failure: Failure): void;
  /** The failure, if it is recent enough to hold for another request of the conversation. */
  recall(conversationId: string): Failure | undefined;
  /** Whether any conversation was not found lately. */
  hasSeenOne(): boolean;
}

/** A flood of requests for conversations that do not exist takes few calls from the others. */
export function createNotFoundMemory(clock: Pick<Clock, 'now'>): NotFoundMemory {
  const seen = new Map<string, { failure: Failure; atMs: number }>();
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    remember(conversationId, failure) {
      lastMs = clock.now();
      seen.delete(conversationId);
      seen.set(conversationId, { failure, atMs: lastMs });
      const [oldest] = seen.keys();
      if (seen.size > MOST_CONVERSATIONS && oldest !== undefined) seen.delete(oldest);
    },
    recall(conversationId) {
      const known = seen.get(conversationId);
      if (!known) return undefined;
      if (clock.now() - known.atMs < RECALLED_FOR_MS) return known.failure;
      seen.delete(conversationId);
      return undefined;
    },
    hasSeenOne: () => clock.now() - lastMs < WARY_FOR_MS,
  };
}
