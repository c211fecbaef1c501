import type { AuditEvent, ParticipantResult, Status } from './audit-event.ts';
import type { Code } from './codes.ts';
import type { Refusal } from './roster.ts';

/** Why a request ended before everybody was decided. */
export interface Verdict extends Refusal {
  code: Code;
}

export interface ResultFacts {
  requestId: string;
  correlationId: string;
  conversationId: string;
  requestedBy: string;
  participants: ParticipantResult[];
  /** Absent where every participant was decided. */
  verdict?: Verdict | undefined;
  /** All in milliseconds since the epoch. */
  requestedAtMs: number;
  startedAtMs: number;
  nowMs: number;
  /** SQS `ApproximateReceiveCount`. */
  attempts: number;
  genesysCalls: number;
  genesysCorrelationIds: readonly string[];
}

const LONGEST_ERROR = 2_000;

function isIn({ outcome }: ParticipantResult): boolean {
  return ['ADDED', 'ALREADY_PRESENT', 'WOULD_BE_ADDED'].includes(outcome);
}

function statusOf(participants: readonly ParticipantResult[], verdict?: Verdict): Status {
  const present = participants.filter(isIn).length;
  if (present > 0) return present === participants.length ? 'SUCCESS' : 'PARTIAL';
  if (verdict?.code === 'CANCELLED') return 'CANCELLED';
  return verdict?.code === 'DEADLINE_EXCEEDED' ? 'EXPIRED' : 'FAILED';
}

/** The verdict, or what the refused participants have in common. */
function reasonOf(
  participants: readonly ParticipantResult[],
  verdict?: Verdict,
): { code?: string; error?: string } {
  if (verdict) return { code: verdict.code, error: verdict.detail };
  const refused = participants.filter((participant) => !isIn(participant));
  const code = refused[0]?.code;
  const details = [...new Set(refused.map((participant) => participant.detail ?? ''))].join(' ');
  return {
    ...(code === undefined ? {} : { code }),
    error: `${refused.length} of ${participants.length} not added: ${details}`,
  };
}

/** The result of a request (contract 4). */
export function buildResult(facts: ResultFacts): AuditEvent {
  const { participants, verdict } = facts;
  const status = statusOf(participants, verdict);
  const roles = new Set(participants.map(({ role }) => role));
  const { code, error } = status === 'SUCCESS' ? {} : reasonOf(participants, verdict);
  const ids = participants.flatMap(({ id, address }) => id ?? address ?? []);
  const done = status === 'SUCCESS' || status === 'PARTIAL';
  return {
    event: done ? 'participant_added' : 'participant_add_failed',
    source: 'genesys-automated-adder',
    audit: {
      timestamp: new Date(facts.nowMs).toISOString(),
      conversation_id: facts.conversationId,
      participant_ids: [...new Set(ids)],
      role: roles.size > 1 ? 'mixed' : ([...roles][0] ?? 'agent'),
      latency_ms: Math.max(0, Math.round(facts.nowMs - facts.startedAtMs)),
      status,
      ...(error === undefined ? {} : { error: error.slice(0, LONGEST_ERROR) }),
      ...(code === undefined ? {} : { code }),
      request_id: facts.requestId,
      correlation_id: facts.correlationId,
      requested_by: facts.requestedBy,
      participants,
      queued_ms: Math.max(0, Math.round(facts.startedAtMs - facts.requestedAtMs)),
      attempts: facts.attempts,
      genesys_calls: facts.genesysCalls,
      genesys_correlation_ids: [...facts.genesysCorrelationIds],
    },
  };
}
