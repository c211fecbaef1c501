import * as z from 'zod/mini';
import { ROLES } from './participant.ts';

export const STATUSES = ['SUCCESS', 'PARTIAL', 'FAILED', 'EXPIRED'] as const;
export type Status = (typeof STATUSES)[number];

export const OUTCOMES = ['ADDED', 'ALREADY_PRESENT', 'REJECTED', 'NOT_ATTEMPTED'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const WARNINGS = ['OFFLINE', 'PRESENCE_UNKNOWN'] as const;
export type Warning = (typeof WARNINGS)[number];

/** `participant_added` for SUCCESS and PARTIAL, `participant_add_failed` for FAILED and EXPIRED. */
export const EVENTS = ['participant_added', 'participant_add_failed'] as const;

/** What became of one participant. */
export const participantResult = z.object({
  id: z.optional(z.string()),
  address: z.optional(z.string()),
  role: z.enum(ROLES),
  outcome: z.enum(OUTCOMES),
  warning: z.optional(z.enum(WARNINGS)),
  code: z.optional(z.string()),
  detail: z.optional(z.string()),
});
export type ParticipantResult = z.output<typeof participantResult>;

/** The result of one request: the audit queue's message, the webhook's body, one log line (contract 4). */
export const auditEvent = z.object({
  event: z.enum(EVENTS),
  source: z.literal('genesys-automated-adder'),
  audit: z.object({
    timestamp: z.iso.datetime(),
    conversation_id: z.string(),
    participant_ids: z.array(z.string()),
    role: z.string(),
    latency_ms: z.int().check(z.nonnegative()),
    status: z.enum(STATUSES),
    error: z.optional(z.string()),
    code: z.optional(z.string()),
    request_id: z.string(),
    correlation_id: z.string(),
    requested_by: z.string(),
    participants: z.array(participantResult),
    queued_ms: z.int().check(z.nonnegative()),
    attempts: z.int().check(z.nonnegative()),
    genesys_calls: z.int().check(z.nonnegative()),
    genesys_correlation_ids: z.array(z.string()),
  }),
});
export type AuditEvent = z.output<typeof auditEvent>;

/**
 * What an event's id is made of: printable ASCII, since it travels in a header, without the full
 * stop, since it is signed together with time and body, with full stops between them (Standard
 * Webhooks 1.0.0, "Signature scheme").
 */
export const EVENT_ID = /^[!-\-/-~]{1,200}$/;

/**
 * As much of an event as it takes to pass it on. The rest is none of the relay's business: it posts
 * the bytes it was given, whichever version of the adder wrote them.
 */
export const auditEnvelope = z.object({
  event: z.enum(EVENTS),
  audit: z.object({
    request_id: z.string().check(z.regex(EVENT_ID)),
    correlation_id: z.optional(z.string()),
  }),
});

/**
 * The event's id, the webhook's `webhook-id`. Derived from the request, so that a result that has
 * to be sent twice (a crash between the send and the acknowledgement) is the same event.
 * @param redrive how often an operator has sent the request again from the dead-letter queue: each
 *   time is carried out anew and has a result of its own, which receivers must not take for the
 *   first one delivered twice.
 */
export function eventId(requestId: string, redrive = 0): string {
  return redrive > 0 ? `evt_${requestId}_r${redrive}` : `evt_${requestId}`;
}
