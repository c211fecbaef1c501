import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import type { ChangeVisibility } from './change-visibility.ts';

/** The outcome of one message: done, or deferred. */
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
 * Handles a batch of a FIFO queue: groups in parallel, the messages of one group in order. If a message is
 * deferred, the rest of its group is deferred with it, for the same delay.
 *
 * An error while setting a visibility is ignored. The message is then received again after the queue's
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

/** @returns the deferred messages */
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
