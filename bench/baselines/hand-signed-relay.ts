import { createHmac } from 'node:crypto';
import { callAws, DYNAMODB, SECRETS_MANAGER } from './call-aws.ts';

/**
 * The floor of the relay, by hand-signed requests: reads the key, and for each result reads the record,
 * delivers, and writes the record.
 */
let keys: Promise<Buffer[]> | undefined;

async function readKeys(): Promise<Buffer[]> {
  const { SecretString = '{}' } = await callAws(SECRETS_MANAGER, 'secretsmanager.GetSecretValue', {
    SecretId: process.env.WEBHOOK_SIGNING_SECRET_ID,
  });
  const { keys } = JSON.parse(SecretString) as { keys: string[] };
  return keys.map((key) => Buffer.from(key.replace(/^whsec_/, ''), 'base64'));
}

export async function handler(event: { Records: { messageId: string; body: string }[] }) {
  keys ??= readKeys();
  const [key = Buffer.of()] = await keys;
  await Promise.all(
    event.Records.map(async ({ messageId, body }) => {
      const record = {
        TableName: process.env.REQUESTS_TABLE_NAME,
        Key: { pk: { S: `bench#${messageId}` } },
      };
      await callAws(DYNAMODB, 'DynamoDB_20120810.GetItem', { ...record, ConsistentRead: true });
      const id = `evt_${messageId}`;
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
      await callAws(DYNAMODB, 'DynamoDB_20120810.UpdateItem', {
        ...record,
        UpdateExpression: 'SET delivered = :true',
        ExpressionAttributeValues: { ':true': { BOOL: true } },
      });
    }),
  );
  return { batchItemFailures: [] };
}
