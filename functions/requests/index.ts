import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { AWS_CLIENT_SETTINGS } from '../../lib/aws/aws-client-settings.ts';
import { readRequestsConfig } from '../../lib/config.ts';
import { createDynamoRecordStore } from '../../lib/records/dynamo-record-store.ts';
import { systemClock } from '../../lib/system-clock.ts';

const config = readRequestsConfig(process.env);
const records = createDynamoRecordStore(new DynamoDBClient(AWS_CLIENT_SETTINGS), {
  tableName: config.REQUESTS_TABLE_NAME,
  clock: systemClock,
});

/** Tells an unknown request from one that exists; reading it is not there yet. */
export async function handler(
  event: Pick<APIGatewayProxyEventV2, 'pathParameters'>,
): Promise<APIGatewayProxyStructuredResultV2> {
  const record = await records.get(event.pathParameters?.requestId ?? '-');
  const [status, title] = record ? [503, 'Service unavailable'] : [404, 'Not found'];
  return {
    statusCode: status,
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({ type: 'about:blank', title, status }),
  };
}
