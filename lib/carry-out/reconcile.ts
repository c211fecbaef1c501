import { eventSent } from '../domain/record-transitions.ts';
import { hasUnresolvedAdd, isFinal, type RequestRecord } from '../domain/request-record.ts';
import type { ConversationLeases } from '../records/conversation-lease.ts';
import type { RecordStore } from '../records/record-store.ts';
import {
  type FinishDeps,
  finishRequest,
  sendStoredResult,
  writeContext,
} from './finish-request.ts';

/** Records read from the index at a time, and worked on at the same time. */
const PAGE = 500;
const CONCURRENCY = 50;

export interface ReconcileDeps extends FinishDeps {
  records: RecordStore;
  leases: Pick<ConversationLeases, 'isHeld'>;
  /**
   * Finishes a request of which it is not known whether an add rang: looks and never posts. Absent:
   * such requests are left to their message.
   */
  finishUnresolved?: ((record: RequestRecord) => Promise<void>) | undefined;
  /** Makes a look of the connection watch that is overdue. Absent: watches are not resumed. */
  resumeWatch?: ((record: RequestRecord) => Promise<void>) | undefined;
  /** Told of a record that could not be finished now; the next run comes back to it. */
  onFailure?: (record: RequestRecord, error: unknown) => void;
}

/** What a run did, in records. */
export interface Reconciled {
  expired: number;
  sent: number;
  unresolved: number;
  watched: number;
  /** Nothing was to be done, or another writer was first. */
  left: number;
  failed: number;
}

type Work = Exclude<keyof Reconciled, 'failed'>;

/**
 * Finishes what no message will finish in time: ends requests past their deadline as `EXPIRED`, sends
 * results that are not marked as sent, finishes requests with an unresolved add by looking, and resumes
 * overdue watches. Every write has the conditions that the adder's have, so that the two cannot undo
 * each other.
 * @param finishByMs no new record is begun after that; milliseconds since the epoch
 */
export async function reconcile(deps: ReconcileDeps, finishByMs: number): Promise<Reconciled> {
  const done: Reconciled = { expired: 0, sent: 0, unresolved: 0, watched: 0, left: 0, failed: 0 };
  const seen = new Set<string>();
  for (;;) {
    const due = await deps.records.listDue(deps.clock.now(), PAGE);
    const fresh = due.filter(({ requestId }) => !seen.has(requestId));
    for (const { requestId } of fresh) seen.add(requestId);
    await inParallel(fresh, async (record) => {
      if (deps.clock.now() >= finishByMs) return;
      try {
        done[await settle(deps, record)] += 1;
      } catch (error) {
        done.failed += 1;
        deps.onFailure?.(record, error);
      }
    });
    // Records that stay due, such as failed ones, are at the head of every page.
    if (fresh.length === 0 || due.length < PAGE || deps.clock.now() >= finishByMs) return done;
  }
}

async function settle(deps: ReconcileDeps, record: RequestRecord): Promise<Work> {
  if (isFinal(record)) return completeFinal(deps, record);
  if (deps.clock.now() < record.deadlineMs) return 'left';
  if (hasUnresolvedAdd(record)) {
    if (!deps.finishUnresolved) return 'left';
    await deps.finishUnresolved(record);
    return 'unresolved';
  }
  // Only a receive that is under way holds a lease; it finishes the request itself.
  if (record.status === 'IN_PROGRESS') {
    const isHeld = await deps.leases.isHeld(record.conversationId, deps.clock.now());
    if (isHeld) return 'left';
  }
  const verdict = { code: 'DEADLINE_EXCEEDED', detail: whyExpired(record) } as const;
  return (await finishRequest(deps, record, { verdict })) ? 'expired' : 'left';
}

async function completeFinal(deps: ReconcileDeps, record: RequestRecord): Promise<Work> {
  const { result, connectionResult } = record;
  if (result && result.sentAtMs === undefined) {
    await sendStoredResult(deps, record);
    return 'sent';
  }
  if (connectionResult && connectionResult.sentAtMs === undefined) {
    if ((await deps.sendResult(connectionResult)) === 'refused') {
      throw new Error('The audit queue refuses the connection event');
    }
    await deps.records.replace(record, eventSent(record, 'connectionResult', writeContext(deps)));
    return 'sent';
  }
  if (!record.watch || !deps.resumeWatch) return 'left';
  await deps.resumeWatch(record);
  return 'watched';
}

function whyExpired({ deadlineMs, receives, lastCause }: RequestRecord): string {
  const deadline = new Date(deadlineMs).toISOString();
  const cause =
    lastCause?.detail ??
    (receives === 0
      ? 'it waited in the queue until then.'
      : 'no receive of it came to an end before then.');
  return `Not carried out before the deadline (${deadline}): ${cause}`;
}

async function inParallel<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, items.length) }, worker));
}
