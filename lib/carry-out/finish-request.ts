import { createHash } from 'node:crypto';
import type { AuditEvent } from '../domain/audit-event.ts';
import { buildResult, reduceResult, statusOf, type Verdict } from '../domain/build-result.ts';
import type { Clock } from '../domain/clock.ts';
import { concludeParticipants } from '../domain/conclude-participants.ts';
import { eventId } from '../domain/event-id.ts';
import { eventSent, resultReduced } from '../domain/event-transitions.ts';
import {
  cancelled,
  finished,
  type NewRequest,
  newRecord,
  type Progress,
} from '../domain/record-transitions.ts';
import {
  type AddAttempt,
  isFinal,
  type RecordedEvent,
  type RequestRecord,
} from '../domain/request-record.ts';
import { firstMessagesMs, startWatch } from '../domain/start-watch.ts';
import type { WriteContext } from '../domain/write-record.ts';
import type { RecordStore } from '../records/record-store.ts';

/**
 * Puts a result on the audit queue, with its event id as attribute `event_id`.
 * @returns `refused` if the queue never accepts this content
 * @throws the SDK's errors if it could not be sent now
 */
export type SendResult = (
  event: Pick<RecordedEvent, 'eventId' | 'body'>,
) => Promise<'sent' | 'refused'>;

export interface FinishDeps {
  records: Pick<RecordStore, 'create' | 'get' | 'replace'>;
  sendResult: SendResult;
  /**
   * Schedules a look of the connection watch, at a time in milliseconds since the epoch. Absent: connections
   * are not watched.
   */
  scheduleWatch?: ((record: RequestRecord, lookAtMs: number) => Promise<void>) | undefined;
  /** Called once for each result, by the writer that marks it as sent. */
  onResult?: (result: Pick<RecordedEvent, 'body'>) => void;
  clock: Pick<Clock, 'now'>;
  newWriteId: () => string;
  /** How long a record is kept after its last change. */
  retentionMs: number;
}

/** How a request ends, and what the last receive determined. */
export interface Ending {
  /** Absent if every participant is decided. */
  verdict?: Verdict | undefined;
  /** Absent: as in the record. */
  progress?: Progress | undefined;
  /** Absent: as in the record. */
  adds?: AddAttempt[] | undefined;
}

/** Time, write id and retention for one transition. */
export function writeContext(
  deps: Pick<FinishDeps, 'clock' | 'newWriteId' | 'retentionMs'>,
): WriteContext {
  return {
    nowMs: deps.clock.now(),
    writeId: deps.newWriteId(),
    retentionMs: deps.retentionMs,
  };
}

/**
 * Ends a request: writes its final result, then sends it and marks it as sent.
 * @returns the final record, or `undefined` if the record has changed and has to be read again
 * @throws TransitionError `final`, `too-late` (a cancel after an add was announced); the SDK's errors if the
 * result could not be written. If it was written but not sent, see sendStoredResult
 */
export async function finishRequest(
  deps: FinishDeps,
  record: RequestRecord,
  ending: Ending,
): Promise<RequestRecord | undefined> {
  const written = await writeResult(deps, record, ending);
  return written && sendStoredResult(deps, written);
}

/** The first half of finishRequest: the result is written and not sent. */
export async function writeResult(
  deps: FinishDeps,
  record: RequestRecord,
  ending: Ending,
): Promise<RequestRecord | undefined> {
  const next = endedRecord(deps, record, ending);
  return (await deps.records.replace(record, next)) ? next : undefined;
}

/**
 * Creates the record of a message that cannot be carried out, in its final state, and sends the
 * result. An existing record is not changed; its result is sent again.
 * @throws the SDK's errors
 */
export async function recordRefusal(
  deps: FinishDeps,
  request: NewRequest,
  verdict: Verdict,
): Promise<RequestRecord> {
  const refused = endedRecord(deps, newRecord(request, writeContext(deps)), { verdict });
  const existing = await deps.records.create(refused);
  // A redrive has started another run of the record. The message is still invalid.
  if (existing && !isFinal(existing)) {
    const again = await finishRequest(deps, existing, { verdict });
    if (again) return again;
    throw new Error('The record has changed since it was read');
  }
  return sendStoredResult(deps, existing ?? refused);
}

/**
 * Sends the stored result of a final record, schedules the connection watch and marks the result as sent.
 * The result may be sent more than once, always with the same event id. If the queue refuses it, a reduced
 * result replaces it.
 * @throws the SDK's errors if it could not be sent. The record is final anyway
 */
