import * as z from 'zod/mini';
import { CONNECTIONS, OUTCOMES, WARNINGS } from './audit-event.ts';
import { asObject, asString, parseJson } from './json.ts';
import { ROLES } from './participant.ts';
import {
  DELIVERY_STATES,
  type Delivery,
  REQUEST_STATES,
  type RecordedParticipant,
  type RequestRecord,
} from './request-record.ts';

const delivery = z.object({
  status: z.enum(DELIVERY_STATES),
  attempts: z.int().check(z.nonnegative()),
  lastStatus: z.optional(z.int()),
  lastError: z.optional(z.string()),
  deliveredAt: z.optional(z.iso.datetime()),
  nextAttemptAt: z.optional(z.iso.datetime()),
});

/** A request as the HTTP API shows it. Absent values are left out, never `null`. */
export const requestResource = z.object({
  requestId: z.guid(),
  conversationId: z.string(),
  status: z.enum(REQUEST_STATES),
  requestedAt: z.iso.datetime(),
  requestedBy: z.string(),
  deadline: z.iso.datetime(),
  correlationId: z.string(),
  attempts: z.int().check(z.nonnegative()),
  dryRun: z.boolean(),
  waiting: z.optional(z.object({ until: z.iso.datetime(), code: z.string(), detail: z.string() })),
  participants: z.array(
    z.object({
      id: z.optional(z.string()),
      address: z.optional(z.string()),
      role: z.enum(ROLES),
      outcome: z.optional(z.enum(OUTCOMES)),
      connection: z.optional(z.enum(CONNECTIONS)),
      participantId: z.optional(z.string()),
      warning: z.optional(z.enum(WARNINGS)),
      code: z.optional(z.string()),
      detail: z.optional(z.string()),
    }),
  ),
  code: z.optional(z.string()),
  error: z.optional(z.string()),
  finishedAt: z.optional(z.iso.datetime()),
  latencyMs: z.optional(z.int().check(z.nonnegative())),
  delivery: z.optional(delivery),
  connectionDelivery: z.optional(delivery),
});
export type RequestResource = z.output<typeof requestResource>;

/** A page of a conversation's requests, newest first. */
export const requestList = z.object({
  requests: z.array(requestResource),
  nextCursor: z.optional(z.string()),
});
export type RequestList = z.output<typeof requestList>;

/** Shows a record to its caller. */
export function toRequestResource(record: RequestRecord): RequestResource {
  const { waiting } = record;
  return withoutAbsent({
    requestId: record.requestId,
    conversationId: record.conversationId,
    status: record.status,
    requestedAt: toTime(record.requestedAtMs),
    requestedBy: record.requestedBy,
    deadline: toTime(record.deadlineMs),
    correlationId: record.correlationId,
    attempts: record.receives,
    dryRun: record.dryRun,
    waiting: waiting && {
      until: toTime(waiting.untilMs),
      code: waiting.code,
      detail: waiting.detail,
    },
    participants: record.participants.map(showParticipant),
    ...showResult(record),
    delivery: record.delivery && showDelivery(record.delivery),
    connectionDelivery: record.connectionDelivery && showDelivery(record.connectionDelivery),
  });
}

/** Code and error of a final request are those of its result, which is kept as text. */
export function resultOf({ result }: Pick<RequestRecord, 'result'>): {
  code: string | undefined;
  error: string | undefined;
} {
  const audit = asObject(asObject(parseJson(result?.body ?? ''))?.audit);
  return { code: asString(audit?.code), error: asString(audit?.error) };
}

function showResult(record: RequestRecord): Partial<RequestResource> {
  const { result } = record;
  if (!result) return {};
  const startedAtMs = record.startedAtMs ?? result.finishedAtMs;
  return {
    ...resultOf(record),
    finishedAt: toTime(result.finishedAtMs),
    latencyMs: Math.max(0, result.finishedAtMs - startedAtMs),
  };
}

function showParticipant(participant: RecordedParticipant): RequestResource['participants'][0] {
  const connection = CONNECTIONS.find((known) => known === participant.connection);
  const { id, address, role, outcome, participantId, warning, code, detail } = participant;
  return withoutAbsent({
    id,
    address,
    role,
    outcome,
    connection,
    participantId,
    warning,
    code,
    detail,
  });
}

function showDelivery(known: Delivery): NonNullable<RequestResource['delivery']> {
  const { status, attempts, lastStatus, lastError, deliveredAtMs, nextAttemptAtMs } = known;
  return withoutAbsent({
    status,
    attempts,
    lastStatus,
    lastError,
    deliveredAt: deliveredAtMs === undefined ? undefined : toTime(deliveredAtMs),
    nextAttemptAt: nextAttemptAtMs === undefined ? undefined : toTime(nextAttemptAtMs),
  });
}

const toTime = (timeMs: number) => new Date(timeMs).toISOString();

function withoutAbsent<Fields extends object>(fields: Fields): Fields {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Fields;
}
