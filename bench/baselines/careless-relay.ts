import { createHmac } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { getRecord, recordDelivery } from './record.ts';

/** The relay without regard to its cold start. */
const logger = new Logger({ serviceName: 'relay' });
const metrics = new Metrics({ namespace: 'Bench', serviceName: 'relay' });
export const sqs = new SQSClient({});
const dynamoDb = new DynamoDBClient({});
const secrets = new SecretsManagerClient({});

const schema = z.object({
  event: z.enum(['participant_added', 'participant_add_failed']),
  source: z.string(),
  audit: z.object({
    request_id: z.string(),
    status: z.enum(['SUCCESS', 'PARTIAL', 'FAILED', 'EXPIRED']),
    conversation_id: z.string(),
    participants: z.array(z.object({ id: z.string().optional(), outcome: z.string() })),
  }),
});
const secretSchema = z.object({ keys: z.array(z.string().startsWith('whsec_')) });

let key: Buffer | undefined;

export async function handler(event: { Records: { messageId: string; body: string }[] }) {
  if (!key) {
    const { SecretString } = await secrets.send(
      new GetSecretValueCommand({ SecretId: process.env.WEBHOOK_SIGNING_SECRET_ID }),
    );
    const { keys } = secretSchema.parse(JSON.parse(SecretString ?? '{}'));
    key = Buffer.from((keys[0] ?? '').slice('whsec_'.length), 'base64');
  }
  for (const { body } of event.Records) {
    const { audit } = schema.parse(JSON.parse(body));
    await getRecord(dynamoDb, audit.request_id);
    const id = `evt_${audit.request_id}`;
    const timestamp = Math.floor(Date.now() / 1000);
    const signature = createHmac('sha256', key)
      .update(`${id}.${timestamp}.${body}`)
      .digest('base64');
    const response = await fetch(process.env.EXTERNAL_WEBHOOK_URL ?? '', {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': `v1,${signature}`,
      },
    });
    if (!response.ok) throw new Error(`the webhook responded with ${response.status}`);
    await response.arrayBuffer();
    await recordDelivery(dynamoDb, audit.request_id);
    logger.info('relayed', { request_id: audit.request_id, status: response.status });
    metrics.addMetric('WebhookTries', MetricUnit.Count, 1);
  }
  metrics.publishStoredMetrics();
  return { batchItemFailures: [] };
}
