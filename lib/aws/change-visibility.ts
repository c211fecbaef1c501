import { ChangeMessageVisibilityCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** SQS hides a message for at most twelve hours from its receive (ChangeMessageVisibility). */
export const MAX_VISIBILITY_SECONDS = 43_200;

export interface VisibilityChange {
  queueUrl: string;
  receiptHandle: string;
  /** From now; 0 makes the message visible at once. */
  seconds: number;
}

export type ChangeVisibility = (change: VisibilityChange) => Promise<void>;

/** Sets when a received message becomes visible again. */
export function createChangeVisibility(client: SQSClient): ChangeVisibility {
  return async ({ queueUrl, receiptHandle, seconds }) => {
    await client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: queueUrl,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: Math.min(Math.max(Math.ceil(seconds), 0), MAX_VISIBILITY_SECONDS),
      }),
    );
  };
}
