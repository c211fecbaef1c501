import { newRecord, received } from '../domain/record-transitions.ts';
import { isFinal, type RequestRecord } from '../domain/request-record.ts';
import type { ConversationLease } from '../records/conversation-lease.ts';
import { busyDeferral, recordBusy } from './busy-deferral.ts';
import type { CarriedOut } from './carried-out.ts';
import { createConversationHold } from './conversation-hold.ts';
import { deferOnError } from './defer-on-error.ts';
import { deferRefused } from './defer-refused.ts';
import { writeContext } from './finish-request.ts';
import { lookFirst } from './look-first.ts';
import { mayWait } from './may-wait.ts';
import type { ReceiveDeps } from './receive.ts';
import type { ReceivedRequest } from './received-request.ts';
import { createRecord } from './record-request.ts';
import { RecordWriter } from './record-writer.ts';
import { requestDigest } from './request-digest.ts';
import { resendResult } from './resend-result.ts';
import { runReceive } from './run-receive.ts';
import { TableError } from './table-error.ts';

/**
 * Carries out one receive of a request according to its record. For a final request, the stored result is
 * sent again unchanged, without a call to Genesys Cloud. Never throws.
 */
export async function carryOutRequest(
  deps: ReceiveDeps,
  job: ReceivedRequest,
): Promise<CarriedOut> {
  const waiting = await readWaiting(deps, job);
  if (waiting && deps.notFound?.hasSeenOne()) return lookFirst(deps, waiting, job);
  const refused = waiting && (await deferRefused(deps, waiting));
  return refused ?? carryOutWithLease(deps, job);
}

/** The record of a request that is likely to end without an add, and may begin without the lease. Never throws. */
async function readWaiting(
  { allowance, notFound, records }: ReceiveDeps,
  job: ReceivedRequest,
): Promise<RequestRecord | undefined> {
  if (!allowance.wasRefusedLately() && !notFound?.hasSeenOne()) return undefined;
  const record = await records.get(job.request.requestId).catch(() => undefined);
  return record && mayWait(record, job) ? record : undefined;
}

function carryOutWithLease(deps: ReceiveDeps, job: ReceivedRequest): Promise<CarriedOut> {
  return withRecordAndLease(deps, job.request, job, async (record, lease, release) => {
    if (job.claimedRun !== undefined && record?.run !== job.claimedRun)
      return { kind: 'other-run' };
    if (record && requestDigest(record) !== requestDigest(job.request)) return { kind: 'conflict' };
    if (record && isFinal(record)) return resendResult(deps, record, job.receiveCount > 1);
    const context = writeContext(deps);
    if (!lease) {
      const created = record ?? (await createRecord(deps.records, newRecord(job.request, context)));
      const deferral = busyDeferral(deps, created, job);
      await recordBusy(deps, created, deferral.untilMs);
      return deferral;
    }
    const begun = received(record ?? newRecord(job.request, context), context);
    const writer = new RecordWriter(deps.records, record, begun);
    // Before anything else, so that a request of a direct sender ends on time if this receive crashes.
    if (!record) await writer.flush();
    const options = { ...job, isFirst: begun.receives === 1 };
    return runReceive(deps, writer, options, { run: (receive) => receive.run(lease), release });
  });
}

/**
 * Finishes a request whose deadline has passed, without its message. It looks for the outcome of adds and
 * never posts.
 * @returns `deferred` if another receive holds the conversation, or if it cannot be finished now
 */
export async function finishExpired(
  deps: ReceiveDeps,
  expired: RequestRecord,
  { finishByMs }: { finishByMs: number },
): Promise<CarriedOut> {
  const job = { receiveCount: 1, maxReceives: Number.POSITIVE_INFINITY, finishByMs };
  return withRecordAndLease(deps, expired, job, async (record, lease, release) => {
    if (record && isFinal(record)) return resendResult(deps, record, false);
    if (!record || !lease || deps.clock.now() < record.deadlineMs) return undefined;
    const writer = new RecordWriter(deps.records, record, record);
    const options = { ...job, isFirst: record.receives === 0 };
    return runReceive(deps, writer, options, { run: (receive) => receive.run(lease), release });
  });
}

type Bounds = Pick<ReceivedRequest, 'receiveCount' | 'maxReceives' | 'finishByMs'>;

/** Reads the record and acquires the lease in parallel, and releases the lease at the end. */
async function withRecordAndLease(
  deps: ReceiveDeps,
  { requestId, conversationId }: Pick<RequestRecord, 'requestId' | 'conversationId'>,
  bounds: Bounds,
  work: (
    record: RequestRecord | undefined,
    lease: ConversationLease | undefined,
    release: () => Promise<void>,
  ) => Promise<CarriedOut | undefined>,
): Promise<CarriedOut> {
  const hold = createConversationHold(deps, conversationId, bounds.finishByMs);
  return deferOnError(deps, requestId, bounds, async () => {
    try {
      const [found, acquired] = await Promise.allSettled([
        deps.records.get(requestId),
        hold.acquire(),
      ]);
      if (found.status === 'rejected') throw new TableError(found.reason);
      if (acquired.status === 'rejected' && !(found.value && isFinal(found.value))) {
        throw new TableError(acquired.reason);
      }
      const lease = acquired.status === 'fulfilled' ? acquired.value : undefined;
      const done = await work(found.value, lease, hold.release);
      return done ?? busyDeferral(deps, found.value, bounds);
    } finally {
      // First, because it takes some seconds if the table is away, and the delay of a deferral starts afterwards.
      await hold.release();
    }
  });
}
