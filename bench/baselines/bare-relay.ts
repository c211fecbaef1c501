import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { getRecord, recordDelivery } from './record.ts';

/** `GetItem`, an unsigned `fetch` and `UpdateItem` for each message. Nothing is checked or logged. */
const dynamoDb = new DynamoDBClient({});

export async function handler(event: { Records: { messageId: string; body: string }[] }) {
  await Promise.all(
    event.Records.map(async ({ messageId, body }) => {
      await getRecord(dynamoDb, messageId);
      const response = await fetch(process.env.EXTERNAL_WEBHOOK_URL ?? '', {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      });
      await response.arrayBuffer();
      await recordDelivery(dynamoDb, messageId);
    }),
  );
  return { batchItemFailures: [] };
}
