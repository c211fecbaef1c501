/**
 * Why the relay gives an event up, with cause and remedy, as `CODES` has it for requests. They stand
 * in the attribute `reason` of the audit dead-letter queue's messages.
 */
export const DEAD_LETTER_REASONS = {
  NOT_AN_AUDIT_EVENT: {
    cause: 'The message on the audit queue is not a result of this service.',
    remedy: 'Find out who else sends to the audit queue. Discard the message.',
  },
  RECEIVER_GONE: {
    cause: 'The webhook answered 410: it does not want events any more.',
    remedy: 'Set EXTERNAL_WEBHOOK_URL to the new receiver, deploy, then redrive.',
  },
  RECEIVER_ABORTED: {
    cause: 'The webhook answered webhook-delivery: abort-message for this event.',
    remedy: 'Ask the owner of the receiver why. Redrive if it was a mistake, else discard.',
  },
  DELIVERY_GIVEN_UP: {
    cause: 'Three days of tries came to nothing.',
    remedy: 'Read last_status and last_error, have the receiver mended, then redrive.',
  },
} as const satisfies Record<string, { cause: string; remedy: string }>;

export type DeadLetterReason = keyof typeof DEAD_LETTER_REASONS;
