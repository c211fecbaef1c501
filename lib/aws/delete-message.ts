import { DeleteMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

export type DeleteMessage = (message: { queueUrl: string; receiptHandle: string }) => Promise<void>;

/** Deletes a received message. The returned function throws the SDK's errors as they are. */
export function createDeleteMessage(client: SQSClient): DeleteMessage {
  return async ({ queueUrl, receiptHandle }) => {
    await client.send(
      new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle }),
    );
  };
}
