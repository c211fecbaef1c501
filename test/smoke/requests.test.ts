import { expect, test } from '@jest/globals';
import { startRequestsTable } from '../support/start-requests-table.ts';

test('requests responds with a problem document to an unknown request', async () => {
  const { endpoint, tableName, stop } = await startRequestsTable();
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    REQUESTS_TABLE_NAME: tableName,
    AUDIT_QUEUE_URL: 'http://127.0.0.1:1/audit',
  });
  const { handler } = await import('../../functions/requests/index.ts');
  const path = '/requests/5e8f0d6b-55a7-4c1f-9d27-7c0d1f1f0a01';
  const event = { rawPath: path, requestContext: { http: { method: 'GET', path } } };
  expect(await handler(event, {})).toMatchObject({ statusCode: 404 });
  await stop();
});
