import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Clock } from '../domain/clock.ts';
import {
  createSendMessage,
  type OutgoingMessage,
  type SendMessage,
  toMessageEntry,
} from './send-message.ts';

/** SQS accepts this many messages in one call (SendMessageBatch). */
const MAX_ENTRIES = 10;
/** Together, in bytes. SQS accepts 1 MiB; some servers of its protocol accept less. */
const MAX_BYTES = 200 * 1024;
/** Attributes and names of an entry, at most. */
const ENTRY_BYTES = 1_024;
/** A message waits this long for others. */
const LINGER_MS = 5;

interface Waiting {
  message: OutgoingMessage;
  sent: () => void;
  failed: (error: unknown) => void;
}

interface Batch {
  entries: Waiting[];
  bytes: number;
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
  /** The batch of each queue that still takes messages. */
  const open = new Map<string, Batch>();

  async function flush(queueUrl: string, batch: Batch): Promise<void> {
    if (open.get(queueUrl) === batch) open.delete(queueUrl);
    const { entries } = batch;
    batch.entries = [];
    if (entries.length === 0) return;
    const refused =
      entries.length === 1 ? entries : await sendBatch(queueUrl, entries).catch(failAll(entries));
    await Promise.all(
      refused.map(({ message, sent, failed }) => sendSingly(message).then(sent, failed)),
    );
  }

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
    new Promise((sent, failed) => {
      const { queueUrl } = message;
      const bytes = Buffer.byteLength(message.body) + ENTRY_BYTES;
      const current = open.get(queueUrl);
      if (current && current.bytes + bytes > MAX_BYTES) void flush(queueUrl, current);
      let batch = open.get(queueUrl);
      if (!batch) {
        const created: Batch = { entries: [], bytes: 0 };
        open.set(queueUrl, created);
        void clock.sleep(LINGER_MS).then(() => flush(queueUrl, created));
        batch = created;
      }
      batch.entries.push({ message, sent, failed });
      batch.bytes += bytes;
      if (batch.entries.length === MAX_ENTRIES) void flush(queueUrl, batch);
    });
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
