import type { Status } from './audit-event.ts';
import {
  type AddAttempt,
  type Delivery,
  hasBegunToAdd,
  hasUnresolvedAdd,
  isFinal,
  RECORD_SCHEMA_VERSION,
  type RecordedEvent,
  type RequestRecord,
  type Watch,
} from './request-record.ts';

/** The reconciler handles an unfinished request this long after its deadline. */
const AFTER_DEADLINE_MS = 2_000;
/**
 * The reconciler sends a final result that was not marked as sent after this. With its schedule of a
 * minute, a result is sent within 75 s even where its writer crashed before it sent it.
 */
const RESEND_AFTER_MS = 5_000;
/** The reconciler resumes a watch whose look is overdue by this. */
const WATCH_OVERDUE_MS = 20_000;

/** Correlation ids that a record keeps: enough for the vendor's support. */
const MAX_CORRELATION_IDS = 50;
/** Longest text of a cause, in characters. */
const MAX_DETAIL = 1_000;
/**
 * Number of adds in a record. Beyond it, the oldest adds that are proven not made are removed, because they
 * no longer decide anything. A request can be refused every few seconds for a day.
 */
const MAX_ADDS = 30;
/** Results of earlier runs that a record keeps. */
const MAX_EARLIER_RESULTS = 20;

/** Context of a write: the time, a unique id, and how long records are kept. */
export interface WriteContext {
  nowMs: number;
  writeId: string;
  /** From the last change. */
  retentionMs: number;
}

/** The record's state does not allow the transition, usually because another writer was first. */
export class TransitionError extends Error {
  readonly reason: 'final' | 'too-late' | 'not-final' | 'not-sent' | 'no-watch' | 'other-run';

  constructor(reason: TransitionError['reason']) {
    super(`The record does not allow this transition: ${reason}`);
    this.name = 'TransitionError';
    this.reason = reason;
  }
}

/** The data of a new record. */
export type NewRequest = Pick<
  RequestRecord,
  | 'requestId'
  | 'origin'
  | 'conversationId'
  | 'participants'
  | 'requestedBy'
  | 'claimedBy'
  | 'callerId'
  | 'correlationId'
  | 'digest'
  | 'dryRun'
  | 'onlyIfReachable'
  | 'actingUserId'
  | 'requestedAtMs'
  | 'deadlineMs'
>;

/** When the reconciler has to handle a record; `undefined` if it has no unfinished work. */
export function dueAtMs(record: RequestRecord): number | undefined {
  if (!isFinal(record)) return record.deadlineMs + AFTER_DEADLINE_MS;
  const unsent = [record.result, record.connectionResult].find(
    (event) => event !== undefined && event.sentAtMs === undefined,
  );
  if (unsent) return unsent.finishedAtMs + RESEND_AFTER_MS;
  return record.watch && record.watch.nextLookAtMs + WATCH_OVERDUE_MS;
}

function write(
  record: RequestRecord,
  changes: Partial<RequestRecord>,
  { nowMs, writeId, retentionMs }: WriteContext,
): RequestRecord {
  const next = { ...record, ...changes, version: record.version + 1, writeId };
  // The deadline can be a day away; retention counts from the last change.
  next.expiresAtMs = Math.max(nowMs, next.deadlineMs) + retentionMs;
  const due = dueAtMs(next);
  if (due === undefined) delete next.dueAtMs;
  else next.dueAtMs = due;
  return next;
}

/** The first state of a request: accepted, and not received yet. */
export function newRecord(request: NewRequest, context: WriteContext): RequestRecord {
  const record: RequestRecord = {
    schemaVersion: RECORD_SCHEMA_VERSION,
    ...request,
    status: 'QUEUED',
    run: 0,
    receives: 0,
    adds: [],
    genesysCalls: 0,
    genesysCorrelationIds: [],
    earlierResults: [],
    version: -1,
    writeId: '',
    expiresAtMs: 0,
  };
  return write(record, {}, context);
}

