import type { Clock } from '../lib/domain/clock.ts';
import type { RequestRecord } from '../lib/domain/request-record.ts';
import type { CallWindowItem } from '../lib/domain/window-update.ts';
import { createMemoryCallWindow } from '../lib/genesys/pace/memory-call-window.ts';
import { createBinaryHeap } from './binary-heap.ts';
import { createMemoryTable } from './memory-table.ts';

/** One operation of the table. */
const TABLE_MS = 5;

/** The table of all instances, a few milliseconds away. The queue's groups keep conversations apart. */
export function createSlowTable(clock: Clock) {
  const { records, leases } = createMemoryTable();
  const latest = new Map<string, RequestRecord>();
  /** An entry is stale if its record has a different due time now. */
  const due = createBinaryHeap<{ requestId: string; dueAtMs: number }>(
    (one, other) => one.dueAtMs < other.dueAtMs,
  );
  const written = (record: RequestRecord) => {
    const { requestId, dueAtMs } = record;
    const isListed = latest.get(requestId)?.dueAtMs === dueAtMs;
    latest.set(requestId, record);
    if (dueAtMs !== undefined && !isListed) due.push({ requestId, dueAtMs });
  };
  return {
    leases,
    budgetItem: slowItem(clock),
    add(record: RequestRecord) {
      void records.create(record);
      written(record);
    },
    all: () => [...latest.values()],
    records: {
      async create(record: RequestRecord) {
        await clock.sleep(TABLE_MS);
        const existing = await records.create(record);
        if (!existing) written(record);
        return existing;
      },
      async get(requestId: string) {
        await clock.sleep(TABLE_MS);
        return records.get(requestId);
      },
      async replace(previous: RequestRecord, next: RequestRecord) {
        await clock.sleep(TABLE_MS);
        const isWritten = await records.replace(previous, next);
        if (isWritten) written(next);
        return isWritten;
      },
    },
    async listDue(
      nowMs: number,
      limit: number,
      { except = new Set<string>() }: { except?: ReadonlySet<string> } = {},
    ) {
      await clock.sleep(TABLE_MS);
      const page: RequestRecord[] = [];
      const stay: { requestId: string; dueAtMs: number }[] = [];
      while (page.length < limit) {
        const next = due.peek();
        if (!next || next.dueAtMs > nowMs) break;
        due.pop();
        const record = latest.get(next.requestId);
        if (record?.dueAtMs !== next.dueAtMs) continue;
        stay.push(next);
        if (!except.has(next.requestId)) page.push(record);
      }
      for (const entry of stay) due.push(entry);
      return page;
    },
  };
}

/** The budget's item, with the latency of the table. */
function slowItem(clock: Clock): CallWindowItem {
  const item = createMemoryCallWindow();
  return {
    async read() {
      await clock.sleep(TABLE_MS);
      return item.read();
    },
    async update(update) {
      await clock.sleep(TABLE_MS);
      return item.update(update);
    },
    async replace(seconds) {
      await clock.sleep(TABLE_MS);
      return item.replace(seconds);
    },
  };
}
