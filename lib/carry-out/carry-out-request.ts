import type { Cause } from '../domain/add-flow/state.ts';
import { AdderError } from '../domain/adder-error.ts';
import { newRecord, received } from '../domain/record-transitions.ts';
import { isFinal, type RequestRecord } from '../domain/request-record.ts';
import { createCallBudget } from '../genesys/api/call-budget.ts';
import type { ConversationLease } from '../records/conversation-lease.ts';
import { deferBusy, recordBusy } from './defer-busy.ts';
import { deferRefused } from './defer-refused.ts';
import { sendStoredResult, writeContext } from './finish-request.ts';
import { CONVERSATION_LEASE_MS, Receive, type ReceiveDeps, type ReceiveEnd } from './receive.ts';
import type { ReceivedRequest } from './received-request.ts';
import { createRecord } from './record-request.ts';
import { RecordChangedError, RecordWriter } from './record-writer.ts';
import { releaseLease } from './release-lease.ts';
import { requestDigest } from './request-digest.ts';
import { TableError } from './table-error.ts';

/** Delay after a result could not be sent, or the table could not be reached. */
const AWAY_DELAY_MS = 5_000;

/** Why this service, and not Genesys Cloud, could not carry out a receive. */
export interface Fault {
  kind: 'table failed' | 'send failed' | 'defect';
  error: unknown;
}

export type CarriedOut =
  | { kind: 'finished'; record: RequestRecord; deadLetter?: Cause }
  | ({ kind: 'deferred'; untilMs: number; fault?: Fault } & Cause)
  /** A request of this id and other content exists. */
  | { kind: 'conflict' }
  | { kind: 'other-run' };

/**
 * Carries out one receive of a request according to its record. For a final request, the stored result is
 * sent again unchanged, without a call to Genesys Cloud. Never throws.
 */
export async function carryOutRequest(
  deps: ReceiveDeps,
  job: ReceivedRequest,
): Promise<CarriedOut> {
  const refused = await deferRefused(deps, job);
  if (refused) return refused;
  const { requestId, conversationId } = job.request;
  return withRecordAndLease(
    deps,
    requestId,
    conversationId,
    job,
    async (record, lease, release) => {
      if (job.claimedRun !== undefined && record?.run !== job.claimedRun)
        return { kind: 'other-run' };
      if (record && requestDigest(record) !== requestDigest(job.request))
        return { kind: 'conflict' };
      if (record && isFinal(record)) return resend(deps, record, job.receiveCount > 1);
      const context = writeContext(deps);
      if (!lease) {
        const created =
          record ?? (await createRecord(deps.records, newRecord(job.request, context)));
        const deferral = deferBusy(deps, created, job);
        await recordBusy(deps, created, deferral.untilMs);
        return deferral;
      }
      const begun = received(record ?? newRecord(job.request, context), context);
      const writer = new RecordWriter(deps.records, record, begun);
      // Before anything else, so that a request of a direct sender ends on time if this receive crashes.
      if (!record) await writer.flush();
      return receive(
        deps,
        writer,
        { lease, release },
        {
          finishByMs: job.finishByMs,
          waitByMs: job.waitByMs,
          receiveCount: job.receiveCount,
          maxReceives: job.maxReceives,
          isFirst: begun.receives === 1,
        },
      );
    },
  );
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
  const { requestId, conversationId } = expired;
  const job = { receiveCount: 1, maxReceives: Number.POSITIVE_INFINITY, finishByMs };
  return withRecordAndLease(
    deps,
    requestId,
    conversationId,
    job,
    async (record, lease, release) => {
      if (record && isFinal(record)) return resend(deps, record, false);
      if (!record || !lease || deps.clock.now() < record.deadlineMs) return undefined;
      const writer = new RecordWriter(deps.records, record, record);
      const isFirst = record.receives === 0;
      const options = { ...job, isFirst };
      return receive(deps, writer, { lease, release }, options);
    },
  );
}

type Bounds = Pick<ReceivedRequest, 'receiveCount' | 'maxReceives' | 'finishByMs'>;

