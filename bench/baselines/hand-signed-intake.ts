import { randomUUID } from 'node:crypto';
import { callAws, DYNAMODB, SQS } from './call-aws.ts';

/** The floor of intake: the unchecked body goes to the table and the queue, by two hand-signed requests. */
export async function handler(event: { body: string; pathParameters: { conversationId: string } }) {
  const { conversationId } = event.pathParameters;
  const requestId = randomUUID();
  await callAws(DYNAMODB, 'DynamoDB_20120810.PutItem', {
    TableName: process.env.REQUESTS_TABLE_NAME,
    Item: { pk: { S: `bench#${requestId}` }, request: { S: event.body } },
    ConditionExpression: 'attribute_not_exists(pk)',
  });
  await callAws(SQS, 'AmazonSQS.SendMessage', {
    QueueUrl: process.env.REQUEST_QUEUE_URL,
    MessageBody: JSON.stringify({ ...JSON.parse(event.body), conversationId, requestId }),
    MessageGroupId: conversationId,
    MessageDeduplicationId: requestId,
  });
  return { statusCode: 202, body: JSON.stringify({ requestId }) };
}
