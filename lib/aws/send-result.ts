import type { OutgoingMessage, SendMessage } from './send-message.ts';

/** Errors of SQS about the message itself, which a retry does not fix. */
const REFUSALS = new Set([
  'InvalidMessageContents',
  'InvalidParameterValue',
  'InvalidParameterValueException',
  'MessageTooLong',
  'BatchRequestTooLong',
]);

/** An event in its final bytes. */
export interface QueuedEvent {
  eventId: string;
  body: string;
}

/**
 * Puts events on the audit queue, with their event id as attribute `event_id`.
 * @returns a function that returns `refused` if SQS does not accept the content, and throws the SDK's other
 * errors
 */
export function createSendResult(
  sendMessage: SendMessage,
  queueUrl: string,
  more: Pick<OutgoingMessage, 'traceHeader'> = {},
): (event: QueuedEvent) => Promise<'sent' | 'refused'> {
  return async ({ eventId, body }) => {
    try {
      await sendMessage({ queueUrl, body, attributes: { event_id: eventId }, ...more });
      return 'sent';
    } catch (error) {
      if (isRefusal(error)) return 'refused';
      throw error;
    }
  };
}

function isRefusal(error: unknown): boolean {
  const { name = '', message = '' } = (error ?? {}) as Partial<Error>;
  // Query-protocol codes come as `AWS.SimpleQueueService.InvalidMessageContents` and the like.
  return REFUSALS.has(name.split('.').at(-1) ?? '') && !/receipt handle|queue/i.test(message);
}
