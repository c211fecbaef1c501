import { setTimeout as delay } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { type Failures, readFailures } from './read-failures.ts';
import { type SQSEvent, toSqsEvent } from './sqs-event.ts';

/** Lambda polls a queue with five pollers at first. */
const DEFAULT_CONCURRENCY = 5;
/** Limit of ReceiveMessage and DeleteMessageBatch. */
const MAX_MESSAGES_PER_CALL = 10;
const LONG_POLL_SECONDS = 20;
/** Delay between attempts while the queue is unreachable. */
const RETRY_MS = 200;

export interface EventSourceMappingOptions {
  client: SQSClient;
  queueUrl: string;
  queueArn: string;
  /** Invokes the function: resolves with its response, rejects if it throws or times out. */
  invoke: (event: SQSEvent) => Promise<unknown>;
  /** Default 10, as Lambda's. */
  batchSize?: number | undefined;
  /** How long a batch waits for more messages (standard queues). Default 0. */
  maximumBatchingWindowSeconds?: number | undefined;
  /** Concurrent invocations, Lambda's `MaximumConcurrency`. Default 5. */
  maximumConcurrency?: number | undefined;
  /** `FunctionResponseTypes: [ReportBatchItemFailures]`. Without it, only an error is a failure. */
  reportBatchItemFailures?: boolean | undefined;
  onProblem?: (problem: string) => void;
}

export interface EventSourceMapping {
  /** Receives no more messages. Resolves when the running invocations have ended. */
  stop(): Promise<void>;
}

/**
 * Lambda's SQS event source: polls the queue, invokes the function with batches, and deletes the
 * messages that succeeded. Failed messages return after their visibility timeout, or the one that the
 * function set.
 */
export function startEventSourceMapping(options: EventSourceMappingOptions): EventSourceMapping {
  const { client, queueUrl, queueArn } = options;
  const batchSize = options.batchSize ?? 10;
  const windowMs = (options.maximumBatchingWindowSeconds ?? 0) * 1000;
  const onProblem = options.onProblem ?? (() => {});
  const stopping = new AbortController();

  async function receive(max: number, waitSeconds: number): Promise<Message[]> {
    const response = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: Math.min(max, MAX_MESSAGES_PER_CALL),
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
      { abortSignal: stopping.signal },
    );
    return response.Messages ?? [];
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
      // The response travels as JSON, in which undefined becomes null.
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
          // Stopping may have interrupted the invocation.
          if (stopping.signal.aborted) return;
          onProblem(`the whole batch of ${batch.length} failed: ${failures.why}`);
          continue;
        }
        await deleteMessages(batch.filter(({ MessageId }) => !failures.ids.has(MessageId ?? '')));
      } catch (error) {
        if (stopping.signal.aborted) return;
        onProblem(`the queue is unreachable: ${(error as Error).message}`);
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
