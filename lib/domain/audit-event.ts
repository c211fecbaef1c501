import * as z from 'zod/mini';
import { EVENTS } from './audit-envelope.ts';
import { ROLES } from './participant.ts';

export const STATUSES = ['SUCCESS', 'PARTIAL', 'FAILED', 'EXPIRED', 'CANCELLED'] as const;
export type Status = (typeof STATUSES)[number];

export const OUTCOMES = [
  'ADDED',
  'ALREADY_PRESENT',
  'REJECTED',
  'NOT_ATTEMPTED',
  'WOULD_BE_ADDED',
  'UNCERTAIN',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** In order of precedence: if several apply, the first is reported. */
export const WARNINGS = [
  'OFFLINE',
  'OUT_OF_OFFICE',
  'NO_STATION',
  'LIKELY_VOICEMAIL',
  'PRESENCE_UNKNOWN',
] as const;
export type Warning = (typeof WARNINGS)[number];

/** Whether a person who was rung answered. */
export const CONNECTIONS = [
  'CONNECTED',
  'NO_ANSWER',
  'DECLINED',
  'VOICEMAIL',
  'UNAVAILABLE',
  'FORWARDED',
  'FAILED',
  'CALL_ENDED',
  'STILL_RINGING',
  'UNKNOWN',
] as const;
export type Connection = (typeof CONNECTIONS)[number];

/** The outcome of one participant. */
export const participantResult = z.object({
  id: z.optional(z.string()),
  address: z.optional(z.string()),
  role: z.enum(ROLES),
  outcome: z.enum(OUTCOMES),
  connection: z.optional(z.enum(CONNECTIONS)),
  participant_id: z.optional(z.string()),
  warning: z.optional(z.enum(WARNINGS)),
  code: z.optional(z.string()),
  detail: z.optional(z.string()),
});
export type ParticipantResult = z.output<typeof participantResult>;

/** The result of one request: the audit queue's message, the webhook's body, one log line. */
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
