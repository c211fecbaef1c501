import { newRecord } from '../../lib/domain/record-transitions.ts';
import type { RequestRecord } from '../../lib/domain/request-record.ts';

/** Start time of tests, in milliseconds since the epoch. */
export const START_MS = Date.UTC(2026, 10, 26, 12);

/** A record of a request that was just accepted, by default for two users. */
export function requestRecordOf(fields: Partial<RequestRecord> = {}): RequestRecord {
  const record = newRecord(
    {
      requestId: '11111111-2222-4333-8444-555555555555',
      origin: 'api',
      conversationId: 'aaaaaaaa-0000-4000-8000-000000000001',
      participants: [
        { id: 'bbbbbbbb-0000-4000-8000-000000000001', role: 'agent' },
        { id: 'bbbbbbbb-0000-4000-8000-000000000002', role: 'agent' },
      ],
      requestedBy: 'arn:aws:iam::123456789012:role/crm',
      callerId: 'caller',
      correlationId: 'trace-me',
      digest: 'digest',
      dryRun: false,
      onlyIfReachable: false,
      requestedAtMs: START_MS,
      deadlineMs: START_MS + 600_000,
    },
    { nowMs: START_MS, writeId: 'created', retentionMs: 86_400_000 },
  );
  return { ...record, ...fields };
}
