import { DEADLINE_SECONDS } from './deadline-seconds.ts';
import type { FieldError } from './field-error.ts';
import { asObject, parseJson } from './json.ts';
import { labelFaults, MAX_LENGTH, PRINTABLE_ASCII } from './label.ts';
import {
  ADDRESS,
  PARTICIPANT_FAULTS as FAULTS,
  isRole,
  judgeTogether,
  MAX_ADDRESS_LENGTH,
  MAX_PARTICIPANTS_PER_REQUEST,
  type RequestedParticipant,
  type Role,
  withDefaultRole,
} from './participant.ts';
import { readTime } from './time.ts';
import { readUuid } from './uuid.ts';

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

/** The request queue's message: a public interface (contract 3). */
export interface RequestMessage {
  version?: 1;
  /** Default: the id of the SQS message. */
  requestId?: string;
  conversationId: string;
  participants: { id?: string; address?: string; role?: Role }[];
  /** RFC 3339, like `deadline`. */
  requestedAt?: string;
  deadline?: string;
  correlationId?: string;
  requestedBy?: string;
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

/** Reads one value. Throws what is wrong with it, as it follows the field's name. */
type Rule<Value> = (value: unknown) => Value;

const version: Rule<1> = (value) => {
  if (value !== 1) throw new Error('must be 1');
  return value;
};

const uuid: Rule<string> = (value) => {
  const id = readUuid(value);
  if (id === undefined) throw new Error(FAULTS.id);
  return id;
};

/** Milliseconds since the epoch. */
const time: Rule<number> = (value) => {
  const timeMs = readTime(value);
  if (timeMs === undefined) throw new Error('must be an RFC 3339 time');
  return timeMs;
};

/** @param max characters */
const label =
  (max: number): Rule<string> =>
  (value) => {
    const faults = labelFaults(max);
    if (typeof value !== 'string') throw new Error(faults.noText);
    if (!PRINTABLE_ASCII.test(value)) throw new Error(faults.pattern);
    if (value === '') throw new Error(faults.empty);
    if (value.length > max) throw new Error(faults.tooLong);
    return value;
  };

const address: Rule<string> = (value) => {
  if (typeof value !== 'string') throw new Error(FAULTS.address.noText);
  if (value.length > MAX_ADDRESS_LENGTH) throw new Error(FAULTS.address.tooLong);
  if (!ADDRESS.test(value)) throw new Error(FAULTS.address.pattern);
  return value;
};

const role: Rule<Role> = (value) => {
  if (!isRole(value)) throw new Error(FAULTS.role);
  return value;
};

/** Reads fields and gathers what is wrong with them. */
class FieldReader {
  readonly errors: FieldError[] = [];

  required<Value>(pointer: string, value: unknown, rule: Rule<Value>): Value | undefined {
    try {
      return rule(value);
    } catch (error) {
      this.errors.push({ pointer, detail: (error as Error).message });
      return undefined;
    }
  }

  optional<Value>(pointer: string, value: unknown, rule: Rule<Value>): Value | undefined {
    return value === undefined ? undefined : this.required(pointer, value, rule);
  }

  participants(list: unknown): RequestedParticipant[] | undefined {
    const pointer = '/participants';
    const entries = this.required(pointer, list, (value) => {
      if (!Array.isArray(value)) throw new Error(FAULTS.noList);
      if (value.length === 0) throw new Error(FAULTS.nobody);
      if (value.length > MAX_PARTICIPANTS_PER_REQUEST) throw new Error(FAULTS.tooMany);
      return value as unknown[];
    });
    return entries?.map((entry, index) => this.#participant(`${pointer}/${index}`, entry));
  }

  #participant(pointer: string, entry: unknown): RequestedParticipant {
    const fields = asObject(entry);
    if (!fields) this.errors.push({ pointer, detail: FAULTS.noObject });
    for (const { path, message } of fields ? judgeTogether(fields) : []) {
      this.errors.push({ pointer: [pointer, ...path].join('/'), detail: message });
    }
    return withDefaultRole({
      id: this.optional(`${pointer}/id`, fields?.id, uuid),
      address: this.optional(`${pointer}/address`, fields?.address, address),
      role: this.optional(`${pointer}/role`, fields?.role, role),
    });
  }
}

/**
 * Reads a queue message (contract 3) and fills in its defaults. Fields that it does not know are
 * passed over, as senders may be newer.
 *
 * By hand: zod was a twelfth of the adder's cold start for this alone (docs/decisions/read-by-hand.md).
 * `schemas/request-message.schema.json` says the same for others to read;
 * test/unit/request-message.test.ts holds the two together.
 *
 * A deadline later than 24 hours after the send is cut to that: the queue keeps nothing for ever.
 * Of a message that is not a request, `fragment` has what could be read, for the result.
 */
export function parseRequestMessage(body: string, origin: MessageOrigin): ParsedMessage {
  const json = parseJson(body);
  const message = asObject(json);
  if (!message) {
    const detail =
      json === undefined
        ? 'is not JSON'
        : 'must be a JSON object with conversationId and participants';
    return { ok: false, errors: [{ pointer: '', detail }], fragment: {} };
  }
  const read = new FieldReader();
  read.optional('/version', message.version, version);
  const requestId = read.optional('/requestId', message.requestId, uuid);
  const conversationId = read.required('/conversationId', message.conversationId, uuid);
  const participants = read.participants(message.participants);
  const requestedAtMs = read.optional('/requestedAt', message.requestedAt, time) ?? origin.sentAtMs;
  const deadlineMs =
    read.optional('/deadline', message.deadline, time) ??
    requestedAtMs + DEADLINE_SECONDS.default * 1000;
  const correlationId = read.optional(
    '/correlationId',
    message.correlationId,
    label(MAX_LENGTH.correlationId),
  );
  const requestedBy = read.optional(
    '/requestedBy',
    message.requestedBy,
    label(MAX_LENGTH.requestedBy),
  );
  if (read.errors.length > 0 || conversationId === undefined || participants === undefined) {
    const fragment = {
      ...(requestId === undefined ? {} : { requestId }),
      ...(conversationId === undefined ? {} : { conversationId }),
      ...(correlationId === undefined ? {} : { correlationId }),
    };
    return { ok: false, errors: read.errors, fragment };
  }
  return {
    ok: true,
    request: {
      requestId: requestId ?? origin.messageId,
      conversationId,
      participants,
      requestedAtMs,
      deadlineMs: Math.min(deadlineMs, origin.sentAtMs + DEADLINE_SECONDS.max * 1000),
      correlationId: correlationId ?? requestId ?? origin.messageId,
      requestedBy: requestedBy ?? 'unknown',
    },
  };
}
