import { EVENT_ID } from './event-id.ts';
import { asObject, type Fields } from './json.ts';

/**
 * `participant_added` for SUCCESS and PARTIAL, `participant_add_failed` for FAILED, EXPIRED and
 * CANCELLED, `participant_add_planned` for every dry run, `participant_connection` for whether people
 * answered.
 */
export const EVENTS = [
  'participant_added',
  'participant_add_failed',
  'participant_add_planned',
  'participant_connection',
] as const;

/** As much of an audit event as it takes to pass it on. */
export interface AuditEnvelope {
  requestId: string;
  correlationId: string;
  /** Unchanged. */
  audit: Fields;
}

/**
 * Reads an audit event; `undefined` if it is something else. Only these fields are checked: the relay
 * posts the bytes as they are, whichever version of the adder wrote them.
 */
export function readAuditEnvelope(json: unknown): AuditEnvelope | undefined {
  const event = asObject(json);
  const audit = asObject(event?.audit);
  if (!audit) return undefined;
  const { request_id: requestId, correlation_id: correlationId = requestId } = audit;
  if (!(EVENTS as readonly unknown[]).includes(event?.event)) return undefined;
  if (typeof requestId !== 'string' || !EVENT_ID.test(requestId)) return undefined;
  if (typeof correlationId !== 'string') return undefined;
  return { requestId, correlationId, audit };
}
