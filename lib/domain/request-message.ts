import * as z from 'zod/mini';
import { DEADLINE_SECONDS } from './deadline-seconds.ts';
import { type FieldError, toFieldErrors } from './field-error.ts';
import { label } from './label.ts';
import {
  lenientParticipant,
  participantList,
  type RequestedParticipant,
  uuid,
} from './participant.ts';
import { correlationId } from './request-headers.ts';

/** A request as the adder carries it out: parsed once, every default filled in. */
export interface AddRequest {
  requestId: string;
  conversationId: string;
  participants: RequestedParticipant[];
  requestedAtMs: number;
  deadlineMs: number;
  correlationId: string;
  requestedBy: string;
}

const timestamp = z.iso.datetime({ offset: true, error: 'must be an RFC 3339 time' });
/** The request queue's message: a public interface (contract 3). */
export const requestMessage = z.object(
  {
    version: z._default(z.literal(1, { error: 'must be 1' }), 1),
    requestId: z.optional(uuid),
    conversationId: uuid,
    participants: participantList(lenientParticipant),
    requestedAt: z.optional(timestamp),
    deadline: z.optional(timestamp),
    correlationId: z.optional(correlationId),
    requestedBy: z.optional(label(2048)),
  },
  { error: 'must be a JSON object with conversationId and participants' },
);

/** What SQS says about a message. */
export interface MessageOrigin {
  messageId: string;
  /** `SentTimestamp`: milliseconds since the epoch. */
  sentAtMs: number;
}

export type ParsedMessage =
  | { ok: true; request: AddRequest }
  | { ok: false; errors: FieldError[]; fragment: Partial<AddRequest> };

/**
 * Reads a queue message and fills in its defaults.
 * A deadline later than 24 hours after the send is cut to that: the queue keeps nothing for ever.
 * Of a message that is not a request, `fragment` has what could be read, for the result.
 */
export function parseRequestMessage(body: string, origin: MessageOrigin): ParsedMessage {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { ok: false, errors: [{ pointer: '', detail: 'is not JSON' }], fragment: {} };
  }
  const parsed = requestMessage.safeParse(json);
  if (!parsed.success) {
    return {
      ok: false,
      errors: toFieldErrors(parsed.error.issues),
      fragment: readFragment(json),
    };
  }
  const message = parsed.data;
  const requestId = message.requestId ?? origin.messageId;
  const requestedAtMs = message.requestedAt ? Date.parse(message.requestedAt) : origin.sentAtMs;
  const wantedDeadlineMs = message.deadline
    ? Date.parse(message.deadline)
    : requestedAtMs + DEADLINE_SECONDS.default * 1000;
  return {
    ok: true,
    request: {
      requestId,
      conversationId: message.conversationId,
      participants: message.participants,
      requestedAtMs,
      deadlineMs: Math.min(wantedDeadlineMs, origin.sentAtMs + DEADLINE_SECONDS.max * 1000),
      correlationId: message.correlationId ?? requestId,
      requestedBy: message.requestedBy ?? 'unknown',
    },
  };
}

const fragmentFields = {
  requestId: uuid,
  conversationId: uuid,
  correlationId,
};

function readFragment(json: unknown): Partial<AddRequest> {
  const fragment: Partial<AddRequest> = {};
  if (typeof json !== 'object' || json === null) return fragment;
  for (const [key, schema] of Object.entries(fragmentFields)) {
    const parsed = schema.safeParse((json as Record<string, unknown>)[key]);
    if (parsed.success) fragment[key as keyof typeof fragmentFields] = parsed.data;
  }
  return fragment;
}
