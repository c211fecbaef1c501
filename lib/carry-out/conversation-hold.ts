import type { Clock } from '../domain/clock.ts';
import type { ConversationLease, ConversationLeases } from '../records/conversation-lease.ts';
import { CONVERSATION_LEASE_MS } from './receive.ts';
import { releaseLease } from './release-lease.ts';

/** The lease of a conversation during one receive. */
export interface ConversationHold {
  /** @returns `undefined` if another receive holds it. @throws the SDK's errors */
  acquire(): Promise<ConversationLease | undefined>;
  /** Releases it, unless it was never asked for. May be called again. Never throws. */
  release(): Promise<void>;
}

/** @param finishByMs the release is not tried again after this. Milliseconds since the epoch */
export function createConversationHold(
  deps: { leases: ConversationLeases; clock: Clock; newWriteId: () => string },
  conversationId: string,
  finishByMs: number,
): ConversationHold {
  const { leases, clock } = deps;
  const owner = deps.newWriteId();
  let take = async (): Promise<ConversationLease | undefined> => undefined;
  let released: Promise<void> | undefined;
  const acquire = async () => {
    const wanted = { owner, nowMs: clock.now(), durationMs: CONVERSATION_LEASE_MS };
    const acquired = await leases.acquire(conversationId, wanted);
    return 'fence' in acquired ? acquired : undefined;
  };
  return {
    async acquire() {
      // An acquisition that failed may have been made: the same owner acquires it again.
      take = acquire;
      const lease = await acquire();
      take = async () => lease;
      return lease;
    },
    release() {
      released ??= releaseLease(deps, take, finishByMs);
      return released;
    },
  };
}
