import { randomUUID } from 'node:crypto';
import { callAws, SQS } from './call-aws.ts';

/** The floor of intake: the body goes to the queue, unchecked, by one request signed by hand. */
export async function handler(event: { body: string; pathParameters: { conversationId: string } }) {
  const { conversationId } = event.pathParameters;
  const requestId = randomUUID();
  await callAws(SQS, 'AmazonSQS.SendMessage', {
    QueueUrl: process.env.REQUEST_QUEUE_URL,
    MessageBody: JSON.stringify({ ...JSON.parse(event.body), conversationId, requestId }),
    MessageGroupId: conversationId,
    MessageDeduplicationId: requestId,
  });
  return { statusCode: 202, body: JSON.stringify({ requestId }) };
}
