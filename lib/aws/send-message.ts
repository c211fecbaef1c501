import { SendMessageCommand, type SendMessageRequest, type SQSClient } from '@aws-sdk/client-sqs';

export interface OutgoingMessage {
  queueUrl: string;
  body: string;
  /** FIFO queues only: messages of one group are delivered in order. */
  groupId?: string;
  /** FIFO queues only: a second send with the same id within five minutes is dropped. */
  deduplicationId?: string;
  /** Standard queues only: receivers get it after this. 0 to 900 */
  delaySeconds?: number;
  /** String attributes that travel beside the body. */
  attributes?: Record<string, string>;
  /** The X-Ray trace header, which continues the trace behind the queue. */
  traceHeader?: string;
}

export type SendMessage = (message: OutgoingMessage) => Promise<void>;

/** Sends one message to a queue. The returned function throws the SDK's errors as they are. */
export function createSendMessage(client: SQSClient): SendMessage {
  return async (message) => {
    await client.send(
      new SendMessageCommand({ QueueUrl: message.queueUrl, ...toMessageEntry(message) }),
    );
  };
}

/** A message as SendMessage and SendMessageBatch take it. */
export function toMessageEntry(message: OutgoingMessage): Omit<SendMessageRequest, 'QueueUrl'> {
  return {
    MessageBody: message.body,
    DelaySeconds: message.delaySeconds,
    MessageGroupId: message.groupId,
    MessageDeduplicationId: message.deduplicationId,
    MessageAttributes: message.attributes && toStringAttributes(message.attributes),
    MessageSystemAttributes: message.traceHeader
      ? { AWSTraceHeader: { DataType: 'String', StringValue: message.traceHeader } }
      : undefined,
  };
}

function toStringAttributes(attributes: Record<string, string>) {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      { DataType: 'String', StringValue: value },
    ]),
  );
}