/** Reads the record and acquires the lease in parallel, and releases the lease at the end. */
async function withRecordAndLease(
  deps: ReceiveDeps,
  requestId: string,
  conversationId: string,
  bounds: Bounds,
  work: (
    record: RequestRecord | undefined,
    lease: ConversationLease | undefined,
    release: () => Promise<void>,
  ) => Promise<CarriedOut | undefined>,
): Promise<CarriedOut> {
  const { records, leases, clock } = deps;
  const owner = deps.newWriteId();
  const acquire = async () => {
    const wanted = { owner, nowMs: clock.now(), durationMs: CONVERSATION_LEASE_MS };
    const acquired = await leases.acquire(conversationId, wanted);
    return 'fence' in acquired ? acquired : undefined;
  };
  const [found, acquired] = await Promise.allSettled([records.get(requestId), acquire()]);
  const lease = acquired.status === 'fulfilled' ? acquired.value : undefined;
  // An acquisition that failed may have been made: the same owner acquires it again.
  const take = acquired.status === 'fulfilled' ? async () => lease : acquire;
  let released: Promise<void> | undefined;
  const release = () => {
    released ??= releaseLease(deps, take, bounds.finishByMs);
    return released;
  };
  try {
    if (found.status === 'rejected') throw new TableError(found.reason);
    if (acquired.status === 'rejected' && !(found.value && isFinal(found.value))) {
      throw new TableError(acquired.reason);
    }
    const done = await work(found.value, lease, release);
    return done ?? deferBusy(deps, found.value, bounds);
  } catch (error) {
    // First, because it takes some seconds if the table is away, and the delay starts afterwards.
    await release();
    if (error instanceof RecordChangedError) return afterChange(deps, requestId, bounds);
    return away(deps, error);
  } finally {
    await release();
  }
}

async function receive(
  deps: ReceiveDeps,
  writer: RecordWriter,
  { lease, release }: { lease: ConversationLease; release: () => Promise<void> },
  options: ConstructorParameters<typeof Receive>[4],
): Promise<CarriedOut> {
  const { deadlineMs, callerId } = writer.current;
  const budget = createCallBudget({ finishByMs: options.finishByMs, deadlineMs, callerId });
  const returnCalls = async () => {
    if (budget.grant && budget.grant.calls > 0) {
      await deps.allowance.release(budget.grant, callerId);
    }
  };
  let end: ReceiveEnd;
  try {
    end = await new Receive(deps, writer, lease, budget, options).run();
  } catch (error) {
    await returnCalls();
    throw error;
  }
  // The result is final, so that sending it needs neither the lease nor the calls.
  const [sent] = await Promise.all([
    end.kind === 'finished' ? sendOrDefer(deps, end.record) : undefined,
    returnCalls(),
    release(),
  ]);
  if (end.kind === 'deferred' || !sent) return end;
  return 'kind' in sent ? sent : { ...end, record: sent };
}

/** A message of a final request: sends its result again, unless it was sent and this is a new message. */
async function resend(
  deps: ReceiveDeps,
  record: RequestRecord,
  isRedelivery: boolean,
): Promise<CarriedOut> {
  const isSent = record.result?.sentAtMs !== undefined;
  if (isSent && !isRedelivery) return { kind: 'finished', record };
  const sent = await sendOrDefer(deps, record);
  return 'kind' in sent ? sent : { kind: 'finished', record: sent };
}

async function sendOrDefer(
  deps: ReceiveDeps,
  record: RequestRecord,
): Promise<RequestRecord | Extract<CarriedOut, { kind: 'deferred' }>> {
  try {
    return await sendStoredResult(deps, record);
  } catch (error) {
    return {
      kind: 'deferred',
      untilMs: deps.clock.now() + AWAY_DELAY_MS,
      code: 'INTERNAL_ERROR',
      detail: 'The result is stored and could not be sent',
      fault: { kind: 'send failed', error },
    };
  }
}

/** Another writer was first: the record is final, or another receive is in progress. */
async function afterChange(
  deps: ReceiveDeps,
  requestId: string,
  bounds: Bounds,
): Promise<CarriedOut> {
  try {
    const record = await deps.records.get(requestId);
    if (record && isFinal(record)) return await resend(deps, record, false);
    return deferBusy(deps, record, bounds);
  } catch (error) {
    return away(deps, new TableError(error));
  }
}

/** Without the table, Genesys Cloud is not called. Defects are retried, too. */
function away({ clock, random }: ReceiveDeps, error: unknown): CarriedOut {
  // An AdderError that ends a receive is about the budget, which is in the table.
  const isTable = error instanceof TableError || error instanceof AdderError;
  const isUnreadable = error instanceof TableError && error.isUnreadable;
  return {
    kind: 'deferred',
    untilMs: clock.now() + AWAY_DELAY_MS * (1 + random()),
    code: 'INTERNAL_ERROR',
    detail: isTable ? error.message : 'The function failed on this request',
    fault: { kind: isTable && !isUnreadable ? 'table failed' : 'defect', error },
  };
}
