import type { SQSRecord } from 'aws-lambda';
import { readAuditEnvelope } from '../../lib/domain/audit-envelope.ts';
import { EVENT_ID, eventId } from '../../lib/domain/event-id.ts';
import { parseJson } from '../../lib/domain/json.ts';

/** A message of the audit queue. */
export interface AuditMessage {
  record: SQSRecord;
  /** `ApproximateReceiveCount`, this receive included. */
  tries: number;
  /** `SentTimestamp`, milliseconds since the epoch. */
  sentAtMs: number;
  /** What every log line about the message carries. */
  fields: Record<string, unknown>;
  /** `undefined` where the body is no audit event. */
  event?: {
    /** `webhook-id`. */
    id: string;
    requestId: string;
    correlationId: string;
    /** The body's `audit`, as it is. */
    audit: unknown;
  };
}

/** Reads a message as far as the relay needs to; the body itself is passed on as it is. */
export function readAuditMessage(record: SQSRecord): AuditMessage {
  const { ApproximateReceiveCount, SentTimestamp } = record.attributes;
  const tries = Number(ApproximateReceiveCount) || 1;
  const message = { record, tries, sentAtMs: Number(SentTimestamp) };
  const envelope = readAuditEnvelope(parseJson(record.body));
  if (!envelope) {
    // No correlation id to be had: the message's own id ties its log lines together.
    const { messageId } = record;
    return { ...message, fields: { message_id: messageId, correlation_id: messageId, tries } };
  }
  const { requestId, correlationId, audit } = envelope;
  // A redriven request is carried out a second time, and its result is an event of its own.
  const given = record.messageAttributes.event_id?.stringValue;
  const id = given !== undefined && EVENT_ID.test(given) ? given : eventId(requestId);
  return {
    ...message,
    fields: { request_id: requestId, correlation_id: correlationId, event_id: id, tries },
    event: { id, requestId, correlationId, audit },
  };
}
