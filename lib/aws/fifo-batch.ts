import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import type { ChangeVisibility } from './change-visibility.ts';

/** What became of one message: done with, or to be received again after a while. */
export type Handled = { done: true } | { done: false; delayMs: number };

export interface FifoBatchDeps {
  /**
   * Handles one message. Must not throw.
   * @param isBlocked a message before it in its group goes back, so this one is not carried out. It
   *   goes back as well, unless the handler is done with it: that is for messages without another
   *   receive
   */
  handle: (record: SQSRecord, isBlocked: boolean) => Promise<Handled>;
  queueUrl: string;
  changeVisibility: ChangeVisibility;
}

/**
 * Works through a batch of a FIFO queue: groups side by side, the messages of one group in order. A
 * message that goes back takes the rest of its group with it, and nothing else; all of them come back
 * after its delay.
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
    (record) => record.attributes?.MessageGroupId ?? record.messageId,
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
  const back: SQSRecord[] = [];
  let delayMs = 0;
  for (const record of group) {
    const isBlocked = back.length > 0;
    const handled = await deps.handle(record, isBlocked);
    if (handled.done) continue;
    if (!isBlocked) delayMs = handled.delayMs;
    back.push(record);
  }
  await Promise.allSettled(
    back.map(({ receiptHandle }) =>
      deps.changeVisibility({ queueUrl: deps.queueUrl, receiptHandle, seconds: delayMs / 1000 }),
    ),
  );
  return back;
}
