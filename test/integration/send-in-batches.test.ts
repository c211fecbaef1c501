import { createServer } from 'node:http';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createSendInBatches } from '../../lib/aws/send-in-batches.ts';
import { systemClock as clock } from '../../lib/system-clock.ts';
import { listen } from '../../local/listen.ts';
import { type LocalSqs, startSqs } from '../../local/sqs/start-sqs.ts';

const access = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
};

let sqs: LocalSqs;
beforeAll(async () => {
  sqs = await startSqs();
});
afterAll(() => sqs.stop());

/** Sends that wait for each other, and the commands that come of them. */
function startSending(name: string) {
  const client = new SQSClient({ ...access, endpoint: sqs.endpoint });
  const commands: string[] = [];
  client.middlewareStack.add((next, { commandName = '' }) => (args) => {
    commands.push(commandName);
    return next(args);
  });
  const { url: queueUrl } = sqs.createQueue(name);
  const send = createSendInBatches(client, { clock });
  return { commands, send: (body: string) => send({ queueUrl, body, attributes: { body } }) };
}

test('messages that are sent at the same time share calls of ten', async () => {
  const { send, commands } = startSending('many');
  const bodies = Array.from({ length: 21 }, (_, index) => `message ${index}`);
  await Promise.all(bodies.map(send));
  expect(commands).toEqual([
    'SendMessageBatchCommand',
    'SendMessageBatchCommand',
    'SendMessageCommand',
  ]);
  expect(new Set(sqs.inspect('many').ready)).toEqual(new Set(bodies));
  expect(sqs.listMessages('many')[0]?.attributes).toMatchObject({
    body: { StringValue: expect.stringMatching(/^message/) },
  });
});

test('a message that SQS refuses fails with its own error, and the others are sent', async () => {
  const { send } = startSending('one-refused');
  const [good, bad, alsoGood] = await Promise.allSettled([
    send('first'),
    send('\u0000'),
    send('third'),
  ]);
  expect([good?.status, bad?.status, alsoGood?.status]).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
  ]);
  expect(bad).toMatchObject({ reason: { name: expect.stringMatching(/InvalidMessageContents$/) } });
  expect(sqs.inspect('one-refused').ready.sort()).toEqual(['first', 'third']);
});

test('messages that are too large for one call go in several', async () => {
  const { send, commands } = startSending('large');
  const bodies = Array.from({ length: 4 }, (_, index) => String(index).repeat(90 * 1024));
  await Promise.all(bodies.map(send));
  expect(commands).toEqual(['SendMessageBatchCommand', 'SendMessageBatchCommand']);
  expect(sqs.inspect('large').ready).toHaveLength(4);
});

test('without a server, every message fails', async () => {
  const { url, stop } = await listen(createServer());
  await stop();
  const client = new SQSClient({ ...access, endpoint: url, maxAttempts: 1 });
  const send = createSendInBatches(client, { clock });
  const message = { queueUrl: `${url}/000000000000/gone`, body: 'hello' };
  const sends = await Promise.allSettled([send(message), send(message)]);
  expect(sends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
