import { type CallWindow, EMPTY_WINDOW } from '../../lib/domain/call-window.ts';
import { type RequestRecord, requestRecord } from '../../lib/domain/request-record.ts';
import type { VersionedItem } from '../../lib/domain/versioned-item.ts';
import { type CallWindowItem, withUpdate } from '../../lib/domain/window-update.ts';
import {
  type ConversationLease,
  type ConversationLeases,
  type RecentAdd,
  recentAddsAt,
} from '../../lib/records/conversation-lease.ts';
import { decodeCursor, encodeCursor } from '../../lib/records/list-cursor.ts';
import { dueShard, toRecordItem } from '../../lib/records/record-item.ts';
import type { RecordStore } from '../../lib/records/record-store.ts';

/**
 * How a process reaches the table: carries out `effect` at one moment, or not, and gives its result,
 * or fails. Where the SDK repeats a request whose response was lost, `effect` is carried out twice.
 */
export type CallTable = <Result>(what: string, effect: () => Result) => Promise<Result>;

interface LeaseItem {
  owner?: string | undefined;
  fence: number;
  leaseExpiresAtMs: number;
  recentAdds: RecentAdd[];
}

interface StoredItem {
  json: string;
  version: number;
  /** Tells a repeated write from a conflict, as the write id of the real item does. */
  writeId: symbol;
}

/** A record as stored, frozen: the judge of a run reads it. */
export interface SimulatedTable {
  /** All items, those past their time too. */
  records: ReadonlyMap<string, RequestRecord>;
  /** When each record was created, in milliseconds since the epoch. */
  createdMs: ReadonlyMap<string, number>;
  /** Calls that the call budgets have counted since a time, in milliseconds since the epoch. */
  countedCalls(sinceMs: number): number;
  /** The stores as one process sees them. */
  portsOf(process: { call: CallTable; now: () => number }): {
    records: RecordStore;
    leases: ConversationLeases;
    openItem: (key: string) => VersionedItem;
    openCallWindow: (key: string) => CallWindowItem;
  };
}

/** The table in memory. test/contract/record-store.test.ts holds it to what the real one does. */
export function createSimulatedTable(): SimulatedTable {
  const records = new Map<string, RequestRecord>();
  const createdMs = new Map<string, number>();
  const leases = new Map<string, LeaseItem>();
  const items = new Map<string, StoredItem>();
  const windows = new Map<string, StoredWindow>();
  return {
    records,
    createdMs,
    countedCalls: (sinceMs) =>
      [...windows.values()]
        .flatMap(({ window }) => window.seconds)
        .reduce((sum, [second, calls]) => sum + (second * 1_000 >= sinceMs ? calls : 0), 0),
    portsOf: ({ call, now }) => ({
      records: recordStore({ items: records, createdMs }, call, now),
      leases: conversationLeases(leases, call),
      openItem: (key) => versionedItem(items, key, call),
      openCallWindow: (key) => callWindowItem(windows, key, call),
    }),
  };
}

/** What the table gives is a copy: a reader that changes it changes nothing in the table. */
const copyOf = (record: RequestRecord) => requestRecord.parse(structuredClone(record));

function recordStore(
  { items, createdMs }: { items: Map<string, RequestRecord>; createdMs: Map<string, number> },
  call: CallTable,
  now: () => number,
): RecordStore {
  const read = (requestId: string) => {
    const record = items.get(requestId);
    return record && record.expiresAtMs > now() ? copyOf(record) : undefined;
  };
  const put = (record: RequestRecord) => {
    // Throws as the real one does where it is too large or cannot be stored.
    toRecordItem(record);
    items.set(record.requestId, copyOf(record));
  };
  const alive = () => [...items.values()].filter(({ expiresAtMs }) => expiresAtMs > now());

  return {
    create: (record) =>
      call('creates a record', () => {
        const existing = read(record.requestId);
        if (existing) return existing.writeId === record.writeId ? undefined : existing;
        put(record);
        createdMs.set(record.requestId, now());
        return undefined;
      }),

    get: (requestId) => call('reads a record', () => read(requestId)),

    replace: (previous, next) =>
      call('writes a record', () => {
        const stored = items.get(next.requestId);
        if (stored?.writeId === next.writeId) return true;
        if (stored?.version !== previous.version || stored.writeId !== previous.writeId) {
          return false;
        }
        put(next);
        return true;
      }),

    listByConversation: (conversationId, { limit, cursor }) =>
      call('lists records', () => {
        const before = cursor === undefined ? undefined : decodeCursor(cursor);
        const rangeKey = (record: RequestRecord) => toRecordItem(record).requestedAtId?.S ?? '';
        const all = [...items.values()]
          .filter((record) => record.conversationId === conversationId)
          .map((record) => ({ record, key: rangeKey(record) }))
          .filter(({ key }) => before === undefined || key < before)
          .sort((a, b) => (a.key < b.key ? 1 : -1));
        const page = all.slice(0, limit);
        const last = page.at(-1)?.key;
        return {
          records: page
            .map(({ record }) => record)
            .filter(({ expiresAtMs }) => expiresAtMs > now())
            .map(copyOf),
          ...(all.length > limit && last ? { nextCursor: encodeCursor(last) } : {}),
        };
      }),

    listDue: (nowMs, limit, { except = new Set(), shard } = {}) =>
      call('lists what is due', () =>
        alive()
          .filter(({ dueAtMs }) => dueAtMs !== undefined && dueAtMs <= nowMs)
          .filter(({ requestId }) => !except.has(requestId))
          .filter(({ requestId }) => shard === undefined || dueShard(requestId) === shard)
          .sort((a, b) => (a.dueAtMs ?? 0) - (b.dueAtMs ?? 0))
          .slice(0, limit)
          .map(copyOf),
      ),
  };
}

