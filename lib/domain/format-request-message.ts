import type { RequestMessage } from './request-message.ts';
import type { RequestRecord } from './request-record.ts';

/** Writes the queue message of a request, from its record. */
export function formatRequestMessage(
  record: Pick<
    RequestRecord,
    | 'requestId'
    | 'conversationId'
    | 'participants'
    | 'dryRun'
    | 'onlyIfReachable'
    | 'actingUserId'
    | 'requestedAtMs'
    | 'deadlineMs'
    | 'correlationId'
    | 'requestedBy'
  >,
): string {
  return JSON.stringify({
    version: 2,
    requestId: record.requestId,
    conversationId: record.conversationId,
    participants: record.participants.map(({ id, address, role }) => ({ id, address, role })),
    dryRun: record.dryRun,
    onlyIfReachable: record.onlyIfReachable,
    actingUserId: record.actingUserId,
    requestedAt: new Date(record.requestedAtMs).toISOString(),
    deadline: new Date(record.deadlineMs).toISOString(),
    correlationId: record.correlationId,
    requestedBy: record.requestedBy,
  } satisfies RequestMessage);
}
