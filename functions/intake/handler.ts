import { isConfigurationFault } from '../../lib/aws/configuration-fault.ts';
import { type ApiResponse, jsonResponse } from '../../lib/aws/problem-response.ts';
import type { OutgoingMessage, SendMessage } from '../../lib/aws/send-message.ts';
import type { IntakeConfig } from '../../lib/config.ts';
import type { Accepted } from '../../lib/domain/accepted.ts';
import type { Clock } from '../../lib/domain/clock.ts';
import { formatRequestMessage } from '../../lib/domain/format-request-message.ts';
import { Problem } from '../../lib/domain/problem.ts';
import type { Log } from '../../lib/logger.ts';
import type { PutMetrics } from '../../lib/metrics.ts';
import type { Call } from './correlate.ts';
import { readRequest } from './read-request.ts';
import { deriveRequestId } from './request-identity.ts';

/** After a failed send. SQS is back within seconds if it is back at all. */
const RETRY_AFTER_SECONDS = 5;

export interface IntakeDeps {
  config: IntakeConfig;
  sendMessage: SendMessage;
  clock: Pick<Clock, 'now'>;
  /** The X-Ray trace header of this invocation, if there is one. */
  traceHeader: () => string | undefined;
  log: Log;
  putMetrics: PutMetrics;
}

/**
 * `POST /conversations/{conversationId}/participants`: an HTTP request in, a queue message out. The
 * function throws a Problem if there is one.
 */
export function createHandler(deps: IntakeDeps): (call: Call) => Promise<ApiResponse> {
  const { config, clock, traceHeader, log, putMetrics } = deps;

  return async (call) => {
    const { api, correlationId } = call;
    const { conversationId, body, idempotencyKey } = readRequest(api);
    if (idempotencyKey !== undefined) {
      const caller = api.caller.identity;
      call.requestId = deriveRequestId({ caller, conversationId, idempotencyKey, body });
    }
    const { requestId } = call;
    const requestedAtMs = clock.now();
    const deadlineMs = requestedAtMs + body.deadlineSeconds * 1000;
    const { participants } = body;
    const requestedBy = api.caller.name;
    const trace = traceHeader();

    await send(call, {
      queueUrl: config.REQUEST_QUEUE_URL,
      groupId: conversationId,
      deduplicationId: requestId,
      body: formatRequestMessage({
        requestId,
        conversationId,
        participants,
        requestedAtMs,
        deadlineMs,
        correlationId,
        requestedBy,
      }),
      ...(trace ? { traceHeader: trace } : {}),
    });

    log.info('accepted', {
      request_id: requestId,
      correlation_id: correlationId,
      conversation_id: conversationId,
      participants: participants.length,
      requested_by: requestedBy,
    });
    putMetrics({ name: 'RequestsAccepted', unit: 'Count', value: 1 });
    return jsonResponse(202, {
      requestId,
      conversationId,
      status: 'QUEUED',
      deadline: new Date(deadlineMs).toISOString(),
    } satisfies Accepted);
  };

  /** @throws Problem 503, whatever the reason: the caller can do no more than send again */
  async function send({ requestId, correlationId }: Call, message: OutgoingMessage): Promise<void> {
    try {
      await deps.sendMessage(message);
    } catch (error) {
      log.error('send failed', {
        reason: isConfigurationFault(error) ? 'configuration' : 'unavailable',
        request_id: requestId,
        correlation_id: correlationId,
        conversation_id: message.groupId,
        error,
      });
      throw new Problem('queue-unavailable', {
        detail: `The request could not be queued, or the queue's answer was lost. Send it again after ${RETRY_AFTER_SECONDS} seconds, with the same Idempotency-Key.`,
        headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
        cause: error,
      });
    }
  }
}
