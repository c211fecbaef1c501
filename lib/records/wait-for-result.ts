import type { Clock } from '../domain/clock.ts';
import { isFinal, type RequestRecord } from '../domain/request-record.ts';
import { type Wait, waitUntil } from '../domain/wait-until.ts';
import type { RecordStore } from './record-store.ts';
import type { WaiterSlots } from './waiter-slots.ts';

const FIRST_POLL_MS = 250;
const SLOWEST_POLL_MS = 1_000;
/** A slot outlives its waiter by this, so that it is not reused during the last read. */
const SLOT_MARGIN_MS = 5_000;

export interface Waited {
  /** The latest that was read, final or not. */
  record: RequestRecord;
  /**
   * Whether the preference was honoured: not if its time had passed, every slot was taken, or the table
   * failed at once.
   */
  applied: boolean;
}

/** Waits until a request has its result, or the wait ends. */
export type WaitForResult = (record: RequestRecord, wait: Wait) => Promise<Waited>;

/**
 * Waits for results by polling the record: every 250 ms at first, later every second. It never throws,
 * because the request is accepted even if the wait fails.
 */
export function createWaitForResult({
  records,
  slots,
  clock,
}: {
  records: Pick<RecordStore, 'get'>;
  slots: WaiterSlots;
  clock: Clock;
}): WaitForResult {
  return async (record, wait) => {
    if (isFinal(record)) return { record, applied: true };
    const nowMs = clock.now();
    const untilMs = waitUntil(wait, nowMs);
    if (untilMs <= nowMs) return { record, applied: false };
    const release = await slots
      .acquire(untilMs - nowMs + SLOT_MARGIN_MS)
      .catch((): undefined => undefined);
    if (!release) return { record, applied: false };
    try {
      return { record: await poll(record, untilMs), applied: true };
    } finally {
      await release();
    }
  };

  async function poll(record: RequestRecord, untilMs: number): Promise<RequestRecord> {
    let latest = record;
    let pauseMs = FIRST_POLL_MS;
    while (!isFinal(latest)) {
      const leftMs = untilMs - clock.now();
      if (leftMs <= 0) break;
      await clock.sleep(Math.min(pauseMs, leftMs));
      pauseMs = Math.min(pauseMs * 1.5, SLOWEST_POLL_MS);
      // Continues after an absent record or a failed read.
      latest = (await records.get(record.requestId).catch(() => undefined)) ?? latest;
    }
    return latest;
  }
}
