import type { Clock } from '../domain/clock.ts';
import type { ConversationLease, ConversationLeases } from '../records/conversation-lease.ts';

const MOST_TRIES = 10;
const PAUSE_MS = 1_000;

/**
 * Releases a lease. It is tried again for some seconds, because an outage of the table would otherwise keep the
 * conversation busy until the lease expires. Never throws.
 * @param take the lease, or a repeat of an acquisition whose response was lost
 * @param finishByMs no try starts later. Milliseconds since the epoch
 */
export async function releaseLease(
  { leases, clock }: { leases: Pick<ConversationLeases, 'release'>; clock: Clock },
  take: () => Promise<ConversationLease | undefined>,
  finishByMs: number,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      const lease = await take();
      if (lease) await leases.release(lease);
      return;
    } catch {
      if (tries === MOST_TRIES || clock.now() + PAUSE_MS > finishByMs) return;
      await clock.sleep(PAUSE_MS);
    }
  }
}
