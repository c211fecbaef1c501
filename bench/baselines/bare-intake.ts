import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { putRecord } from './record.ts';

/** `JSON.parse`, `PutItem` and `SendMessage` on an unmodified SDK. Nothing is checked or logged. */
const sqs = new SQSClient({});
const dynamoDb = new DynamoDBClient({});

export async function handler(event: { body: string; pathParameters: { conversationId: string } }) {
  const { conversationId } = event.pathParameters;
  const requestId = randomUUID();
  await putRecord(dynamoDb, requestId, event.body);
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
