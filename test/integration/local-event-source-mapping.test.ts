import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SQSEvent } from '../../local/event-source-mapping/sqs-event.ts';
import {
  type EventSourceMapping,
  type EventSourceMappingOptions,
  startEventSourceMapping,
} from '../../local/event-source-mapping/start-event-source-mapping.ts';
import { type LocalQueue, type LocalSqs, startSqs } from '../../local/sqs/start-sqs.ts';

let sqs: LocalSqs;
let client: SQSClient;
let mapping: EventSourceMapping | undefined;
let problems: string[];

beforeEach(async () => {
  problems = [];
  sqs = await startSqs();
  client = new SQSClient({
    endpoint: sqs.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
});

afterEach(async () => {
  await mapping?.stop();
  mapping = undefined;
  client.destroy();
  await sqs.stop();
});

function map(
  queue: LocalQueue,
  options: Omit<EventSourceMappingOptions, 'client' | 'queueUrl' | 'queueArn'>,
) {
  mapping = startEventSourceMapping({
    client,
    queueUrl: queue.url,
    queueArn: queue.arn,
    onProblem: (problem) => problems.push(problem),
    ...options,
  });
}

let sends = 0;

async function send(queue: LocalQueue, body: string, groupId?: string) {
  sends += 1;
  await client.send(
    new SendMessageCommand({
      QueueUrl: queue.url,
      MessageBody: body,
      MessageAttributes: { tries: { DataType: 'Number', StringValue: '3' } },
      ...(groupId ? { MessageGroupId: groupId, MessageDeduplicationId: `send-${sends}` } : {}),
    }),
  );
}

/** Resolves when `isSo` returns true. The test's timeout ends the wait otherwise. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
}

const isEmpty = (name: string) => {
  const { ready, inFlight } = sqs.inspect(name);
  return ready.length + inFlight.length === 0;
};

const bodies = (event: SQSEvent) => event.Records.map(({ body }) => body);
const idOf = (event: SQSEvent, body: string) =>
  event.Records.find((record) => record.body === body)?.messageId ?? 'none';

test('the function gets the Lambda event of a message, and the message is deleted', async () => {
  const queue = sqs.createQueue('requests.fifo');
  await send(queue, 'a1', 'a');
  const events: SQSEvent[] = [];

  map(queue, { invoke: async (event) => events.push(event) });
  await until(() => events.length > 0 && isEmpty('requests.fifo'));

  expect(events).toEqual([
    {
      Records: [
        {
          messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          receiptHandle: expect.any(String),
          body: 'a1',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: expect.stringMatching(/^\d{13}$/),
            ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
            SenderId: expect.any(String),
            MessageGroupId: 'a',
            MessageDeduplicationId: `send-${sends}`,
            SequenceNumber: expect.stringMatching(/^\d{20}$/),
          },
          messageAttributes: {
            tries: {
              dataType: 'Number',
              stringValue: '3',
              stringListValues: [],
              binaryListValues: [],
            },
          },
          md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
          md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
          eventSource: 'aws:sqs',
          eventSourceARN: queue.arn,
          awsRegion: 'us-east-1',
        },
      ],
    },
  ]);
});

test('messages of one group arrive in one batch, in order', async () => {
  const queue = sqs.createQueue('requests.fifo');
  for (const body of ['a1', 'a2', 'a3']) await send(queue, body, 'a');
  const batches: string[][] = [];

  map(queue, { batchSize: 2, invoke: async (event) => batches.push(bodies(event)) });
  await until(() => isEmpty('requests.fifo'));

  expect(batches).toEqual([['a1', 'a2'], ['a3']]);
});

test('after a partial failure only the failed messages return, at the time that the function set', async () => {
  const queue = sqs.createQueue('requests.fifo', { VisibilityTimeout: '900' });
  for (const body of ['a1', 'b1']) await send(queue, body, body.slice(0, 1));
  const batches: string[][] = [];

  map(queue, {
    reportBatchItemFailures: true,
    invoke: async (event) => {
      batches.push(bodies(event));
      if (batches.length > 1) return { batchItemFailures: [] };
      await client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: queue.url,
          ReceiptHandle: event.Records[0]?.receiptHandle,
          VisibilityTimeout: 1,
        }),
      );
      return { batchItemFailures: [{ itemIdentifier: idOf(event, 'a1') }] };
    },
  });
  await until(() => isEmpty('requests.fifo'));

  expect(batches).toEqual([['a1', 'b1'], ['a1']]);
  expect(problems).toEqual([]);
});

describe('no message is deleted and the whole batch returns', () => {
  test.each<[string, (event: SQSEvent) => Promise<unknown>]>([
    ['when the function throws', () => Promise.reject(new Error('out of order'))],
    [
      'when it names a message that is not in the batch',
      async () => ({ batchItemFailures: [{ itemIdentifier: 'unknown' }] }),
    ],
    ['when its response is malformed', async () => ({ batchItemFailures: 'all' })],
  ])('%s', async (_name, failing) => {
    // Of one group, so that they can only return together.
    const queue = sqs.createQueue('requests.fifo', { VisibilityTimeout: '1' });
    await send(queue, 'm1', 'm');
    await send(queue, 'm2', 'm');
    const batches: string[][] = [];

    map(queue, {
      reportBatchItemFailures: true,
      invoke: async (event) => {
        batches.push(bodies(event));
        return batches.length === 1 ? failing(event) : null;
      },
    });
    await until(() => isEmpty('requests.fifo'));

    expect(batches).toEqual([
      ['m1', 'm2'],
      ['m1', 'm2'],
    ]);
    expect(problems).toEqual([expect.stringContaining('the whole batch of 2 failed')]);
  });
});

test('without ReportBatchItemFailures the response is ignored', async () => {
  const queue = sqs.createQueue('audit');
  await send(queue, 'm1');

  map(queue, {
    invoke: async (event) => ({ batchItemFailures: [{ itemIdentifier: idOf(event, 'm1') }] }),
  });
  await until(() => isEmpty('audit'));

  expect(problems).toEqual([]);
});

test('the maximum concurrency limits the concurrent invocations', async () => {
  const queue = sqs.createQueue('requests.fifo');
  for (let group = 0; group < 6; group++) await send(queue, `m${group}`, `g${group}`);
  let running = 0;
  let most = 0;

  map(queue, {
    batchSize: 1,
    maximumConcurrency: 2,
    invoke: async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 100));
      running -= 1;
    },
  });
  await until(() => isEmpty('requests.fifo'));

  expect(most).toBe(2);
});

test('a batch that is not full waits for the batching window', async () => {
  const queue = sqs.createQueue('audit');
  const batches: string[][] = [];

  map(queue, {
    maximumConcurrency: 1,
    batchSize: 20,
    maximumBatchingWindowSeconds: 2,
    invoke: async (event) => batches.push(bodies(event).sort()),
  });
  for (let message = 10; message < 30; message++) await send(queue, `m${message}`);
  await until(() => batches.length > 0);

  expect(batches[0]).toHaveLength(20);
});

test('stopping waits for the running invocation and deletes its messages', async () => {
  const queue = sqs.createQueue('audit');
  await send(queue, 'm1');
  let started = false;
  let finish: () => void = () => {};

  map(queue, {
    invoke: () => {
      started = true;
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    },
  });
  await until(() => started);
  const stopped = mapping?.stop();
  finish();
  await stopped;

  expect(isEmpty('audit')).toBe(true);
});

test('an unreachable queue is polled again', async () => {
  const queue = sqs.createQueue('audit');
  const { port } = new URL(sqs.endpoint);
  await sqs.stop();
  const batches: string[][] = [];

  map(queue, { maximumConcurrency: 1, invoke: async (event) => batches.push(bodies(event)) });
  await until(() => problems.length > 0);
  sqs = await startSqs({ port: Number(port) });
  await send(sqs.createQueue('audit'), 'm1');
  await until(() => isEmpty('audit'));

  expect(problems[0]).toContain('the queue is unreachable');
  expect(batches).toEqual([['m1']]);
});
