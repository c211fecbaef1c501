import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import type { ChangeVisibility } from './change-visibility.ts';

/** What became of one message: done with, or to be received again after a while. */
export type Handled = { done: true } | { done: false; delayMs: number };

export interface FifoBatchDeps {
  /** Settles one message. Must not throw. */
  handle: (record: SQSRecord) => Promise<Handled>;
  /**
   * Has the last word on a message that goes back untouched, because one before it in its group
   * went back: `true` if it is done with after all. Must not throw.
   */
  release: (record: SQSRecord) => Promise<boolean>;
  queueUrl: string;
  changeVisibility: ChangeVisibility;
}

/**
 * Works through a batch of a FIFO queue (contract 3): groups side by side, the messages of one
 * group in order. A message that is handed back takes the rest of its group with it, and nothing
 * else; all of them come back after its delay.
 *
 * A visibility that cannot be set is no failure: the message then comes back after the queue's own
 * visibility timeout.
 */
export async function workThroughFifoBatch(
  records: readonly SQSRecord[],
  deps: FifoBatchDeps,
): Promise<SQSBatchResponse> {
  const groups = Map.groupBy(
    records,
    (record) => record.attributes.MessageGroupId ?? record.messageId,
  );
  const failures = await Promise.all(
    [...groups.values()].map((group) => workThroughGroup(group, deps)),
  );
  return {
    batchItemFailures: failures.flat().map(({ messageId }) => ({ itemIdentifier: messageId })),
  };
}

/** @returns the messages that go back */
async function workThroughGroup(group: SQSRecord[], deps: FifoBatchDeps): Promise<SQSRecord[]> {
  for (const [position, record] of group.entries()) {
    const handled = await deps.handle(record);
    if (handled.done) continue;
    const back = [record];
    for (const untouched of group.slice(position + 1)) {
      if (!(await deps.release(untouched))) back.push(untouched);
    }
    await Promise.allSettled(
      back.map(({ receiptHandle }) =>
        deps.changeVisibility({
          queueUrl: deps.queueUrl,
          receiptHandle,
          seconds: handled.delayMs / 1000,
        }),
      ),
    );
    return back;
  }
  return [];
}
