import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createSendMessage } from '../../lib/aws/send-message.ts';
import { type LocalSqs, startSqs } from '../../local/sqs/start-sqs.ts';
import { readEvent, startIntake } from '../support/start-intake.ts';

let sqs: LocalSqs;
let client: SQSClient;
beforeAll(async () => {
  sqs = await startSqs();
  client = new SQSClient({
    endpoint: sqs.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
});
afterAll(async () => {
  client.destroy();
  await sqs.stop();
});

test('intake puts an accepted request on a real queue, in the group of its conversation', async () => {
  const queue = sqs.createQueue('requests.fifo');
  const { send } = startIntake({
    requestQueueUrl: queue.url,
    sendMessage: createSendMessage(client),
  });
  const event = readEvent('http-api-v2.three-users');
  const response = await send(event);
  expect(response.status).toBe(202);

  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: queue.url, MessageSystemAttributeNames: ['All'] }),
  );
  expect(Messages.map(({ Attributes }) => Attributes?.MessageGroupId)).toEqual([
    event.pathParameters.conversationId,
  ]);
  expect(JSON.parse(Messages[0]?.Body ?? '')).toMatchObject({
    requestId: response.body.requestId,
    conversationId: event.pathParameters.conversationId,
  });
});
