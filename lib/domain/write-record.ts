import { isFinal, type RequestRecord } from './request-record.ts';

/** The reconciler handles an unfinished request this long after its deadline. */
const AFTER_DEADLINE_MS = 2_000;
/**
 * The reconciler sends a final result that was not marked as sent after this. With its schedule of a
 * minute, a result is sent within 75 s even where its writer crashed before it sent it.
 */
const RESEND_AFTER_MS = 5_000;
/**
 * The reconciler resumes a watch whose look is overdue by this. With its schedule of a minute, a watch whose first
 * look is lost ends within 90 s.
 */
const WATCH_OVERDUE_MS = 10_000;

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

/** When the reconciler has to handle a record; `undefined` if it has no unfinished work. */
export function dueAtMs(record: RequestRecord): number | undefined {
  if (!isFinal(record)) return record.deadlineMs + AFTER_DEADLINE_MS;
  const unsent = [record.result, record.connectionResult].find(
    (event) => event !== undefined && event.sentAtMs === undefined,
  );
  if (unsent) return unsent.finishedAtMs + RESEND_AFTER_MS;
  return record.watch && record.watch.nextLookAtMs + WATCH_OVERDUE_MS;
}

/** The record with these changes, as its next version. */
export function writeRecord(
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

/** @throws TransitionError `final` */
export function assertNotFinal(record: RequestRecord): void {
  if (isFinal(record)) throw new TransitionError('final');
}
