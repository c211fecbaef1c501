import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ScheduledEvent, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { AWS_CLIENT_SETTINGS } from '../../lib/aws/aws-client-settings.ts';
import { readFollowUpConfig } from '../../lib/config.ts';
import { createDynamoRecordStore } from '../../lib/records/dynamo-record-store.ts';
import { systemClock } from '../../lib/system-clock.ts';

const config = readFollowUpConfig(process.env);
const records = createDynamoRecordStore(new DynamoDBClient(AWS_CLIENT_SETTINGS), {
  tableName: config.REQUESTS_TABLE_NAME,
  clock: systemClock,
});

/** Reads what is due; finishing it is not there yet. Watches stay in their queue. */
export async function handler(event: SQSEvent | ScheduledEvent): Promise<SQSBatchResponse> {
  if (!('Records' in event)) await records.listDue(systemClock.now(), 1);
  const watches = 'Records' in event ? event.Records : [];
  return { batchItemFailures: watches.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}
