import type { SQSRecord } from 'aws-lambda';
import { isAccessDenied } from '../../lib/aws/access-denied.ts';
import { faultReason } from '../../lib/aws/configuration-fault.ts';
import type { Handled } from '../../lib/aws/fifo-batch.ts';
import { messageNumber } from '../../lib/aws/message-number.ts';
import type { SendMessage } from '../../lib/aws/send-message.ts';
import { createSendResult } from '../../lib/aws/send-result.ts';
import type { CarriedOut } from '../../lib/carry-out/carried-out.ts';
import { carryOutRequest } from '../../lib/carry-out/carry-out-request.ts';
import { recordRefusal } from '../../lib/carry-out/finish-request.ts';
import type { ReceiveDeps } from '../../lib/carry-out/receive.ts';
import type { ReceivedRequest } from '../../lib/carry-out/received-request.ts';
import { reportResult } from '../../lib/carry-out/report-result.ts';
import { requestDigest } from '../../lib/carry-out/request-digest.ts';
import type { AdderConfig } from '../../lib/config.ts';
import type { Verdict } from '../../lib/domain/build-result.ts';
import { deadLetterAttributes } from '../../lib/domain/dead-letter.ts';
import type { RequestRecord } from '../../lib/domain/request-record.ts';
import { hasAnotherTry } from '../../lib/domain/retry-policy.ts';
import type { Log } from '../../lib/logger.ts';
import type { PutMetrics } from '../../lib/metrics.ts';
import { type ReadMessage, readMessage } from './read-message.ts';

/** A message whose refusal could not be written or sent is received again after this. */
const REFUSAL_DELAY_MS = 5_000;

export interface HandleMessageDeps extends Omit<ReceiveDeps, 'sendResult' | 'onResult'> {
  config: Pick<AdderConfig, 'REQUEST_DLQ_URL' | 'AUDIT_QUEUE_URL' | 'REQUEST_MAX_RECEIVES'>;
  sendMessage: SendMessage;
  log: Log;
  putMetrics: PutMetrics;
}

export interface HandleMessageOptions {
  /** Calls to Genesys Cloud end by then. Milliseconds since the epoch. */
  finishByMs: number;
  /** No wait in the function ends later. Milliseconds since the epoch. */
  waitByMs: number;
  /** An earlier message of its group was deferred. */
  isBlocked: boolean;
}

/**
 * Handles one message of the request queue: the request then has its result, or the message is deferred.
 * Never throws.
 */
export async function handleMessage(
  deps: HandleMessageDeps,
  message: SQSRecord,
  { finishByMs, waitByMs, isBlocked }: HandleMessageOptions,
): Promise<Handled> {
  const { config, log } = deps;
  const maxReceives = config.REQUEST_MAX_RECEIVES;
  const read = readMessage(message, deps.clock.now());
  if (isBlocked && hasAnotherTry(read.receiveCount, maxReceives))
    return { done: false, delayMs: 0 };
  const traceHeader = message.attributes?.AWSTraceHeader;
  const receiveDeps: ReceiveDeps = {
    ...deps,
    onResult: (result) => reportResult({ ...deps, writesZeroes: true }, result),
    sendResult: createSendResult(
      deps.sendMessage,
      config.AUDIT_QUEUE_URL,
      traceHeader === undefined ? {} : { traceHeader },
    ),
  };
  try {
    if (read.refusal) return await refuse(deps, receiveDeps, message, read, read.refusal);
    // Without another receive, a blocked message ends here.
    const receiveCount = isBlocked ? maxReceives : read.receiveCount;
    const limits = { receiveCount, maxReceives, finishByMs, waitByMs };
    const outcome = await carryOutClaimed(receiveDeps, read, limits);
    if (outcome.kind === 'conflict' || outcome.kind === 'other-run') {
      return await refuse(deps, receiveDeps, message, asConflict(read, message), CONFLICT);
    }
    return await conclude(deps, message, read, outcome);
  } catch (error) {
    const { requestId } = read.request;
    log.error('message not handled', { request_id: requestId, error });
    return { done: false, delayMs: REFUSAL_DELAY_MS };
  }
}