/** A receive of the message begins. */
export function received(record: RequestRecord, context: WriteContext): RequestRecord {
  assertNotFinal(record);
  return write(
    withoutWaiting(record),
    {
      status: 'IN_PROGRESS',
      receives: record.receives + 1,
      startedAtMs: record.startedAtMs ?? context.nowMs,
    },
    context,
  );
}

/** What a receive has determined so far. */
export interface Progress {
  participants: RequestRecord['participants'];
  /** Calls and correlation ids of this receive, not counted before. */
  genesysCalls: number;
  genesysCorrelationIds: readonly string[];
}

function progressed(record: RequestRecord, progress: Progress): Partial<RequestRecord> {
  return {
    participants: progress.participants,
    genesysCalls: record.genesysCalls + progress.genesysCalls,
    genesysCorrelationIds: [
      ...record.genesysCorrelationIds,
      ...progress.genesysCorrelationIds,
    ].slice(-MAX_CORRELATION_IDS),
  };
}

/** The write-ahead of an add: who is about to be rung. */
export function addAnnounced(
  record: RequestRecord,
  add: Pick<AddAttempt, 'contract' | 'actingUserId' | 'positions' | 'snapshot'>,
  progress: Progress,
  context: WriteContext,
): RequestRecord {
  assertNotFinal(record);
  const attempt: AddAttempt = {
    ...add,
    run: record.run,
    unresolved: [...add.positions],
    startedAtMs: context.nowMs,
    fate: 'PENDING',
  };
  return write(
    record,
    { ...progressed(record, progress), adds: [...withoutSpentAdds(record.adds), attempt] },
    context,
  );
}

function withoutSpentAdds(adds: AddAttempt[]): AddAttempt[] {
  let excess = adds.length + 1 - MAX_ADDS;
  return adds.filter(({ fate, unresolved }) => {
    if (excess <= 0 || fate !== 'NOT_MADE' || unresolved.length > 0) return true;
    excess -= 1;
    return false;
  });
}

/** The outcome of adds and of their participants. `adds` replaces the record's list. */
export function addsObserved(
  record: RequestRecord,
  adds: AddAttempt[],
  progress: Progress,
  context: WriteContext,
): RequestRecord {
  assertNotFinal(record);
  return write(record, { ...progressed(record, progress), adds }, context);
}

/** The receive ends without a result; the message comes back at `waiting.untilMs`. */
export function deferred(
  record: RequestRecord,
  waiting: NonNullable<RequestRecord['waiting']>,
  adds: AddAttempt[],
  progress: Progress,
  context: WriteContext,
): RequestRecord {
  assertNotFinal(record);
  const cause = { code: waiting.code, detail: waiting.detail.slice(0, MAX_DETAIL) };
  return write(
    record,
    {
      ...progressed(record, progress),
      adds,
      status: 'WAITING',
      waiting: { untilMs: waiting.untilMs, ...cause },
      lastCause: cause,
    },
    context,
  );
}

/** The final result. */
export interface FinalResult {
  status: Status;
  participants: RequestRecord['participants'];
  event: RecordedEvent;
  watch?: Watch | undefined;
}

/** The request gets its result. It can be written once in a run. */
export function finished(
  record: RequestRecord,
  result: FinalResult,
  adds: AddAttempt[],
  progress: Omit<Progress, 'participants'>,
  context: WriteContext,
): RequestRecord {
  assertNotFinal(record);
  const { status, participants, event, watch } = result;
  return write(
    withoutWaiting(record),
    {
      ...progressed(record, { ...progress, participants }),
      adds,
      status,
      result: event,
      delivery: { status: 'PENDING', attempts: 0 },
      ...(watch ? { watch } : {}),
    },
    context,
  );
}

/**
 * Cancels the request.
 * @throws TransitionError `final`; `too-late` if an add was announced, or an add of an earlier run is
 * unresolved
 */
export function cancelled(
  record: RequestRecord,
  result: Omit<FinalResult, 'status' | 'watch'>,
  context: WriteContext,
): RequestRecord {
  assertNotFinal(record);
  if (hasBegunToAdd(record) || hasUnresolvedAdd(record)) throw new TransitionError('too-late');
  const none = { genesysCalls: 0, genesysCorrelationIds: [] };
  return finished(record, { ...result, status: 'CANCELLED' }, record.adds, none, context);
}

