import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import type { ChangeVisibility } from './change-visibility.ts';

/** What became of one message: done with, or to be received again after a while. */
export type Handled = { done: true } | { done: false; delayMs: number };

/**
 * Works through a batch of a FIFO queue (contract 3): groups side by side, the messages of one
 * group in order. A message that is handed back takes the rest of its group with it, and nothing
 * else; all of them come back after its delay.
 *
 * `handle` must not throw. A visibility that cannot be set is no failure: the message then comes
 * back after the queue's own visibility timeout.
 */
export async function workThroughFifoBatch(
  records: readonly SQSRecord[],
  handle: (record: SQSRecord) => Promise<Handled>,
  deps: { queueUrl: string; changeVisibility: ChangeVisibility },
): Promise<SQSBatchResponse> {
  const groups = Map.groupBy(
    records,
    (record) => record.attributes.MessageGroupId ?? record.messageId,
  );
  const handedBack = await Promise.all(
    [...groups.values()].map(async (group) => {
      for (const [position, record] of group.entries()) {
        const handled = await handle(record);
        if (handled.done) continue;
        const rest = group.slice(position);
        await Promise.allSettled(
          rest.map(({ receiptHandle }) =>
            deps.changeVisibility({
              queueUrl: deps.queueUrl,
              receiptHandle,
              seconds: handled.delayMs / 1000,
            }),
          ),
        );
        return rest;
      }
      return [];
    }),
  );
  return {
    batchItemFailures: handedBack.flat().map(({ messageId }) => ({ itemIdentifier: messageId })),
  };
}
