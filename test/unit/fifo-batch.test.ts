import { expect, test } from '@jest/globals';
import type { SQSRecord } from 'aws-lambda';
import { type Handled, workThroughFifoBatch } from '../../lib/aws/fifo-batch.ts';

const QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/123456789012/requests.fifo';

/** A batch whose messages end when the test says so. */
function startBatch(names: string[]) {
  const records = names.map(
    (name) =>
      ({
        messageId: name,
        receiptHandle: name,
        attributes: { MessageGroupId: name.slice(0, 1) },
      }) as SQSRecord,
  );
  const end = new Map<string, (handled: Handled) => void>();
  const deleted: string[] = [];
  let pass = () => {};
  const response = workThroughFifoBatch(records, {
    handle: ({ messageId }) => new Promise((resolve) => end.set(messageId, resolve)),
    queueUrl: QUEUE_URL,
    changeVisibility: async () => {},
    deleteMessage: async ({ receiptHandle }) => void deleted.push(receiptHandle),
    clock: { sleep: () => new Promise((resolve) => (pass = resolve)) },
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    deleted,
    response,
    async finish(name: string, handled: Handled = { done: true }) {
      end.get(name)?.(handled);
      await settle();
    },
    async letTimePass() {
      pass();
      await settle();
    },
  };
}

test('a group that is done is deleted while a slow one goes on', async () => {
  const batch = startBatch(['a1', 'b1', 'b2']);
  await batch.finish('b1');
  await batch.finish('b2');
  expect(batch.deleted).toEqual([]);
  await batch.letTimePass();
  expect(batch.deleted).toEqual(['b1', 'b2']);
  await batch.finish('a1');
  expect(await batch.response).toEqual({ batchItemFailures: [] });
});

test('a message that is deferred is not deleted with its group', async () => {
  const batch = startBatch(['a1', 'b1', 'b2']);
  await batch.finish('b1');
  await batch.finish('b2', { done: false, delayMs: 5_000 });
  await batch.letTimePass();
  expect(batch.deleted).toEqual(['b1']);
  await batch.finish('a1');
  expect(await batch.response).toEqual({ batchItemFailures: [{ itemIdentifier: 'b2' }] });
});

test('a batch that is done soon is left to Lambda', async () => {
  const batch = startBatch(['a1', 'b1']);
  await batch.finish('a1');
  await batch.finish('b1');
  await batch.response;
  await batch.letTimePass();
  expect(batch.deleted).toEqual([]);
});