/** The event is on the audit queue. If it is sent again, the first time is kept. */
export function eventSent(
  record: RequestRecord,
  which: 'result' | 'connectionResult',
  context: WriteContext,
): RequestRecord {
  const event = record[which];
  if (!event) throw new TransitionError('not-final');
  const sentAtMs = event.sentAtMs ?? context.nowMs;
  return write(record, { [which]: { ...event, sentAtMs } }, context);
}

/**
 * Replaces a result that the queue refused by a reduced event with the same id.
 * @throws TransitionError `not-final`; `final` if the result was sent, because all deliveries have the same
 * bytes
 */
export function resultReduced(
  record: RequestRecord,
  event: Pick<RecordedEvent, 'body' | 'digest'>,
  context: WriteContext,
): RequestRecord {
  const { result } = record;
  if (!result) throw new TransitionError('not-final');
  if (result.sentAtMs !== undefined) throw new TransitionError('final');
  return write(record, { result: { ...result, ...event } }, context);
}

/** Records the outcome of a delivery. */
export function deliveryObserved(
  record: RequestRecord,
  which: 'delivery' | 'connectionDelivery',
  delivery: Delivery,
  context: WriteContext,
): RequestRecord {
  return write(record, { [which]: delivery }, context);
}

/**
 * Records a look of the connection watch, and the time of the next one.
 * @throws TransitionError `no-watch` where the watch has ended
 */
export function watchObserved(
  record: RequestRecord,
  participants: RequestRecord['participants'],
  watch: Watch,
  context: WriteContext,
): RequestRecord {
  if (!record.watch) throw new TransitionError('no-watch');
  return write(record, { participants, watch }, context);
}

/** The connection event, once in a run; the watch ends. @throws TransitionError `no-watch` */
export function watchFinished(
  record: RequestRecord,
  participants: RequestRecord['participants'],
  event: RecordedEvent,
  context: WriteContext,
): RequestRecord {
  const { watch, ...rest } = record;
  if (!watch) throw new TransitionError('no-watch');
  return write(
    rest,
    {
      participants,
      connectionResult: event,
      connectionDelivery: { status: 'PENDING', attempts: 0 },
    },
    context,
  );
}

/**
 * An operator's redrive: a new run with a new deadline. Adds of earlier runs stay, so that people who
 * were rung are not rung again; all other outcomes are open again.
 * @throws TransitionError `not-final`; `not-sent` if the previous result is not on the audit queue yet,
 * because it would be lost; `other-run` if the record has another run meanwhile
 */
export function rerun(
  record: RequestRecord,
  { run, deadlineMs }: { run: number; deadlineMs: number },
  context: WriteContext,
): RequestRecord {
  if (record.run + 1 !== run) throw new TransitionError('other-run');
  if (!isFinal(record) || !record.result) throw new TransitionError('not-final');
  if (record.result.sentAtMs === undefined) throw new TransitionError('not-sent');
  const { result, delivery, watch, connectionResult, connectionDelivery, startedAtMs, ...rest } =
    record;
  const events = [result, ...(connectionResult ? [connectionResult] : [])];
  return write(
    rest,
    {
      status: 'QUEUED',
      run,
      receives: 0,
      deadlineMs,
      participants: record.participants.map(({ id, address, role, ...known }) => ({
        ...(id === undefined ? {} : { id }),
        ...(address === undefined ? {} : { address }),
        role,
        // Only people who were rung keep their outcome: they are not rung a second time.
        ...(known.outcome === 'ADDED' || known.outcome === 'UNCERTAIN' ? known : {}),
      })),
      earlierResults: [
        ...record.earlierResults,
        ...events.map(({ eventId, digest }) => ({ eventId, digest })),
      ].slice(-MAX_EARLIER_RESULTS),
    },
    context,
  );
}

function assertNotFinal(record: RequestRecord): void {
  if (isFinal(record)) throw new TransitionError('final');
}

function withoutWaiting({ waiting: _, ...record }: RequestRecord): RequestRecord {
  return record;
}
