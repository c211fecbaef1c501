import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Clock } from '../domain/clock.ts';
import { batchByQueue } from './batch-by-queue.ts';

/** SQS hides a message for at most twelve hours from its receive (ChangeMessageVisibility). */
export const MAX_VISIBILITY_SECONDS = 43_200;

export interface VisibilityChange {
  queueUrl: string;
  receiptHandle: string;
  /** From now; 0 makes the message visible at once. */
  seconds: number;
}

export type ChangeVisibility = (change: VisibilityChange) => Promise<void>;

interface Waiting extends VisibilityChange {
  done: () => void;
  failed: (error: unknown) => void;
}

/**
 * Sets when a received message becomes visible again. Changes at the same time share a call. The returned
 * function throws the SDK's errors if the call fails, and an error with SQS's code if SQS refuses this change.
 */
export function createChangeVisibility(
  client: SQSClient,
  { clock }: { clock: Pick<Clock, 'sleep'> },
): ChangeVisibility {
  async function change(queueUrl: string, changes: readonly Waiting[]): Promise<void> {
    const { Failed = [] } = await client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: queueUrl,
        Entries: changes.map(({ receiptHandle, seconds }, index) => ({
          Id: String(index),
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: Math.min(Math.max(Math.ceil(seconds), 0), MAX_VISIBILITY_SECONDS),
        })),
      }),
    );
    const codes = new Map(Failed.map(({ Id, Code }) => [Id, Code]));
    for (const [index, { done, failed }] of changes.entries()) {
      const id = String(index);
      if (!codes.has(id)) done();
      else failed(new Error(`SQS refused to change the visibility: ${codes.get(id)}`));
    }
  }

  const add = batchByQueue<Waiting>({
    clock,
    send: (queueUrl, changes) =>
      change(queueUrl, changes).catch((error: unknown) => {
        for (const { failed } of changes) failed(error);
      }),
  });
  return (wanted) =>
    new Promise((done, failed) => add(wanted.queueUrl, { ...wanted, done, failed }));
}
