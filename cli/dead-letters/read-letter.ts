import type { Message } from '@aws-sdk/client-sqs';
import { CODES } from '../../lib/domain/codes.ts';
import { DEAD_LETTER_REASONS } from '../../lib/domain/dead-letter-reasons.ts';

/** `events`: only where requests come from EventBridge (docs/eventbridge.md). */
export type QueueName = 'requests' | 'audit' | 'events';

/** A dead letter as the command shows it. */
export interface Letter {
  queue: QueueName;
  /** The SQS message id. */
  id: string;
  body: string;
  reason: string;
  detail: string;
  tries: number;
  /** RFC 3339; empty if it is unknown, like `lastReceivedAt`. */
  firstReceivedAt: string;
  lastReceivedAt: string;
  requestId: string;
  /** The request of the letter's record, as named by the function that wrote the letter. */
  recordId: string | undefined;
  correlationId: string;
  conversationId: string;
  /** FIFO: the group to which it must be redriven. */
  groupId: string | undefined;
  /** The run of the request in which the message became a dead letter. */
  redrive: number;
  eventId: string | undefined;
  lastStatus: string | undefined;
  lastError: string | undefined;
  /** Milliseconds since the epoch: when it was sent to the dead-letter queue or, if SQS moved it, to the first queue. */
  sentAtMs: number;
  /** Requests: the deadline in the body. */
  deadlineMs: number | undefined;
}

/** A message that SQS moved has no attributes with a reason. */
export const RECEIVE_LIMIT = 'RECEIVE_LIMIT';
const BY_SQS = {
  cause: 'The function failed on the message until its receives were used up.',
  remedy: 'Search the function’s log for the message id or the request id, fix the cause, redrive.',
};

/** Reasons on the events queue, derived from what EventBridge adds to an event. */
const EVENT_REASONS = {
  EVENT_NOT_FORWARDED: {
    cause: 'The pipe could not send the event to the request queue.',
    remedy:
      'An event without a conversationId can never be sent: fix its sender, then discard it. Otherwise fix the pipe (its role, a key), then redrive.',
  },
  EVENT_NOT_QUEUED: {
    cause: 'The rule could not send the event to the event queue.',
    remedy:
      'Fix what the detail names, publish the event again with put-events, then discard this letter.',
  },
};

/** What a reason means and what to do. */
export function explain(reason: string): { cause: string; remedy: string } | undefined {
  if (reason === RECEIVE_LIMIT) return BY_SQS;
  return { ...EVENT_REASONS, ...CODES, ...DEAD_LETTER_REASONS }[reason as keyof typeof CODES];
}

export function readLetter(queue: QueueName, message: Message): Letter {
  const attribute = (name: string) => message.MessageAttributes?.[name]?.StringValue;
  const { Attributes: system = {}, Body: body = '' } = message;
  const json = parseObject(body);
  const content = contentOf(queue, json);
  const text = (name: string) => {
    const value = content[name];
    return typeof value === 'string' ? value : undefined;
  };
  const [requestId, correlationId, conversationId] =
    queue === 'audit'
      ? [text('request_id'), text('correlation_id'), text('conversation_id')]
      : [text('requestId'), text('correlationId'), text('conversationId')];
  const sentAtMs = Number(system.SentTimestamp);
  const deadlineMs = Date.parse(text('deadline') ?? '');
  return {
    queue,
    id: message.MessageId ?? '',
    body,
    reason: queue === 'events' ? eventReason(attribute) : (attribute('reason') ?? RECEIVE_LIMIT),
    detail: attribute('last_error') ?? attribute('detail') ?? attribute('ERROR_MESSAGE') ?? '',
    tries: Number(attribute('tries') ?? system.ApproximateReceiveCount),
    firstReceivedAt: attribute('first_received_at') ?? '',
    lastReceivedAt: attribute('last_received_at') ?? '',
    requestId: attribute('request_id') ?? requestId ?? '',
    recordId: attribute('request_id'),
    correlationId: attribute('correlation_id') ?? correlationId ?? '',
    conversationId: conversationId ?? system.MessageGroupId ?? '',
    groupId: system.MessageGroupId,
    redrive: Number(attribute('redrive')) || 0,
    eventId: attribute('event_id'),
    lastStatus: attribute('last_status'),
    lastError: attribute('last_error'),
    sentAtMs,
    deadlineMs: Number.isNaN(deadlineMs) ? undefined : deadlineMs,
  };
}

/** A rule adds its error to an event that it could not deliver; SQS adds nothing. */
function eventReason(attribute: (name: string) => string | undefined): keyof typeof EVENT_REASONS {
  return attribute('ERROR_CODE') === undefined ? 'EVENT_NOT_FORWARDED' : 'EVENT_NOT_QUEUED';
}

/** The part of a message that has the ids. An event that the rule did not deliver is complete. */
function contentOf(queue: QueueName, json: Record<string, unknown>): Record<string, unknown> {
  if (queue === 'audit') return parseObject(json.audit);
  if (queue === 'events' && 'detail' in json) {
    return { ...parseObject(json.detail), requestId: json.id };
  }
  return json;
}

function parseObject(value: unknown): Record<string, unknown> {
  let json = value;
  if (typeof value === 'string') {
    try {
      json = JSON.parse(value);
    } catch {
      return {};
    }
  }
  return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
}
