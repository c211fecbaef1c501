import { EVENT_ID } from './event-id.ts';
import { asObject } from './json.ts';

/**
 * `participant_added` for SUCCESS and PARTIAL, `participant_add_failed` for FAILED, EXPIRED and
 * CANCELLED, `participant_add_planned` for every dry run, `participant_connection` for what came of
 * ringing the people.
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
  /** As it is. */
  audit: unknown;
}

/**
 * Reads an audit event; nothing where it is none. The rest of it is none of the relay's business: it
 * posts the bytes it was given, whichever version of the adder wrote them.
 */
export function readAuditEnvelope(json: unknown): AuditEnvelope | undefined {
  const event = asObject(json);
  const audit = asObject(event?.audit);
  const { request_id: requestId, correlation_id: correlationId = requestId } = audit ?? {};
  if (!(EVENTS as readonly unknown[]).includes(event?.event)) return undefined;
  if (typeof requestId !== 'string' || !EVENT_ID.test(requestId)) return undefined;
  if (typeof correlationId !== 'string') return undefined;
  return { requestId, correlationId, audit };
}
