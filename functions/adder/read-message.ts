import { createHash } from 'node:crypto';
import type { SQSRecord } from 'aws-lambda';
import { messageNumber } from '../../lib/aws/message-number.ts';
import { requestDigest } from '../../lib/carry-out/request-digest.ts';
import type { Verdict } from '../../lib/domain/build-result.ts';
import type { NewRequest } from '../../lib/domain/record-transitions.ts';
import { type AddRequest, parseRequestMessage } from '../../lib/domain/request-message.ts';
import { uuid } from '../../lib/domain/uuid.ts';

/**
 * Attributes of a message that was a dead letter. Trusted only if the record agrees. SQS's own redrive keeps
 * the attributes of the letter, so a moved message claims the run that its record is in already.
 */
export interface RedriveClaim {
  run: number;
  /** The id of the original message, if the body has no request id. */
  requestId: string | undefined;
}

/** A message of the request queue: a request, or the reason why it is invalid. */
export interface ReadMessage {
  request: NewRequest;
  refusal?: Verdict;
  /** Whether the body names the request's id. */
  namesItself: boolean;
  /** This receive included. */
  receiveCount: number;
  redrive?: RedriveClaim;
}

/**
 * Reads a message. SQS names its sender. The sender in the body is only recorded as a claim.
 * @param nowMs counts as the time of sending where SQS names none
 */
export function readMessage(message: SQSRecord, nowMs: number): ReadMessage {
  const sentAtMs = messageNumber(message.attributes?.SentTimestamp) ?? nowMs;
  const { messageId } = message;
  const parsed = parseRequestMessage(message.body, { messageId, sentAtMs });
  const receiveCount = messageNumber(message.attributes?.ApproximateReceiveCount) ?? 1;
  const redrive = readRedrive(message);
  const common = { receiveCount, ...(redrive ? { redrive } : {}) };
  if (parsed.ok) {
    const namesItself = parsed.request.requestId !== messageId;
    return { ...common, namesItself, request: toNewRequest(parsed.request, message) };
  }
  const { conversationId = '', correlationId = messageId } = parsed.fragment;
  const details = parsed.errors.map(
    ({ pointer, detail }) => `${pointer || 'the message'} ${detail}`,
  );
  return {
    ...common,
    namesItself: false,
    refusal: { code: 'INVALID_MESSAGE', detail: details.join('; ') },
    request: toNewRequest(
      {
        // Under the message id of SQS, even if the body has a request id.
        requestId: messageId,
        conversationId,
        correlationId,
        participants: [],
        dryRun: false,
        onlyIfReachable: false,
        requestedBy: UNKNOWN,
        requestedAtMs: sentAtMs,
        deadlineMs: sentAtMs,
      },
      message,
    ),
  };
}

/** parseRequestMessage's value for a message that names no requester. */
const UNKNOWN = 'unknown';

function toNewRequest(request: AddRequest, message: SQSRecord): NewRequest {
  const sender = `sqs:${message.attributes?.SenderId ?? UNKNOWN}`;
  const { requestedBy, actingUserId, ...rest } = request;
  return {
    ...rest,
    origin: 'queue',
    requestedBy: sender,
    ...(requestedBy === UNKNOWN ? {} : { claimedBy: requestedBy }),
    ...(actingUserId === undefined ? {} : { actingUserId }),
    callerId: createHash('sha256').update(JSON.stringify(sender)).digest('hex'),
    digest: requestDigest(request),
  };
}

function readRedrive({ messageAttributes }: SQSRecord): RedriveClaim | undefined {
  const run = messageNumber(messageAttributes?.redrive?.stringValue);
  const requestId = uuid.safeParse(messageAttributes?.request_id?.stringValue).data;
  if (run === undefined && requestId === undefined) return undefined;
  return { run: run ?? 0, requestId };
}
