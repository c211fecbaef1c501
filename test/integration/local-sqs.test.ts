import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FAUXQS_VERSION } from '../../local/sqs/fauxqs.ts';
import { type LocalQueue, type LocalSqs, startSqs } from '../../local/sqs/start-sqs.ts';

let sqs: LocalSqs;
let client: SQSClient;

beforeEach(async () => {
  sqs = await startSqs();
  client = new SQSClient({
    endpoint: sqs.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
});

afterEach(async () => {
  client.destroy();
  await sqs.stop();
});

let sends = 0;

async function send(queue: LocalQueue, body: string, groupId?: string, deduplicationId?: string) {
  sends += 1;
  return client.send(
    new SendMessageCommand({
      QueueUrl: queue.url,
      MessageBody: body,
      ...(groupId
        ? { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId ?? `send-${sends}` }
        : {}),
    }),
  );
}

async function receive(queue: LocalQueue, options: { max?: number; waitSeconds?: number } = {}) {
  const response = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: queue.url,
      MaxNumberOfMessages: options.max ?? 10,
      WaitTimeSeconds: options.waitSeconds ?? 0,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
  );
  return response.Messages ?? [];
}

const bodies = (messages: Message[]) => messages.map(({ Body }) => Body);

async function giveBack(queue: LocalQueue, message: Message | undefined, seconds = 0) {
  await client.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: queue.url,
      ReceiptHandle: message?.ReceiptHandle,
      VisibilityTimeout: seconds,
    }),
  );
}

async function remove(queue: LocalQueue, message: Message | undefined) {
  await client.send(
    new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle: message?.ReceiptHandle }),
  );
}

test('the installed version of fauxqs is the one whose internals the queue uses', () => {
  const installed = JSON.parse(readFileSync('node_modules/fauxqs/package.json', 'utf8'));

  // If this fails: compare dist/sqs/sqsStore.js of the new version with local/sqs/group-batch-queue.ts,
  // run the other tests of this file, then update the constant.
  expect(installed.version).toBe(FAUXQS_VERSION);
});

describe('a FIFO queue', () => {
  test('fills a batch with messages of one group, in order, before it takes another group', async () => {
    const queue = sqs.createQueue('requests.fifo');
    for (const body of ['a1', 'b1', 'a2', 'b2', 'a3']) await send(queue, body, body.slice(0, 1));

    expect(bodies(await receive(queue, { max: 4 }))).toEqual(['a1', 'a2', 'a3', 'b1']);
  });

  test('returns no more messages of a group while some of it are in flight', async () => {
    const queue = sqs.createQueue('requests.fifo');
    for (const body of ['a1', 'a2', 'a3']) await send(queue, body, 'a');
    const [first, second] = await receive(queue, { max: 2 });

    await remove(queue, first);
    expect(await receive(queue)).toEqual([]);
    await remove(queue, second);
    expect(bodies(await receive(queue))).toEqual(['a3']);
  });

  test('keeps the send order of messages that are made visible again', async () => {
    const queue = sqs.createQueue('requests.fifo');
    for (const body of ['a1', 'a2', 'a3']) await send(queue, body, 'a');
    const [first, second] = await receive(queue, { max: 2 });

    await giveBack(queue, first);
    await giveBack(queue, second);

    expect(bodies(await receive(queue))).toEqual(['a1', 'a2', 'a3']);
  });

  test('keeps the send order of messages whose visibility timeout has passed', async () => {
    const queue = sqs.createQueue('requests.fifo', { VisibilityTimeout: '1' });
    for (const body of ['a1', 'a2', 'a3']) await send(queue, body, 'a');
    await receive(queue, { max: 2 });

    const again = await receive(queue, { waitSeconds: 20 });

    expect(bodies(again)).toEqual(['a1', 'a2', 'a3']);
    expect(again.map(({ Attributes }) => Attributes?.ApproximateReceiveCount)).toEqual([
      '2',
      '2',
      '1',
    ]);
  });

  test('keeps a message that is deleted with an expired receipt handle', async () => {
    const queue = sqs.createQueue('requests.fifo', { VisibilityTimeout: '1' });
    await send(queue, 'a1', 'a');
    const [received] = await receive(queue);
    await delay(1_050);

    await remove(queue, received);

    expect(bodies(await receive(queue))).toEqual(['a1']);
  });

  test('drops a second send with the same deduplication id and returns the first message id', async () => {
    const queue = sqs.createQueue('requests.fifo');

    const first = await send(queue, 'a1', 'a', 'same');
    const second = await send(queue, 'a1', 'a', 'same');

    expect(second.MessageId).toBe(first.MessageId);
    expect(bodies(await receive(queue))).toEqual(['a1']);
  });

  test('lets groups use the same deduplication id if its scope is the group', async () => {
    const queue = sqs.createQueue('requests.fifo', { DeduplicationScope: 'messageGroup' });

    await send(queue, 'a1', 'a', 'same');
    await send(queue, 'a1', 'a', 'same');
    await send(queue, 'b1', 'b', 'same');

    expect(bodies(await receive(queue))).toEqual(['a1', 'b1']);
  });

  test('moves a message to the dead-letter queue at the receive after its last one, and continues with its group', async () => {
    const dead = sqs.createQueue('dead.fifo');
    const queue = sqs.createQueue('requests.fifo', {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1 }),
    });
    await send(queue, 'a1', 'a');
    const [poison] = await receive(queue);
    await send(queue, 'a2', 'a');
    await giveBack(queue, poison);

    expect(bodies(await receive(queue))).toEqual(['a2']);
    expect(bodies(await receive(dead))).toEqual(['a1']);
  });
});

