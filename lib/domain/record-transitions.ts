import type { Status } from './audit-event.ts';
import {
  type AddAttempt,
  hasBegunToAdd,
  hasUnresolvedAdd,
  isFinal,
  RECORD_SCHEMA_VERSION,
  type RecordedEvent,
  type RequestRecord,
  type Watch,
} from './request-record.ts';
import { assertNotFinal, TransitionError, type WriteContext, writeRecord } from './write-record.ts';

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
  return writeRecord(record, {}, context);
}

/** A receive of the message begins. */
export function received(record: RequestRecord, context: WriteContext): RequestRecord {
  assertNotFinal(record);
  return writeRecord(
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
  return writeRecord(
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
  return writeRecord(record, { ...progressed(record, progress), adds }, context);
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
  return writeRecord(
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
  return writeRecord(
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

/**
 * An operator's redrive: a new run with a new deadline. Adds of earlier runs stay, so that people who
 * were rung are not rung again; all other outcomes are open again.
 * @throws TransitionError `not-final`; `not-sent` if the previous result or connection event is not on the audit
 * queue yet, because it would be lost; `other-run` if the record has another run meanwhile
 */
export function rerun(
  record: RequestRecord,
  { run, deadlineMs }: { run: number; deadlineMs: number },
  context: WriteContext,
): RequestRecord {
  if (record.run + 1 !== run) throw new TransitionError('other-run');
  if (!isFinal(record) || !record.result) throw new TransitionError('not-final');
  if (record.result.sentAtMs === undefined || isConnectionEventDue(record, context.nowMs)) {
    throw new TransitionError('not-sent');
  }
  const { result, delivery, watch, connectionResult, connectionDelivery, startedAtMs, ...rest } =
    record;
  const events = [result, ...(connectionResult ? [connectionResult] : [])];
  return writeRecord(
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

/** A watch that should have ended long ago has been turned off, and does not hold up a redrive. */
function isConnectionEventDue({ watch, connectionResult }: RequestRecord, nowMs: number): boolean {
  if (watch) return nowMs < watch.untilMs;
  return connectionResult !== undefined && connectionResult.sentAtMs === undefined;
}

function withoutWaiting({ waiting: _, ...record }: RequestRecord): RequestRecord {
  return record;
}
