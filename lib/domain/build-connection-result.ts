import type { AuditEvent } from './audit-event.ts';
import { fitResult, toParticipantResult } from './build-result.ts';
import { asObject, parseJson } from './json.ts';
import { concludeConnections, watchedPositions } from './observe-connections.ts';
import type { RequestRecord } from './request-record.ts';

/**
 * The connection event of a request: whether the people whom it rang answered. Everything else repeats the
 * result.
 * @param looks looks made
 * @param correlationIds of the looks, as far as they are known
 * @throws Error where the record has no result
 */
export function buildConnectionResult(
  record: RequestRecord,
  {
    looks,
    correlationIds,
    nowMs,
  }: { looks: number; correlationIds: readonly string[]; nowMs: number },
): AuditEvent {
  const result = asObject(parseJson(record.result?.body ?? '')) as AuditEvent | undefined;
  if (!result) throw new Error('The record has no result');
  const concluded = concludeConnections(record);
  const participants = watchedPositions(record).flatMap((position) => {
    const participant = concluded[position];
    return participant ? [toParticipantResult(participant)] : [];
  });
  const roles = new Set(participants.map(({ role }) => role));
  return fitResult({
    ...result,
    event: 'participant_connection',
    audit: {
      ...result.audit,
      timestamp: new Date(nowMs).toISOString(),
      participant_ids: [...new Set(participants.flatMap(({ id, address }) => id ?? address ?? []))],
      role: roles.size > 1 ? 'mixed' : ([...roles][0] ?? result.audit.role),
      participants,
      genesys_calls: looks,
      genesys_correlation_ids: [...correlationIds],
    },
  });
}
