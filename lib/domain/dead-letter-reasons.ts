/**
 * Why the relay moves an event to the dead-letter queue, with cause and remedy, as `CODES` has it for
 * requests. The reason is the attribute `reason` of the message.
 */
export const DEAD_LETTER_REASONS = {
  NOT_AN_AUDIT_EVENT: {
    cause: 'The message on the audit queue is not an event of this service.',
    remedy: 'Find out who else sends to the audit queue. Discard the message.',
  },
  FORGED_EVENT: {
    cause:
      'The record of the request does not have this event: unknown request, event id or content.',
    remedy:
      'Find out who sent it (CloudTrail, SendMessage on the audit queue). Discard the message.',
  },
  RECEIVER_GONE: {
    cause: 'The webhook responded with 410: it does not accept events any more.',
    remedy: 'Set EXTERNAL_WEBHOOK_URL to the new receiver, deploy, then redrive.',
  },
  RECEIVER_ABORTED: {
    cause: 'The webhook responded with webhook-delivery: abort-message for this event.',
    remedy: 'Ask the owner of the receiver why. Redrive if it was a mistake, otherwise discard.',
  },
  DELIVERY_GIVEN_UP: {
    cause: 'The event could not be delivered within three days.',
    remedy: 'Read last_status and last_error, have the receiver fixed, then redrive.',
  },
} as const satisfies Record<string, { cause: string; remedy: string }>;

export type DeadLetterReason = keyof typeof DEAD_LETTER_REASONS;
