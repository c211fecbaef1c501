import { setTimeout as delay } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { type Failures, readFailures } from './failed-messages.ts';
import { type SQSEvent, toSqsEvent } from './sqs-event.ts';

/** Lambda reads a standard queue with five pollers until there is reason for more. */
const DEFAULT_CONCURRENCY = 5;
/** One ReceiveMessage, one DeleteMessageBatch. */
const MAX_MESSAGES_PER_CALL = 10;
const LONG_POLL_SECONDS = 20;
/** Between two tries while the queue cannot be reached. */
const RETRY_MS = 200;

export interface EventSourceMappingOptions {
  client: SQSClient;
  queueUrl: string;
  queueArn: string;
  /** The function: resolves with its answer, rejects where it threw or ran out of time. */
  invoke: (event: SQSEvent) => Promise<unknown>;
  /** Default 10, as Lambda's. */
  batchSize?: number | undefined;
  /** How long a batch that is not full waits for more (standard queues). Default 0. */
  maximumBatchingWindowSeconds?: number | undefined;
  /** Invocations at once: Lambda's `MaximumConcurrency`. Default 5. */
  maximumConcurrency?: number | undefined;
  /** `FunctionResponseTypes: [ReportBatchItemFailures]`. Without it only a throw is a failure. */
  reportBatchItemFailures?: boolean | undefined;
  onProblem?: (problem: string) => void;
}

export interface EventSourceMapping {
  /** Takes no more messages; resolves once the running invocations have ended. */
  stop(): Promise<void>;
}

/**
 * Lambda's SQS event source: long-polls the queue, invokes the function with batches, and deletes
 * what succeeded. What failed is left to its visibility timeout, or to the one that the function
 * has set for it.
 */
export function startEventSourceMapping(options: EventSourceMappingOptions): EventSourceMapping {
  const { client, queueUrl, queueArn } = options;
  const batchSize = options.batchSize ?? 10;
  const windowMs = (options.maximumBatchingWindowSeconds ?? 0) * 1000;
  const onProblem = options.onProblem ?? (() => {});
  const stopping = new AbortController();

  async function receive(max: number, waitSeconds: number): Promise<Message[]> {
    const answer = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: Math.min(max, MAX_MESSAGES_PER_CALL),
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
      { abortSignal: stopping.signal },
    );
    return answer.Messages ?? [];
  }

  async function receiveBatch(): Promise<Message[]> {
    const batch = await receive(batchSize, LONG_POLL_SECONDS);
    const closesAtMs = Date.now() + windowMs;
    while (batch.length > 0 && batch.length < batchSize && Date.now() < closesAtMs) {
      const leftSeconds = Math.ceil((closesAtMs - Date.now()) / 1000);
      batch.push(...(await receive(batchSize - batch.length, leftSeconds)));
    }
    return batch;
  }

  async function invoke(batch: Message[]): Promise<Failures> {
    try {
      const response = await options.invoke(toSqsEvent(batch, queueArn));
      if (!options.reportBatchItemFailures) return { all: false, ids: new Set() };
      // The answer travels as JSON, which is what makes an undefined one null.
      return readFailures(
        JSON.parse(JSON.stringify(response ?? null)),
        batch.map((message) => message.MessageId ?? ''),
      );
    } catch (error) {
      return { all: true, why: (error as Error).message };
    }
  }

  async function deleteMessages(messages: Message[]): Promise<void> {
    for (let from = 0; from < messages.length; from += MAX_MESSAGES_PER_CALL) {
      const Entries = messages
        .slice(from, from + MAX_MESSAGES_PER_CALL)
        .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    }
  }

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const batch = await receiveBatch();
        if (batch.length === 0) continue;
        const failures = await invoke(batch);
        if (failures.all) {
          // Whoever stops it may break off what runs.
          if (stopping.signal.aborted) return;
          onProblem(`the whole batch of ${batch.length} failed: ${failures.why}`);
          continue;
        }
        await deleteMessages(batch.filter(({ MessageId }) => !failures.ids.has(MessageId ?? '')));
      } catch (error) {
        if (stopping.signal.aborted) return;
        onProblem(`the queue cannot be reached: ${(error as Error).message}`);
        await delay(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  }

  const pollers = Array.from({ length: options.maximumConcurrency ?? DEFAULT_CONCURRENCY }, poll);
  return {
    async stop() {
      stopping.abort();
      await Promise.all(pollers);
    },
  };
}
