import type { RequestedParticipant } from '../domain/participant.ts';

/** An add in a conversation, which reads may not show for some seconds. */
export interface RecentAdd {
  requestId: string;
  participant: Pick<RequestedParticipant, 'id' | 'address'>;
  /** The end of the add, or its write-ahead while it is in progress. Milliseconds since the epoch. */
  atMs: number;
}

/** Adds are kept this long: longer than the platform's reads lag behind. */
const RECENT_MS = 10_000;

/** The adds that are still recent at `nowMs`. */
export function recentAddsAt(nowMs: number, adds: readonly RecentAdd[]): RecentAdd[] {
  return adds.filter(({ atMs }) => atMs > nowMs - RECENT_MS);
}

/** Adds as a request announces them. */
export function announcedAdds(
  requestId: string,
  people: readonly RequestedParticipant[],
  atMs: number,
): RecentAdd[] {
  return people.map(({ id, address }) => ({
    requestId,
    participant: {
      ...(id === undefined ? {} : { id }),
      ...(address === undefined ? {} : { address }),
    },
    atMs,
  }));
}

/** `adds`, after those that a request announced at `announcedAtMs` have ended. */
export function endedAdds(
  adds: readonly RecentAdd[],
  requestId: string,
  { announcedAtMs, endedAtMs }: { announcedAtMs: number; endedAtMs: number },
): RecentAdd[] {
  return adds.map((add) =>
    add.requestId === requestId && add.atMs === announcedAtMs ? { ...add, atMs: endedAtMs } : add,
  );
}

/** The right to act on a conversation until `expiresAtMs`. */
export interface ConversationLease {
  conversationId: string;
  owner: string;
  /** Fencing number: raised each time the lease is acquired. */
  fence: number;
  expiresAtMs: number;
  /** Adds of the last ten seconds, by any request. */
  recentAdds: RecentAdd[];
}

/**
 * One lease item per conversation: requests of one conversation are never carried out at the same
 * time, even in different message groups. All methods throw the SDK's errors if the table cannot be
 * reached.
 */
export interface ConversationLeases {
  /** @returns the lease, or when the current holder's lease expires (milliseconds since the epoch) */
  acquire(
    conversationId: string,
    options: { owner: string; nowMs: number; durationMs: number },
  ): Promise<ConversationLease | { heldUntilMs: number }>;
  /**
   * The write-ahead's check: extends the lease and records who is about to be rung, if the fencing
   * number is still the lease's and it has not expired. `lease` is updated.
   * @returns whether the lease is still held
   */
  announceAdds(
    lease: ConversationLease,
    options: { nowMs: number; expiresAtMs: number; adds: RecentAdd[] },
  ): Promise<boolean>;
  /**
   * Releases the lease and keeps its `recentAdds` for the next owner. A lost lease is not changed.
   */
  release(lease: ConversationLease): Promise<void>;
  /** Whether a live lease exists. */
  isHeld(conversationId: string, nowMs: number): Promise<boolean>;
}
