import type { AuditEvent, ParticipantResult, Status } from './audit-event.ts';
import { boundedText } from './bounded-text.ts';
import type { Code } from './codes.ts';
import type { RecordedParticipant, RequestRecord } from './request-record.ts';

/** Why a request ended before every participant was decided. */
export interface Verdict {
  code: Code;
  detail: string;
}

/** Longest texts of a result, in characters. */
const LONGEST = { error: 2_000, detail: 1_000, correlationId: 128 } as const;

/** A result is at most this large, in bytes of UTF-8. */
export const MAX_RESULT_BYTES = 64 * 1024;

/** What is shortened first if a result is too large: details, then the error, then correlation ids. */
const REDUCTIONS = [
  { detail: 300, error: 2_000, correlationIds: 50 },
  { detail: 100, error: 1_000, correlationIds: 20 },
  { detail: 0, error: 500, correlationIds: 5 },
] as const;

export function isOutcomeIn({ outcome }: { outcome?: string | undefined }): boolean {
  return outcome !== undefined && ['ADDED', 'ALREADY_PRESENT', 'WOULD_BE_ADDED'].includes(outcome);
}

/** The status that the outcomes add up to. `UNCERTAIN` does not count as being in. */
export function statusOf(
  participants: readonly { outcome?: string | undefined }[],
  verdict?: Verdict,
): Status {
  const present = participants.filter(isOutcomeIn).length;
  if (present > 0) return present === participants.length ? 'SUCCESS' : 'PARTIAL';
  if (verdict?.code === 'CANCELLED') return 'CANCELLED';
  return verdict?.code === 'DEADLINE_EXCEEDED' ? 'EXPIRED' : 'FAILED';
}

export interface ResultFacts {
  /** With the outcomes, counts and correlation ids of the last receive. */
  record: RequestRecord;
  /** Absent where every participant was decided. */
  verdict?: Verdict | undefined;
  nowMs: number;
}

/** The result event of a request whose participants are all concluded (concludeParticipants). */
export function buildResult({ record, verdict, nowMs }: ResultFacts): AuditEvent {
  const participants = record.participants.map(toParticipantResult);
  const status = statusOf(participants, verdict);
  const roles = new Set(participants.map(({ role }) => role));
  const { code, error } = status === 'SUCCESS' ? {} : reasonOf(participants, verdict);
  const ids = participants.flatMap(({ id, address }) => id ?? address ?? []);
  const startedAtMs = record.startedAtMs ?? nowMs;
  return fitResult({
    event: eventName(status, record.dryRun),
    source: 'genesys-automated-adder',
    audit: {
      timestamp: new Date(nowMs).toISOString(),
      conversation_id: record.conversationId,
      participant_ids: [...new Set(ids)],
      role: roles.size > 1 ? 'mixed' : ([...roles][0] ?? 'agent'),
      latency_ms: wholeMs(nowMs - startedAtMs),
      status,
      ...(error === undefined ? {} : { error: boundedText(error, LONGEST.error) }),
      ...(code === undefined ? {} : { code }),
      request_id: record.requestId,
      correlation_id: record.correlationId,
      requested_by: record.requestedBy,
      participants,
      queued_ms: wholeMs(startedAtMs - record.requestedAtMs),
      attempts: record.receives,
      genesys_calls: record.genesysCalls,
      genesys_correlation_ids: record.genesysCorrelationIds.map((id) =>
        boundedText(id, LONGEST.correlationId),
      ),
    },
  });
}

/**
 * A minimal result: ids, outcomes and codes in ASCII. It is sent if the queue refuses the full result.
 */
export function reduceResult({ audit, ...event }: AuditEvent): AuditEvent {
  const { error, ...rest } = audit;
  const asciiOnly = (text: string) => text.replace(/[^\x20-\x7e]/g, '?');
  return {
    ...event,
    audit: {
      ...rest,
      ...(error === undefined ? {} : { error: asciiOnly(error).slice(0, 200) }),
      participants: rest.participants.map(({ detail: _, ...participant }) => participant),
      genesys_correlation_ids: [],
    },
  };
}

function eventName(status: Status, dryRun: boolean): AuditEvent['event'] {
  if (dryRun) return 'participant_add_planned';
  return status === 'SUCCESS' || status === 'PARTIAL'
    ? 'participant_added'
    : 'participant_add_failed';
}

/** A participant as events show one. Absent outcomes count as `NOT_ATTEMPTED`. */
export function toParticipantResult(participant: RecordedParticipant): ParticipantResult {
  const { id, address, role, outcome, connection, participantId, warning, code, detail } =
    participant;
  return {
    ...(id === undefined ? {} : { id }),
    ...(address === undefined ? {} : { address }),
    role,
    outcome: outcome ?? 'NOT_ATTEMPTED',
    ...(connection === undefined
      ? {}
      : { connection: connection as NonNullable<ParticipantResult['connection']> }),
    ...(participantId === undefined ? {} : { participant_id: participantId }),
    ...(warning === undefined ? {} : { warning }),
    ...(code === undefined ? {} : { code }),
    ...(detail === undefined ? {} : { detail: boundedText(detail, LONGEST.detail) }),
  };
}

/** A cause often ends in a number or a correlation id, without a full stop. */
function joinSentences(first: string, second: string): string {
  return /[.!?…]$/.test(first) ? `${first} ${second}` : `${first}. ${second}`;
}

/** The verdict, or the common reason of the participants who are not in. */
function reasonOf(
  participants: readonly ParticipantResult[],
  verdict?: Verdict,
): { code?: string; error?: string } {
  const out = participants.filter((participant) => !isOutcomeIn(participant));
  if (verdict) {
    const doubt = out.some(({ outcome }) => outcome === 'UNCERTAIN')
      ? 'The outcome of the last add is unknown.'
      : '';
    const detail = boundedText(verdict.detail, LONGEST.error - doubt.length - '. '.length);
    return { code: verdict.code, error: doubt === '' ? detail : joinSentences(detail, doubt) };
  }
  const code = out[0]?.code;
  const details = [...new Set(out.map(({ detail = '' }) => detail))].join(' ');
  return {
    ...(code === undefined ? {} : { code }),
    error: `${out.length} of ${participants.length} not added: ${details}`,
  };
}

/** The event, or as much of it as fits into MAX_RESULT_BYTES. */
export function fitResult(event: AuditEvent): AuditEvent {
  let fitting = event;
  for (const limits of REDUCTIONS) {
    if (Buffer.byteLength(JSON.stringify(fitting)) <= MAX_RESULT_BYTES) return fitting;
    fitting = cut(event, limits);
  }
  return Buffer.byteLength(JSON.stringify(fitting)) <= MAX_RESULT_BYTES
    ? fitting
    : reduceResult(event);
}

function cut(event: AuditEvent, limits: (typeof REDUCTIONS)[number]): AuditEvent {
  const { audit } = event;
  const { error } = audit;
  return {
    ...event,
    audit: {
      ...audit,
      ...(error === undefined ? {} : { error: boundedText(error, limits.error) }),
      participants: audit.participants.map(({ detail, ...participant }) => ({
        ...participant,
        ...(detail === undefined || limits.detail === 0
          ? {}
          : { detail: boundedText(detail, limits.detail) }),
      })),
      genesys_correlation_ids: audit.genesys_correlation_ids.slice(-limits.correlationIds),
    },
  };
}

function wholeMs(ms: number): number {
  return Math.max(0, Math.round(ms));
}
