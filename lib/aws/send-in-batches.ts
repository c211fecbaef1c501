import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Clock } from '../domain/clock.ts';
import { batchByQueue } from './batch-by-queue.ts';
import {
  createSendMessage,
  type OutgoingMessage,
  type SendMessage,
  toMessageEntry,
} from './send-message.ts';

/** Together, in bytes. SQS accepts 1 MiB; some servers of its protocol accept less. */
const MAX_BYTES = 200 * 1024;
/** Attributes and names of an entry, at most. */
const ENTRY_BYTES = 1_024;

interface Waiting {
  message: OutgoingMessage;
  sent: () => void;
  failed: (error: unknown) => void;
}

/**
 * Like createSendMessage, for many messages at the same time: they wait a few milliseconds for each other
 * and are sent together. A message that SQS refuses as part of a batch is sent again alone, so that its
 * error is certain to concern this message.
 */
export function createSendInBatches(
  client: SQSClient,
  { clock }: { clock: Pick<Clock, 'sleep'> },
): SendMessage {
  const sendSingly = createSendMessage(client);
  const add = batchByQueue<Waiting>({
    clock,
    hasRoom: (batch, next) => bytesOf([...batch, next]) <= MAX_BYTES,
    async send(queueUrl, batch) {
      const refused =
        batch.length === 1 ? batch : await sendBatch(queueUrl, batch).catch(failAll(batch));
      await Promise.all(
        refused.map(({ message, sent, failed }) => sendSingly(message).then(sent, failed)),
      );
    },
  });

  /** @returns the messages that SQS did not accept in this batch */
  async function sendBatch(queueUrl: string, entries: Waiting[]): Promise<Waiting[]> {
    const { Failed = [] } = await client.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: entries.map(({ message }, index) => ({
          Id: String(index),
          ...toMessageEntry(message),
        })),
      }),
    );
    const failedIds = new Set(Failed.map(({ Id }) => Id));
    const isRefused = (_: Waiting, index: number) => failedIds.has(String(index));
    for (const [index, entry] of entries.entries()) if (!isRefused(entry, index)) entry.sent();
    return entries.filter(isRefused);
  }

  return (message) =>
    new Promise((sent, failed) => add(message.queueUrl, { message, sent, failed }));
}

function bytesOf(entries: readonly Waiting[]): number {
  return entries.reduce(
    (sum, { message }) => sum + Buffer.byteLength(message.body) + ENTRY_BYTES,
    0,
  );
}

/**
 * The outcome of a batch that failed as a whole. One message can make SQS refuse all of them, so each is
 * sent alone then. Any other failure applies to all of them.
 */
function failAll(entries: readonly Waiting[]): (error: unknown) => Waiting[] {
  return (error) => {
    if ((error as { $fault?: string }).$fault === 'client') return [...entries];
    for (const { failed } of entries) failed(error);
    return [];
  };
}
