import { expect, test } from '@jest/globals';
import type { ScheduledEvent } from 'aws-lambda';
import { startRequestsTable } from '../support/start-requests-table.ts';

test('follow-up reads the table when its schedule runs it', async () => {
  const { endpoint, tableName, stop } = await startRequestsTable();
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    REQUESTS_TABLE_NAME: tableName,
    AUDIT_QUEUE_URL: 'http://127.0.0.1:1/audit',
    GENESYS_ENV: 'us-east-1',
    GENESYS_CREDENTIALS_SECRET_ID: 'credentials',
    GENESYS_TOKEN_SECRET_ID: 'token',
  });
  const { handler } = await import('../../functions/follow-up/index.ts');
  const event = { 'detail-type': 'Scheduled Event' } as ScheduledEvent;
  expect(await handler(event, {})).toEqual({ batchItemFailures: [] });
  await stop();
});