const CONFLICT: Verdict = {
  code: 'REQUEST_ID_CONFLICT',
  detail: 'A request with this id and different content already exists.',
};

/** The attributes of a redriven message are trusted only if the record is in that run. */
async function carryOutClaimed(
  deps: ReceiveDeps,
  { request, redrive, namesItself }: ReadMessage,
  limits: Pick<ReceivedRequest, 'receiveCount' | 'maxReceives' | 'finishByMs' | 'waitByMs'>,
): Promise<CarriedOut> {
  // Without a run, the claim tells only which request a body without an id is.
  if (redrive && (redrive.run > 0 || !namesItself)) {
    const requestId = namesItself ? request.requestId : (redrive.requestId ?? request.requestId);
    const claimed = await carryOutRequest(deps, {
      ...limits,
      request: { ...request, requestId },
      claimedRun: redrive.run,
    });
    // A false claim counts for nothing: the message is handled as if it had none.
    if (claimed.kind !== 'other-run' && claimed.kind !== 'conflict') return claimed;
  }
  return carryOutRequest(deps, { ...limits, request });
}

function asConflict(read: ReadMessage, message: SQSRecord): ReadMessage {
  return { ...read, request: { ...read.request, requestId: message.messageId } };
}

/** Refuses a message: creates a record and a result under the message id, then moves it to the dead-letter queue. */
async function refuse(
  deps: HandleMessageDeps,
  receiveDeps: ReceiveDeps,
  message: SQSRecord,
  { request, redrive, receiveCount }: ReadMessage,
  refusal: Verdict,
): Promise<Handled> {
  const claimed = redrive?.requestId && (await deps.records.get(redrive.requestId));
  // Otherwise a sender could end another request by its id.
  const isTrue =
    claimed && claimed.run === redrive.run && requestDigest(claimed) === requestDigest(request);
  const requestId = isTrue ? claimed.requestId : request.requestId;
  const record = await recordRefusal(receiveDeps, { ...request, requestId }, refusal);
  await sendDeadLetter(deps, message, record, receiveCount, refusal);
  return { done: true };
}

async function conclude(
  deps: HandleMessageDeps,
  message: SQSRecord,
  { request, receiveCount }: ReadMessage,
  outcome: Extract<CarriedOut, { kind: 'finished' | 'deferred' }>,
): Promise<Handled> {
  const { log, clock } = deps;
  if (outcome.kind === 'finished') {
    const { record, deadLetter } = outcome;
    if (deadLetter) await sendDeadLetter(deps, message, record, receiveCount, deadLetter);
    return { done: true };
  }
  const names = {
    request_id: request.requestId,
    correlation_id: request.correlationId,
    conversation_id: request.conversationId,
  };
  const { code, detail, untilMs, fault } = outcome;
  if (fault) {
    const { kind, error } = fault;
    const reason = kind === 'defect' ? {} : { reason: faultReason(error) };
    log.error(isAccessDenied(error) ? 'access denied' : kind, { ...names, ...reason, error });
  }
  const delayMs = Math.max(0, untilMs - clock.now());
  log.info('deferred', { ...names, delay_ms: Math.round(delayMs), cause: `${code}: ${detail}` });
  deps.putMetrics({ name: 'Deferrals', unit: 'Count', value: 1 });
  return { done: false, delayMs };
}

async function sendDeadLetter(
  { config, clock, sendMessage }: HandleMessageDeps,
  message: SQSRecord,
  { requestId, correlationId, run }: RequestRecord,
  receiveCount: number,
  verdict: Verdict,
): Promise<void> {
  const { attributes, body, messageId } = message;
  await sendMessage({
    queueUrl: config.REQUEST_DLQ_URL,
    body,
    groupId: attributes?.MessageGroupId ?? requestId,
    deduplicationId: messageId,
    attributes: deadLetterAttributes(
      {
        reason: verdict.code,
        detail: verdict.detail,
        tries: receiveCount,
        firstReceivedAtMs:
          messageNumber(attributes?.ApproximateFirstReceiveTimestamp) ?? clock.now(),
        lastReceivedAtMs: clock.now(),
        requestId,
        correlationId,
        redrive: run,
      },
      body,
    ),
  });
}
