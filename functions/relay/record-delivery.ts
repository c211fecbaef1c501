import type { Clock } from '../../lib/domain/clock.ts';
import { deliveryObserved } from '../../lib/domain/event-transitions.ts';
import type { Delivery, RequestRecord } from '../../lib/domain/request-record.ts';
import type { RecordStore } from '../../lib/records/record-store.ts';
import type { VouchedEvent } from './vouch-for-event.ts';

/** Another function can write the record at the same time; more conflicts than this are a fault. */
const MAX_CONFLICTS = 5;

export interface RecordDeliveryDeps {
  records: Pick<RecordStore, 'get' | 'replace'>;
  clock: Pick<Clock, 'now'>;
  newWriteId: () => string;
  retentionMs: number;
}

/** Writes into the record what became of a try to deliver one of its events. */
export type RecordDelivery = (
  record: RequestRecord,
  event: VouchedEvent,
  change: (delivery: Delivery) => Delivery,
) => Promise<void>;

/**
 * The returned function does nothing for events of earlier runs, whose delivery is not in the record.
 * @throws the SDK's errors; Error after repeated conflicts
 */
export function createRecordDelivery(deps: RecordDeliveryDeps): RecordDelivery {
  const { records, clock, newWriteId, retentionMs } = deps;
  return async (record, event, change) => {
    if (event === 'earlier') return;
    const which = event === 'result' ? 'delivery' : 'connectionDelivery';
    let current: RequestRecord | undefined = record;
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts += 1) {
      // A new run has begun: the record is about another result now.
      if (!current || current[event]?.eventId !== record[event]?.eventId) return;
      const delivery = change(current[which] ?? { status: 'PENDING', attempts: 0 });
      const context = { nowMs: clock.now(), writeId: newWriteId(), retentionMs };
      if (await records.replace(current, deliveryObserved(current, which, delivery, context)))
        return;
      current = await records.get(record.requestId);
    }
    throw new Error('The delivery could not be recorded: the record kept changing');
  };
}
