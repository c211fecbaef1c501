import { createHash } from 'node:crypto';
import type { Status } from '../../lib/domain/audit-event.ts';
import { finished } from '../../lib/domain/record-transitions.ts';
import type { RequestRecord } from '../../lib/domain/request-record.ts';
import { NOW_MS } from './create-api-ports.ts';

/** A record with a result. By default all participants were added. */
export function finishedRecord(
  record: RequestRecord,
  audit: { status?: Status; code?: string; error?: string } = {},
): RequestRecord {
  const { status = 'SUCCESS' } = audit;
  const body = JSON.stringify({ event: 'participant_added', audit: { ...audit, status } });
  return finished(
    record,
    {
      status,
      participants: record.participants.map((participant) => ({
        ...participant,
        outcome: status === 'SUCCESS' ? ('ADDED' as const) : ('REJECTED' as const),
      })),
      event: {
        eventId: `evt_${record.requestId}`,
        body,
        digest: createHash('sha256').update(body).digest('hex'),
        finishedAtMs: NOW_MS + 1_000,
      },
    },
    record.adds,
    { genesysCalls: 3, genesysCorrelationIds: [] },
    { nowMs: NOW_MS + 1_000, writeId: 'finished', retentionMs: 30 * 86_400_000 },
  );
}
