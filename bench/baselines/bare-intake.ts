import { randomUUID } from 'node:crypto';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

/** `JSON.parse` and `SendMessage`, on the same SDK as it comes: nothing is checked or logged. */
const sqs = new SQSClient({});

export async function handler(event: { body: string; pathParameters: { conversationId: string } }) {
  const { conversationId } = event.pathParameters;
  const requestId = randomUUID();
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: process.env.REQUEST_QUEUE_URL,
      MessageBody: JSON.stringify({ ...JSON.parse(event.body), conversationId, requestId }),
      MessageGroupId: conversationId,
      MessageDeduplicationId: requestId,
    }),
  );
  return { statusCode: 202, body: JSON.stringify({ requestId }) };
}
