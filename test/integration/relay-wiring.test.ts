import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, expect, jest, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { createSendMessage } from '../../lib/aws/send-message.ts';
import { createDynamoRecordStore } from '../../lib/records/dynamo-record-store.ts';
import { systemClock } from '../../lib/system-clock.ts';
import { startEventSourceMapping } from '../../local/event-source-mapping/start-event-source-mapping.ts';
import { startSecretsManager } from '../../local/secrets-manager/start-secrets-manager.ts';
import { startSqs } from '../../local/sqs/start-sqs.ts';
import { startWebhookReceiver } from '../../local/webhook-receiver/start-webhook-receiver.ts';
import { auditEventOf, finishedRecordOf } from '../support/start-relay.ts';
import { startRequestsTable } from '../support/start-requests-table.ts';

const KEY = `whsec_${Buffer.alloc(24, 3).toString('base64')}`;
const environment = { ...process.env };
const toStop: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of toStop.splice(0)) await stop();
  process.env = environment;
  jest.restoreAllMocks();
});

test('the function that Lambda loads relays from the queue to the webhook, configured by its environment', async () => {
  const written = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const sqs = await startSqs();
  const secrets = await startSecretsManager();
  const receiver = await startWebhookReceiver({ keys: [KEY] });
  secrets.putSecret('signing', JSON.stringify({ keys: [KEY] }));
  const queue = sqs.createQueue('audit');
  const deadLetters = sqs.createQueue('audit-dlq');
  const table = await startRequestsTable();
  process.env = {
    ...environment,
    AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
    REQUESTS_TABLE_NAME: table.tableName,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_SQS: sqs.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    AUDIT_QUEUE_URL: queue.url,
    AUDIT_DLQ_URL: deadLetters.url,
    EXTERNAL_WEBHOOK_URL: receiver.url,
    WEBHOOK_SIGNING_SECRET_ID: 'signing',
  };
  const { handler } = await import('../../functions/relay/index.ts');
  const client = new SQSClient({ endpoint: sqs.endpoint });
  const mapping = startEventSourceMapping({
    client,
    queueUrl: queue.url,
    queueArn: queue.arn,
    invoke: (event) => handler(event, { getRemainingTimeInMillis: () => 30_000 }),
    reportBatchItemFailures: true,
    maximumConcurrency: 1,
  });
  toStop.push(
    () => mapping.stop(),
    async () => client.destroy(),
    () => receiver.stop(),
    () => sqs.stop(),
    () => secrets.stop(),
    () => table.stop(),
  );

  const body = JSON.stringify(auditEventOf('r-1'));
  const dynamoDb = new DynamoDBClient({ endpoint: table.endpoint });
  toStop.push(async () => dynamoDb.destroy());
  const records = createDynamoRecordStore(dynamoDb, {
    tableName: table.tableName,
    clock: systemClock,
  });
  await records.create(finishedRecordOf('r-1', body));
  await createSendMessage(client)({ queueUrl: queue.url, body });
  const delivery = await receiver.waitFor(({ id }) => id === 'evt_r-1');
  expect(delivery).toMatchObject({ body, verified: true });
  expect(new Webhook(KEY).verify(body, delivery.headers as Record<string, string>)).toEqual(
    JSON.parse(body),
  );
  await mapping.stop();
  expect((await records.get('r-1'))?.delivery).toMatchObject({
    status: 'DELIVERED',
    attempts: 1,
  });
  const metrics = written.mock.calls.map(([line]) => String(line)).join('');
  expect(JSON.parse(metrics)).toMatchObject({ service: 'relay', WebhookTries: 1 });
});
