import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import type { Clock } from '../domain/clock.ts';
import type { ChangeVisibility } from './change-visibility.ts';
import type { DeleteMessage } from './delete-message.ts';

/** Lambda deletes the messages of a batch together. For a slower batch, the function deletes what is done. */
const SLOW_BATCH_MS = 1_000;

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
  /** Absent: no message is deleted before its batch ends. */
  deleteMessage?: DeleteMessage | undefined;
  clock: Pick<Clock, 'sleep'>;
}

/**
 * Handles a batch of a FIFO queue: groups in parallel, the messages of one group in order. If a message is
 * deferred, the rest of its group is deferred with it, for the same delay.
 *
 * A group does not wait for slower ones: its messages are deleted or become visible when it is done, so that
 * the next message of the group can be received.
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
  const working = [...groups.values()].map((group) => workThroughGroup(group, deps));
  const all = Promise.all(working);
  if (deps.deleteMessage && groups.size > 1) {
    const slow = deps.clock.sleep(SLOW_BATCH_MS).then(() => 'slow' as const);
    if ((await Promise.race([all, slow])) === 'slow') await deleteAsTheyEnd(groups, working, deps);
  }
  const failures = await all;
  return {
    batchItemFailures: failures.flat().map(({ messageId }) => ({ itemIdentifier: messageId })),
  };
}

/** Deletes the messages of each group that is done. If that fails, they are deleted with the batch. */
async function deleteAsTheyEnd(
  groups: ReadonlyMap<string, SQSRecord[]>,
  working: readonly Promise<SQSRecord[]>[],
  { queueUrl, deleteMessage }: FifoBatchDeps,
): Promise<void> {
  await Promise.all(
    [...groups.values()].map(async (group, index) => {
      const deferred = new Set(await working[index]);
      const done = group.filter((record) => !deferred.has(record));
      await Promise.allSettled(
        done.map(({ receiptHandle }) => deleteMessage?.({ queueUrl, receiptHandle })),
      );
    }),
  );
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