describe('a standard queue', () => {
  test('moves a message to the dead-letter queue at the receive after its last one', async () => {
    const dead = sqs.createQueue('dead');
    const queue = sqs.createQueue('audit', {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1 }),
    });
    await send(queue, 'a1');
    const [poison] = await receive(queue);
    await giveBack(queue, poison);

    expect(await receive(queue)).toEqual([]);
    expect(bodies(await receive(dead))).toEqual(['a1']);
  });

  test('gives no message to a long poll whose caller has disconnected', async () => {
    // Bug: fauxqs hid a message for a visibility timeout if the waiting reader had disconnected.
    // Fix: such a reader takes no message.
    const queue = sqs.createQueue('audit');
    const hangingUp = new AbortController();
    const abandoned = client.send(
      new ReceiveMessageCommand({ QueueUrl: queue.url, WaitTimeSeconds: 20 }),
      { abortSignal: hangingUp.signal },
    );
    await delay(200);
    hangingUp.abort();
    await expect(abandoned).rejects.toThrow('aborted');
    await delay(50);

    await send(queue, 'a1');

    expect(bodies(await receive(queue, { waitSeconds: 5 }))).toEqual(['a1']);
  });

  test.each(['SendMessage', 'SendMessageBatch'])(
    'carries the trace header of a %s',
    async (how) => {
      const queue = sqs.createQueue('audit');
      const message = {
        MessageBody: 'a1',
        MessageSystemAttributes: {
          AWSTraceHeader: { DataType: 'String' as const, StringValue: 'Root=1-2-3' },
        },
      };

      await client.send(
        how === 'SendMessage'
          ? new SendMessageCommand({ QueueUrl: queue.url, ...message })
          : (new SendMessageBatchCommand({
              QueueUrl: queue.url,
              Entries: [{ Id: '0', ...message }],
            }) as never),
      );

      expect((await receive(queue))[0]?.Attributes?.AWSTraceHeader).toBe('Root=1-2-3');
    },
  );
});

test('a queue shows its messages without a receive', async () => {
  const queue = sqs.createQueue('audit');
  await send(queue, 'a1');
  await send(queue, 'a2');
  await receive(queue, { max: 1 });

  expect(sqs.inspect('audit')).toEqual({ ready: ['a2'], inFlight: ['a1'] });
});

describe('the query protocol', () => {
  const send = (url: string, fields: Record<string, string>, headers = {}) =>
    fetch(url, { method: 'POST', headers, body: new URLSearchParams(fields) });

  test('sends a message, as a plain curl line does', async () => {
    const { url } = sqs.createQueue('plain.fifo');

    const response = await send(url, {
      Action: 'SendMessage',
      MessageBody: '{"a":"b"}',
      MessageGroupId: 'g',
      MessageDeduplicationId: '1',
    });

    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(/<MessageId>[\da-f-]{36}<\/MessageId>/);
    expect(sqs.listMessages('plain.fifo')).toMatchObject([
      { body: '{"a":"b"}', groupId: 'g', isInFlight: false },
    ]);
  });

  test('returns the error of SQS for a refused request', async () => {
    const { url } = sqs.createQueue('refusing.fifo');

    const response = await send(url, { Action: 'SendMessage', MessageBody: 'no group' });

    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/<ErrorResponse><Error><Code>.+<\/Code>/);
    expect(sqs.listMessages('refusing.fifo')).toEqual([]);
  });

  test('refuses every other action instead of pretending that it succeeded', async () => {
    const { url } = sqs.createQueue('read.fifo');

    const response = await send(url, { Action: 'ReceiveMessage' });

    expect(response.status).toBe(400);
    expect(await response.text()).toContain('<Code>InvalidAction</Code>');
  });

  test('accepts programs and refuses web pages', async () => {
    const { url } = sqs.createQueue('guarded');

    const response = await send(
      url,
      { Action: 'SendMessage', MessageBody: 'x' },
      { origin: 'http://evil.example' },
    );

    expect(response.status).toBe(403);
    expect(sqs.listMessages('guarded')).toEqual([]);
  });
});
