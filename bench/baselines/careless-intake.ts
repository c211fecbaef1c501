import { randomUUID } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import { z } from 'zod';
import { putRecord } from './record.ts';

/** Intake without regard to its cold start: `{ z }`, and every client. */
const logger = new Logger({ serviceName: 'intake' });
const metrics = new Metrics({ namespace: 'Bench', serviceName: 'intake' });
const sqs = new SQSClient({});
const dynamoDb = new DynamoDBClient({});
export const secrets = new SecretsManagerClient({});

const schema = z.object({
  participants: z
    .array(
      z.object({
        id: z.string().uuid().optional(),
        address: z.string().optional(),
        role: z.enum(['agent', 'customer', 'observer', 'supervisor']).default('agent'),
      }),
    )
    .min(1)
    .max(20),
  deadlineSeconds: z.number().int().min(5).max(86400).default(600),
});

interface HttpEvent {
  body: string;
  pathParameters: { conversationId: string };
}

export const handler = middy<HttpEvent>().handler(async (event) => {
  const conversationId = z.string().uuid().parse(event.pathParameters.conversationId);
  const body = schema.parse(JSON.parse(event.body));
  const requestId = randomUUID();
  const deadline = new Date(Date.now() + body.deadlineSeconds * 1000).toISOString();
  await putRecord(dynamoDb, requestId, event.body);
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: process.env.REQUEST_QUEUE_URL,
      MessageBody: JSON.stringify({
        version: 2,
        requestId,
        conversationId,
        participants: body.participants,
        deadline,
      }),
      MessageGroupId: conversationId,
      MessageDeduplicationId: requestId,
    }),
  );
  logger.info('accepted', { requestId, conversationId });
  metrics.addMetric('RequestsAccepted', MetricUnit.Count, 1);
  metrics.publishStoredMetrics();
  return {
    statusCode: 202,
    body: JSON.stringify({ requestId, conversationId, status: 'QUEUED', deadline }),
  };
});
