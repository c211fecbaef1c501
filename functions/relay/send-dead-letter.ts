import { messageNumber } from '../../lib/aws/message-number.ts';
import type { SendMessage } from '../../lib/aws/send-message.ts';
import { deadLetterAttributes } from '../../lib/domain/dead-letter.ts';
import type { DeadLetterReason } from '../../lib/domain/dead-letter-reasons.ts';
import type { AuditMessage } from './read-audit-message.ts';

/** Why an event goes to the dead-letter queue. `status` and `error` are those of the last try. */
export interface GiveUp {
  reason: DeadLetterReason;
  detail: string;
  status?: number | undefined;
  error?: string | undefined;
}

/** Sends a message of the audit queue to its dead-letter queue, the body unchanged. */
export function createSendDeadLetter(deps: { sendMessage: SendMessage; queueUrl: string }) {
  return async (message: AuditMessage, why: GiveUp, receivedAtMs: number): Promise<void> => {
    const { record, event, receiveCount } = message;
    const { ApproximateFirstReceiveTimestamp, AWSTraceHeader } = record.attributes ?? {};
    await deps.sendMessage({
      queueUrl: deps.queueUrl,
      body: record.body,
      attributes: deadLetterAttributes(
        {
          reason: why.reason,
          detail: why.detail,
          tries: receiveCount,
          firstReceivedAtMs: messageNumber(ApproximateFirstReceiveTimestamp) ?? receivedAtMs,
          lastReceivedAtMs: receivedAtMs,
          requestId: event?.requestId,
          correlationId: event?.correlationId,
          eventId: event?.id,
          lastStatus: why.status,
          lastError: why.error,
        },
        record.body,
      ),
      ...(AWSTraceHeader ? { traceHeader: AWSTraceHeader } : {}),
    });
  };
}
