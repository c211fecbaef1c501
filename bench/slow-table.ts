import type { Clock } from '../lib/domain/clock.ts';
import { isFinal, type RequestRecord } from '../lib/domain/request-record.ts';
import { createMemoryItem } from '../lib/genesys/pace/memory-item.ts';
import { createMemoryTable } from './memory-table.ts';

/** One verb of the table. */
const TABLE_MS = 5;

/** The table of all instances, a few milliseconds away. Groups keep conversations apart. */
export function createSlowTable(clock: Clock) {
  const { records, leases } = createMemoryTable();
  const latest = new Map<string, RequestRecord>();
  const due: RequestRecord[] = [];
  let sorted = true;
  return {
    leases,
    budgetItem: slowItem(clock),
    add(record: RequestRecord) {
      void records.create(record);
      latest.set(record.requestId, record);
      due.push(record);
      sorted = false;
    },
    all: () => [...latest.values()],
    records: {
      async create(record: RequestRecord) {
        await clock.sleep(TABLE_MS);
        return records.create(record);
      },
      async get(requestId: string) {
        await clock.sleep(TABLE_MS);
        return records.get(requestId);
      },
      async replace(previous: RequestRecord, next: RequestRecord) {
        await clock.sleep(TABLE_MS);
        const written = await records.replace(previous, next);
        if (written) latest.set(next.requestId, next);
        return written;
      },
    },
    async listDue(nowMs: number, limit: number) {
      await clock.sleep(TABLE_MS);
      if (!sorted) due.sort((a, b) => a.deadlineMs - b.deadlineMs);
      sorted = true;
      const page: RequestRecord[] = [];
      while (page.length < limit) {
        const [next] = due;
        if (!next || next.deadlineMs > nowMs) break;
        due.shift();
        const record = latest.get(next.requestId);
        if (record && !isFinal(record)) page.push(record);
      }
      return page;
    },
  };
}

/** The budget's item, as far away as the table. */
function slowItem(clock: Clock) {
  const item = createMemoryItem();
  return {
    async read() {
      await clock.sleep(TABLE_MS);
      return item.read();
    },
    async write(value: unknown, previousVersion: number) {
      await clock.sleep(TABLE_MS);
      return item.write(value, previousVersion);
    },
  };
}
