import * as z from 'zod/mini';
import { participantResult, STATUSES } from './audit-event.ts';
import { ROLES } from './participant.ts';

/** Written into every record. Version N of the service reads N - 1 and ignores unknown fields. */
export const RECORD_SCHEMA_VERSION = 1;

/** The states of a request. The last five are final (docs/request-record.md). */
export const REQUEST_STATES = ['QUEUED', 'IN_PROGRESS', 'WAITING', ...STATUSES] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

const timeMs = z.int().check(z.nonnegative());
const count = z.int().check(z.nonnegative());
const cause = z.object({ code: z.string(), detail: z.string() });

/** A participant of a request, with the outcome as soon as it is decided. */
const recordedParticipant = z.object({
  id: z.optional(z.string()),
  address: z.optional(z.string()),
  role: z.enum(ROLES),
  /** Absent until it is decided. */
  outcome: z.optional(participantResult.shape.outcome),
  warning: participantResult.shape.warning,
  code: z.optional(z.string()),
  detail: z.optional(z.string()),
  participantId: z.optional(z.string()),
  connection: z.optional(z.string()),
});
export type RecordedParticipant = z.output<typeof recordedParticipant>;

/**
 * What is known of an add that was sent:
 * - `PENDING`: announced before the POST, and nothing was recorded since (a crash, or still under way)
 * - `NOT_MADE`: proven not made (a refusal, or the connection was refused)
 * - `MADE`: the platform accepted it
 * - `UNKNOWN`: no conclusive response (time-out, 408, 409, 5xx, connection lost)
 */
export const ADD_FATES = ['PENDING', 'NOT_MADE', 'MADE', 'UNKNOWN'] as const;

/** One POST that adds people: the write-ahead and its outcome. */
const addAttempt = z.object({
  run: count,
  contract: z.enum(['platform', 'generic']),
  actingUserId: z.optional(z.string()),
  /** Positions in `participants` of the people who are about to be rung. */
  positions: z.array(count),
  /** Positions of which it is not yet known whether they were rung. Empty once all are decided. */
  unresolved: z.array(count),
  /** Ids of the participations, seen before the add, that concern the people asked for. */
  snapshot: z.array(z.string()),
  startedAtMs: timeMs,
  /** Absent where no end was recorded: the start then counts as the end. */
  endedAtMs: z.optional(timeMs),
  fate: z.enum(ADD_FATES),
});
export type AddAttempt = z.output<typeof addAttempt>;

/** An event in its final bytes. Every delivery of it sends `body` as it is. */
const recordedEvent = z.object({
  eventId: z.string(),
  /** The JSON text that is queued and posted. */
  body: z.string(),
  /** SHA-256 of `body`, hexadecimal: what the relay compares. */
  digest: z.string(),
  finishedAtMs: timeMs,
  /** Absent until it is on the audit queue. */
  sentAtMs: z.optional(timeMs),
});
export type RecordedEvent = z.output<typeof recordedEvent>;

export const DELIVERY_STATES = ['PENDING', 'DELIVERED', 'GIVEN_UP', 'NONE'] as const;

/** The delivery of an event to the webhook. `NONE`: no webhook is configured. */
const delivery = z.object({
  status: z.enum(DELIVERY_STATES),
  attempts: count,
  lastStatus: z.optional(z.int()),
  lastError: z.optional(z.string()),
  deliveredAtMs: z.optional(timeMs),
  nextAttemptAtMs: z.optional(timeMs),
});
export type Delivery = z.output<typeof delivery>;

/** The connection watch of a request, from its result until all connections are decided. */
const watch = z.object({
  /** Looks made so far. */
  looks: count,
  nextLookAtMs: timeMs,
  /** When the connection event is sent at the latest. */
  untilMs: timeMs,
});
export type Watch = z.output<typeof watch>;

/** Everything the service knows about one request (docs/request-record.md). Times in milliseconds since the epoch. */
export const requestRecord = z.object({
  schemaVersion: z.int(),
  requestId: z.string(),
  /** Who created the record: intake, or the adder for a message of a direct sender. */
  origin: z.enum(['api', 'queue']),
  conversationId: z.string(),
  participants: z.array(recordedParticipant),
  requestedBy: z.string(),
  /** `requestedBy` as a direct sender's message claims it. */
  claimedBy: z.optional(z.string()),
  /** Identifies the caller for authorization and quotas: equal for the same caller only. */
  callerId: z.string(),
  correlationId: z.string(),
  /** SHA-256 of conversation and request, hexadecimal: tells a replay from another request of the same id. */
  digest: z.string(),
  dryRun: z.boolean(),
  onlyIfReachable: z.boolean(),
  actingUserId: z.optional(z.string()),
  requestedAtMs: timeMs,
  deadlineMs: timeMs,

  status: z.enum(REQUEST_STATES),
  /** Only with `WAITING`. */
  waiting: z.optional(z.object({ untilMs: timeMs, ...cause.shape })),
  /** Why the last receive did not finish the request; what `EXPIRED` names. */
  lastCause: z.optional(cause),
  /** 0 for the first run; raised by every redrive of an operator. */
  run: count,
  /** Receives of the message in this run. 0: no receive has touched the record. */
  receives: count,
  /** When the first receive of this run began. */
  startedAtMs: z.optional(timeMs),
  /** Every add of every run, oldest first. */
  adds: z.array(addAttempt),
  genesysCalls: count,
  genesysCorrelationIds: z.array(z.string()),

  /** Final from the moment it is here. */
  result: z.optional(recordedEvent),
  delivery: z.optional(delivery),
  /** Results of earlier runs, without their bodies: deliveries of them may still be under way. */
  earlierResults: z.array(z.object({ eventId: z.string(), digest: z.string() })),
  watch: z.optional(watch),
  connectionResult: z.optional(recordedEvent),
  connectionDelivery: z.optional(delivery),

  /** Raised by every write; each write is conditional on the version that it read. */
  version: count,
  /** Unique to each write: tells a write whose response was lost from a conflict. */
  writeId: z.string(),
  /** When the reconciler has to handle the record. Absent: there is no unfinished work. */
  dueAtMs: z.optional(timeMs),
  /** The item counts as absent from then on. */
  expiresAtMs: timeMs,
});
export type RequestRecord = z.output<typeof requestRecord>;

const FINAL: ReadonlySet<string> = new Set(STATUSES);

/** Whether the request has its result: no transition changes it any more, except a new run. */
export function isFinal({ status }: Pick<RequestRecord, 'status'>): boolean {
  return FINAL.has(status);
}

/** Whether an add was sent and it is unknown whether it rang people. */
export function hasUnresolvedAdd({ adds }: Pick<RequestRecord, 'adds'>): boolean {
  return adds.some(({ unresolved }) => unresolved.length > 0);
}

/** Whether a write-ahead exists in this run: from then on the request cannot be cancelled. */
export function hasBegunToAdd({ adds, run }: Pick<RequestRecord, 'adds' | 'run'>): boolean {
  return adds.some((add) => add.run === run);
}
