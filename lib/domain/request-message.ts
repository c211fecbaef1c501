import * as z from 'zod/mini';
import { DEADLINE_SECONDS } from './deadline-seconds.ts';
import { type FieldError, toFieldErrors } from './field-error.ts';
import { asObject, parseJson } from './json.ts';
import { label, MAX_LENGTH } from './label.ts';
import { nullAsAbsent, nullAsFalse } from './null-as-absent.ts';
import type { RequestedParticipant } from './participant.ts';
import { lenientParticipant, participantList } from './participant-schema.ts';
import { timestamp } from './timestamp.ts';
import { uuid } from './uuid.ts';

/**
 * The request queue's message, a public interface. `schemas/request-message.schema.json` is generated
 * from this schema. Unknown fields are ignored, because senders may be newer.
 */
export const requestMessage = z.object(
  {
    version: nullAsAbsent(z.literal(2, { error: 'must be 2' })),
    requestId: nullAsAbsent(uuid),
    conversationId: uuid,
    participants: participantList(lenientParticipant()),
    dryRun: nullAsFalse('must be true or false'),
    onlyIfReachable: nullAsFalse('must be true or false'),
    actingUserId: nullAsAbsent(uuid),
    requestedAt: nullAsAbsent(timestamp),
    deadline: nullAsAbsent(timestamp),
    correlationId: nullAsAbsent(label(MAX_LENGTH.correlationId)),
    requestedBy: nullAsAbsent(label(MAX_LENGTH.requestedBy)),
  },
  { error: 'must be a JSON object with conversationId and participants' },
);

/** As it travels. */
export type RequestMessage = z.input<typeof requestMessage>;

/** A request as the adder carries it out: parsed once, every default filled in. */
export interface AddRequest {
  requestId: string;
  conversationId: string;
  participants: RequestedParticipant[];
  dryRun: boolean;
  onlyIfReachable: boolean;
  actingUserId?: string;
  requestedAtMs: number;
  deadlineMs: number;
  correlationId: string;
  requestedBy: string;
}

/** What SQS says about a message. */
export interface MessageOrigin {
  messageId: string;
  /** `SentTimestamp`: milliseconds since the epoch. */
  sentAtMs: number;
}

export type ParsedMessage =
  | { ok: true; request: AddRequest }
  | { ok: false; errors: FieldError[]; fragment: Partial<AddRequest> };

/** SQS keeps messages for 14 days, and a dead letter that is sent again for 14 more. */
const OLDEST_REQUEST_MS = 28 * 86_400_000;

/**
 * Reads a queue message and fills in its defaults.
 *
 * `requestedAt` is limited to the time before the send, and not long before it, so that a sender cannot
 * distort latencies and metrics. A deadline more than 24 hours after the send is cut to 24 hours.
 * Of a message that is not a request, `fragment` has what could be read, for the result.
 */
export function parseRequestMessage(body: string, origin: MessageOrigin): ParsedMessage {
  const json = parseJson(body);
  if (json === undefined) {
    return { ok: false, errors: [{ pointer: '', detail: 'is not JSON' }], fragment: {} };
  }
  const parsed = requestMessage.safeParse(json);
  if (!parsed.success) {
    return { ok: false, errors: toFieldErrors(parsed.error.issues), fragment: fragmentOf(json) };
  }
  const { requestId, conversationId, participants, correlationId, requestedBy } = parsed.data;
  const { dryRun, onlyIfReachable, actingUserId } = parsed.data;
  const requestedAtMs = clamp(
    parsed.data.requestedAt ?? origin.sentAtMs,
    origin.sentAtMs - OLDEST_REQUEST_MS,
    origin.sentAtMs,
  );
  const { deadline: deadlineMs = requestedAtMs + DEADLINE_SECONDS.default * 1000 } = parsed.data;
  return {
    ok: true,
    request: {
      requestId: requestId ?? origin.messageId,
      conversationId,
      participants,
      dryRun,
      onlyIfReachable,
      ...(actingUserId === undefined ? {} : { actingUserId }),
      requestedAtMs,
      deadlineMs: clamp(deadlineMs, 0, origin.sentAtMs + DEADLINE_SECONDS.max * 1000),
      correlationId: correlationId ?? requestId ?? origin.messageId,
      requestedBy: requestedBy ?? 'unknown',
    },
  };
}

const clamp = (value: number, min: number, max: number) => Math.min(Math.max(value, min), max);

/** The ids of an invalid message that are valid, for its result. */
function fragmentOf(json: unknown): Partial<AddRequest> {
  const fields = asObject(json);
  const { shape } = requestMessage;
  const requestId = shape.requestId.safeParse(fields?.requestId).data;
  const conversationId = shape.conversationId.safeParse(fields?.conversationId).data;
  const correlationId = shape.correlationId.safeParse(fields?.correlationId).data;
  return {
    ...(requestId === undefined ? {} : { requestId }),
    ...(conversationId === undefined ? {} : { conversationId }),
    ...(correlationId === undefined ? {} : { correlationId }),
  };
}
