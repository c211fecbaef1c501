import type { SQSRecord } from 'aws-lambda';
import { messageNumber } from '../../lib/aws/message-number.ts';
import { type AuditEnvelope, readAuditEnvelope } from '../../lib/domain/audit-envelope.ts';
import { EVENT_ID, eventId } from '../../lib/domain/event-id.ts';
import { parseJson } from '../../lib/domain/json.ts';

/** A message of the audit queue. */
export interface AuditMessage {
  record: SQSRecord;
  /** `ApproximateReceiveCount`, this receive included. */
  receiveCount: number;
  /** `SentTimestamp`, milliseconds since the epoch. */
  sentAtMs: number;
  /** Fields of every log line about the message. */
  fields: Record<string, unknown>;
  /** `undefined` if the body is not an audit event. `id` is the `webhook-id`. */
  event?: AuditEnvelope & { id: string };
}

/**
 * Reads a message as far as the relay needs it. The body is passed on unchanged.
 * @param nowMs stands for a missing `SentTimestamp`
 */
export function readAuditMessage(record: SQSRecord, nowMs: number): AuditMessage {
  const { ApproximateReceiveCount, SentTimestamp } = record.attributes ?? {};
  const receiveCount = messageNumber(ApproximateReceiveCount) ?? 1;
  const message = { record, receiveCount, sentAtMs: messageNumber(SentTimestamp) ?? nowMs };
  const envelope = readAuditEnvelope(parseJson(record.body));
  if (!envelope) {
    // Without a correlation id, the message's own id connects its log lines.
    const { messageId } = record;
    const fields = { message_id: messageId, correlation_id: messageId, tries: receiveCount };
    return { ...message, fields };
  }
  const { requestId, correlationId } = envelope;
  const given = record.messageAttributes?.event_id?.stringValue;
  const id = given !== undefined && EVENT_ID.test(given) ? given : eventId(requestId);
  return {
    ...message,
    fields: {
      request_id: requestId,
      correlation_id: correlationId,
      event_id: id,
      tries: receiveCount,
    },
    event: { ...envelope, id },
  };
}
