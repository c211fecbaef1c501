import type { RequestRecord } from '../lib/domain/request-record.ts';
import type { ConversationLeases } from '../lib/records/conversation-lease.ts';
import type { RecordStore } from '../lib/records/record-store.ts';

/** A table in memory, for benchmarks of something else. */
export function createMemoryTable(): {
  records: Pick<RecordStore, 'create' | 'get' | 'replace'>;
  leases: ConversationLeases;
} {
  const records = new Map<string, RequestRecord>();
  return {
    records: {
      async create(record) {
        const existing = records.get(record.requestId);
        if (!existing) records.set(record.requestId, record);
        return existing;
      },
      get: async (requestId) => records.get(requestId),
      async replace(previous, next) {
        if (records.get(next.requestId)?.version !== previous.version) return false;
        records.set(next.requestId, next);
        return true;
      },
    },
    leases: {
      acquire: async (conversationId, { owner, nowMs, durationMs }) => ({
        conversationId,
        owner,
        fence: 1,
        expiresAtMs: nowMs + durationMs,
        recentAdds: [],
      }),
      announceAdds: async () => true,
      release: async () => {},
      isHeld: async () => false,
    },
  };
}