export async function sendStoredResult(
  deps: FinishDeps,
  record: RequestRecord,
): Promise<RequestRecord> {
  const { result } = record;
  if (!result) throw new Error('The record has no result');
  let current = record;
  if ((await deps.sendResult(result)) === 'refused') {
    current = await sendReduced(deps, record, result);
  }
  // In parallel: a crash between the two would leave a watch without messages, or a result that is sent again.
  const [marked] = await Promise.all([markOnce(deps, current), startLooks(deps, current)]);
  return marked;
}

async function startLooks(deps: FinishDeps, record: RequestRecord): Promise<void> {
  const { watch } = record;
  if (!watch || watch.looks > 0) return;
  await Promise.all(firstMessagesMs(watch).map((atMs) => deps.scheduleWatch?.(record, atMs)));
}

async function markOnce(deps: FinishDeps, record: RequestRecord): Promise<RequestRecord> {
  if (record.result?.sentAtMs !== undefined) return record;
  // If another writer has marked it or recorded a delivery meanwhile, it is on the queue anyway.
  return (await markSent(deps, record)) ?? markAgain(deps, record);
}

async function markAgain(deps: FinishDeps, { requestId }: RequestRecord): Promise<RequestRecord> {
  const record = await deps.records.get(requestId);
  if (!record) throw new Error('The record has disappeared');
  if (!record.result || record.result.sentAtMs !== undefined) return record;
  return (await markSent(deps, record)) ?? record;
}

async function markSent(
  deps: FinishDeps,
  record: RequestRecord,
): Promise<RequestRecord | undefined> {
  const sent = eventSent(record, 'result', writeContext(deps));
  if (!(await deps.records.replace(record, sent))) return undefined;
  if (sent.result) deps.onResult?.(sent.result);
  return sent;
}

async function sendReduced(
  deps: FinishDeps,
  record: RequestRecord,
  refused: RecordedEvent,
): Promise<RequestRecord> {
  const reduced = bytesOf(reduceResult(JSON.parse(refused.body) as AuditEvent));
  let current = record;
  if (refused.sentAtMs === undefined && reduced.digest !== refused.digest) {
    current = resultReduced(record, reduced, writeContext(deps));
    // The record is written first, because the relay delivers only what the record contains.
    if (!(await deps.records.replace(record, current))) {
      throw new Error('The record has changed while its result was reduced');
    }
    if ((await deps.sendResult({ ...refused, ...reduced })) === 'sent') return current;
  }
  throw new Error('The audit queue refuses the result');
}

/**
 * The final record of a request, to be written: outcomes of all participants and the result's bytes.
 * @throws TransitionError
 */
export function endedRecord(
  deps: Pick<FinishDeps, 'clock' | 'newWriteId' | 'retentionMs' | 'scheduleWatch'>,
  record: RequestRecord,
  ending: Ending,
): RequestRecord {
  const { verdict, adds = record.adds } = ending;
  const progress = ending.progress ?? {
    participants: record.participants,
    genesysCalls: 0,
    genesysCorrelationIds: [],
  };
  const participants = concludeParticipants({ participants: progress.participants, adds }, verdict);
  const context = writeContext(deps);
  const concluded = {
    ...record,
    participants,
    adds,
    genesysCalls: record.genesysCalls + progress.genesysCalls,
    genesysCorrelationIds: [
      ...record.genesysCorrelationIds,
      ...progress.genesysCorrelationIds,
    ].slice(-50),
  };
  const result = buildResult({ record: concluded, verdict, nowMs: context.nowMs });
  const event: RecordedEvent = {
    eventId: eventId(record.requestId, record.run),
    ...bytesOf(result),
    finishedAtMs: context.nowMs,
  };
  if (verdict?.code === 'CANCELLED') return cancelled(record, { participants, event }, context);
  return finished(
    record,
    {
      status: statusOf(participants, verdict),
      participants,
      event,
      watch: deps.scheduleWatch && startWatch(concluded, context.nowMs),
    },
    adds,
    progress,
    context,
  );
}

/** An event as it is stored and sent. */
export function bytesOf(event: AuditEvent): Pick<RecordedEvent, 'body' | 'digest'> {
  const body = JSON.stringify(event);
  return { body, digest: createHash('sha256').update(body).digest('hex') };
}