function conversationLeases(items: Map<string, LeaseItem>, call: CallTable): ConversationLeases {
  const heldBy = ({ conversationId, owner, fence }: ConversationLease) => {
    const item = items.get(conversationId);
    return item?.owner === owner && item.fence === fence ? item : undefined;
  };
  return {
    acquire: (conversationId, { owner, nowMs, durationMs }) =>
      call('acquires a lease', () => {
        const item = items.get(conversationId) ?? { fence: 0, leaseExpiresAtMs: 0, recentAdds: [] };
        if (item.leaseExpiresAtMs > nowMs && item.owner !== owner) {
          return { heldUntilMs: item.leaseExpiresAtMs };
        }
        const fence = item.fence + 1;
        const expiresAtMs = nowMs + durationMs;
        items.set(conversationId, { ...item, owner, fence, leaseExpiresAtMs: expiresAtMs });
        const recentAdds = structuredClone(recentAddsAt(nowMs, item.recentAdds));
        return { conversationId, owner, fence, expiresAtMs, recentAdds };
      }),

    async announceAdds(lease, { nowMs, expiresAtMs, adds }) {
      const recentAdds = recentAddsAt(nowMs, [...lease.recentAdds, ...adds]);
      const isHeld = await call('announces adds', () => {
        const item = heldBy(lease);
        if (!item || item.leaseExpiresAtMs <= nowMs) return false;
        item.leaseExpiresAtMs = expiresAtMs;
        item.recentAdds = structuredClone(recentAdds);
        return true;
      });
      if (isHeld) Object.assign(lease, { expiresAtMs, recentAdds });
      return isHeld;
    },

    release: (lease) =>
      call('releases a lease', () => {
        const item = heldBy(lease);
        if (!item) return;
        item.owner = undefined;
        item.leaseExpiresAtMs = 0;
        item.recentAdds = structuredClone(lease.recentAdds);
      }),

    isHeld: (conversationId, nowMs) =>
      call('looks at a lease', () => (items.get(conversationId)?.leaseExpiresAtMs ?? 0) > nowMs),
  };
}

interface StoredWindow {
  window: CallWindow;
  /** The last update of each process: one that the SDK repeats is not made again. */
  made: Map<symbol, symbol>;
}

/** The call budget. */
function callWindowItem(
  windows: Map<string, StoredWindow>,
  key: string,
  call: CallTable,
): CallWindowItem {
  const instance = Symbol();
  const stored = () => {
    const found = windows.get(key) ?? { window: EMPTY_WINDOW, made: new Map() };
    windows.set(key, found);
    return found;
  };
  return {
    read: () => call('reads budget', () => structuredClone(stored().window)),
    update: (update) => {
      const writeId = Symbol();
      return call('writes budget', () => {
        const held = stored();
        const isRepeat = held.made.get(instance) === writeId;
        const next = isRepeat ? held.window : withUpdate(held.window, update);
        if (next) {
          held.window = next;
          held.made.set(instance, writeId);
        }
        return { isMade: next !== undefined, window: structuredClone(held.window) };
      });
    },
    replace: (seconds) =>
      call('writes budget', () => {
        stored().window = { ...EMPTY_WINDOW, seconds: [...seconds] };
      }),
  };
}

/** The token's lease is such an item. */
function versionedItem(
  items: Map<string, StoredItem>,
  key: string,
  call: CallTable,
): VersionedItem {
  const [name] = key.split('#');
  return {
    read: () =>
      call(`reads ${name}`, () => {
        const item = items.get(key);
        return item && { value: JSON.parse(item.json), version: item.version };
      }),
    write: (value, previousVersion) => {
      const writeId = Symbol();
      const json = JSON.stringify(value);
      return call(`writes ${name}`, () => {
        const item = items.get(key);
        if (item?.writeId === writeId) return { isWritten: true, version: item.version } as const;
        if ((item?.version ?? 0) !== previousVersion) {
          const current = item && { value: JSON.parse(item.json), version: item.version };
          return { isWritten: false, current } as const;
        }
        items.set(key, { json, version: previousVersion + 1, writeId });
        return { isWritten: true, version: previousVersion + 1 } as const;
      });
    },
  };
}
