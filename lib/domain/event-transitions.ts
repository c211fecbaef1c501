import type { Delivery, RecordedEvent, RequestRecord, Watch } from './request-record.ts';
import { TransitionError, type WriteContext, writeRecord } from './write-record.ts';

/** The event is on the audit queue. If it is sent again, the first time is kept. */
export function eventSent(
  record: RequestRecord,
  which: 'result' | 'connectionResult',
  context: WriteContext,
): RequestRecord {
  const event = record[which];
  if (!event) throw new TransitionError('not-final');
  const sentAtMs = event.sentAtMs ?? context.nowMs;
  return writeRecord(record, { [which]: { ...event, sentAtMs } }, context);
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
  return writeRecord(record, { result: { ...result, ...event } }, context);
}

/** Records the outcome of a delivery. */
export function deliveryObserved(
  record: RequestRecord,
  which: 'delivery' | 'connectionDelivery',
  delivery: Delivery,
  context: WriteContext,
): RequestRecord {
  return writeRecord(record, { [which]: delivery }, context);
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
  return writeRecord(record, { participants, watch }, context);
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
  return writeRecord(
    rest,
    {
      participants,
      connectionResult: event,
      connectionDelivery: { status: 'PENDING', attempts: 0 },
    },
    context,
  );
}
