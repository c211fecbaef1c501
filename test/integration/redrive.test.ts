import { randomUUID } from 'node:crypto';
import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { main } from '../../cli/dead-letters.ts';
import { createAdder } from '../../functions/adder/create-adder.ts';
import { createRelay } from '../../functions/relay/create-relay.ts';
import { createChangeVisibility } from '../../lib/aws/change-visibility.ts';
import { createSendMessage } from '../../lib/aws/send-message.ts';
import { readAdderConfig, readRelayConfig } from '../../lib/config.ts';
import { createSendHttp } from '../../lib/http/send-http.ts';
import { createDynamoCallWindow } from '../../lib/records/dynamo-call-window.ts';
import { createDynamoConversationLeases } from '../../lib/records/dynamo-conversation-leases.ts';
import { createDynamoItem } from '../../lib/records/dynamo-item.ts';
import { createDynamoRecordStore } from '../../lib/records/dynamo-record-store.ts';
import type { RecordStore } from '../../lib/records/record-store.ts';
import { systemClock } from '../../lib/system-clock.ts';
import { toSqsEvent } from '../../local/event-source-mapping/sqs-event.ts';
import { platformError } from '../../local/genesys/faults.ts';
import {
  FREE_USERS,
  PLATFORM_CONVERSATION,
  SAMPLE_CLIENT,
} from '../../local/genesys/sample-organisation.ts';
import { type RunningGenesys, startGenesys } from '../../local/genesys/start-genesys.ts';
import { type LocalQueue, type LocalSqs, startSqs } from '../../local/sqs/start-sqs.ts';
import { runCommand } from '../support/run-command.ts';
import { createSkippingClock, type SkippingClock } from '../support/skipping-clock.ts';
import { type Receiver, startReceiver } from '../support/start-receiver.ts';
import { type RequestsTable, startRequestsTable } from '../support/start-requests-table.ts';

// The command asks a queue until it has been silent for a second.
jest.setTimeout(60_000);

const MAX_RECEIVES = 5;
const REQUEST_ID = '11111111-2222-4333-8444-555555555555';
const [first, second] = FREE_USERS as [string, string];
const AWS = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
};

let sqs: LocalSqs;
let table: RequestsTable;
let genesys: RunningGenesys;
let receiver: Receiver;
let client: SQSClient;
let records: RecordStore;
let clock: SkippingClock;
let queues: Record<'requests' | 'requestsDlq' | 'audit' | 'auditDlq', LocalQueue>;
let adder: (event: SQSEvent) => Promise<SQSBatchResponse>;
let relay: (event: SQSEvent) => Promise<SQSBatchResponse>;

beforeEach(async () => {
  clock = createSkippingClock();
  [sqs, table, genesys, receiver] = await Promise.all([
    startSqs(),
    startRequestsTable(),
    startGenesys({ clock }),
    startReceiver((response) => response.end()),
  ]);
  queues = {
    requests: sqs.createQueue('requests.fifo'),
    requestsDlq: sqs.createQueue('requests-dlq.fifo'),
    audit: sqs.createQueue('audit'),
    auditDlq: sqs.createQueue('audit-dlq'),
  };
  client = new SQSClient({ ...AWS, endpoint: sqs.endpoint });
  const { tableName } = table;
  records = createDynamoRecordStore(table.client, { tableName, clock });
  const silent = () => {};
  const ports = {
    sendHttp: createSendHttp(),
    records,
    sendMessage: createSendMessage(client),
    changeVisibility: createChangeVisibility(client, { clock: systemClock }),
    clock,
    random: () => 0.5,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    putMetrics: silent,
  };
  const createdAdder = createAdder({
    ...ports,
    config: readAdderConfig({
      REQUESTS_TABLE_NAME: tableName,
      REQUEST_QUEUE_URL: queues.requests.url,
      REQUEST_DLQ_URL: queues.requestsDlq.url,
      AUDIT_QUEUE_URL: queues.audit.url,
      WATCH_QUEUE_URL: queues.audit.url,
      WATCH_CONNECTIONS: 'false',
      GENESYS_CREDENTIALS_SECRET_ID: 'credentials',
      GENESYS_TOKEN_SECRET_ID: 'token',
      GENESYS_ENV: genesys.url,
      REQUEST_MAX_RECEIVES: String(MAX_RECEIVES),
    }),
    leases: createDynamoConversationLeases(table.client, { tableName }),
    openItem: (key) => createDynamoItem(table.client, { tableName, key, clock }),
    openCallWindow: (key) => createDynamoCallWindow(table.client, { tableName, key, clock }),
    getSecret: async (name) =>
      name === 'credentials'
        ? { value: JSON.stringify(SAMPLE_CLIENT), versionId: '1', stages: ['AWSCURRENT'] }
        : undefined,
    putSecret: async () => {},
    randomUuid: randomUUID,
  });
  adder = async (event) => {
    const endsAtMs = clock.now() + 60_000;
    return createdAdder(event, { getRemainingTimeInMillis: () => endsAtMs - clock.now() });
  };
  const createdRelay = createRelay({
    ...ports,
    config: readRelayConfig({
      REQUESTS_TABLE_NAME: tableName,
      AUDIT_QUEUE_URL: queues.audit.url,
      AUDIT_DLQ_URL: queues.auditDlq.url,
      EXTERNAL_WEBHOOK_URL: receiver.url,
      WEBHOOK_ALLOW_UNSIGNED: 'true',
    }),
    getSecret: async () => undefined,
    newWriteId: randomUUID,
  });
  relay = async (event) => createdRelay(event, {});
});

afterEach(async () => {
  client.destroy();
  await Promise.all([sqs.stop(), table.stop(), genesys.stop(), receiver.stop()]);
});

/** What Lambda does with the messages of a queue. @param receiveCount instead of that of the queue */
async function run(
  queue: LocalQueue,
  handler: (event: SQSEvent) => Promise<SQSBatchResponse>,
  receiveCount?: number,
): Promise<number> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: queue.url,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
  );
  const count = receiveCount === undefined ? {} : { ApproximateReceiveCount: `${receiveCount}` };
  const messages: Message[] = Messages.map((message) => ({
    ...message,
    Attributes: { ...message.Attributes, ...count },
  }));
  const { batchItemFailures } = await handler(toSqsEvent(messages, queue.arn));
  expect(batchItemFailures).toEqual([]);
  for (const { ReceiptHandle } of Messages) {
    await client.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle }));
  }
  return Messages.length;
}

const redrive = (...ids: string[]) =>
  runCommand(main, ['redrive', ...ids], {
    env: {
      AWS_ENDPOINT_URL_SQS: sqs.endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      REQUEST_QUEUE_URL: queues.requests.url,
      REQUEST_DLQ_URL: queues.requestsDlq.url,
      AUDIT_QUEUE_URL: queues.audit.url,
      AUDIT_DLQ_URL: queues.auditDlq.url,
      REQUESTS_TABLE_NAME: table.tableName,
    },
  });

const send = (people: string[]) =>
  createSendMessage(client)({
    queueUrl: queues.requests.url,
    body: JSON.stringify({
      requestId: REQUEST_ID,
      conversationId: PLATFORM_CONVERSATION,
      participants: people.map((id) => ({ id })),
    }),
    groupId: PLATFORM_CONVERSATION,
    deduplicationId: REQUEST_ID,
  });

const posts = () =>
  genesys.state.calls.filter(
    ({ method, path }) => method === 'POST' && path.includes('/participants'),
  );
const delivered = () =>
  receiver.tries.map(({ headers, body }) => [headers['webhook-id'], JSON.parse(body).audit.status]);

test('a failed request is carried out again, with another result, and no one is rung twice', async () => {
  await send([first, second]);
  // One of them is rung, the response is lost, and no later read succeeds.
  genesys.state.faults.push(
    { method: 'POST', path: '/participants', fault: { carriedOut: 1, response: 'cut' } },
    {
      method: 'GET',
      path: '/api/v2/conversations/',
      calls: Array.from({ length: 50 }, (_, index) => index + 2),
      fault: { response: platformError(503, 'down') },
    },
  );
  await run(queues.requests, adder, MAX_RECEIVES - 1);
  expect(posts()).toHaveLength(1);
  expect(await records.get(REQUEST_ID)).toMatchObject({ status: 'FAILED', run: 0 });
  expect(await run(queues.audit, relay)).toBe(1);
  expect(sqs.inspect(queues.requestsDlq.name).ready).toHaveLength(1);

  genesys.state.faults.length = 0;
  const { code, output } = await redrive();
  expect(output).toContain('run 1, until ');
  expect(code).toBe(0);
  expect(sqs.inspect(queues.requestsDlq.name).ready).toEqual([]);
  await run(queues.requests, adder);
  await run(queues.audit, relay);

  expect(delivered()).toEqual([
    [`evt_${REQUEST_ID}`, 'FAILED'],
    [`evt_${REQUEST_ID}_r1`, 'SUCCESS'],
  ]);
  expect(await records.get(REQUEST_ID)).toMatchObject({
    run: 1,
    status: 'SUCCESS',
    participants: [{ outcome: 'ADDED' }, { outcome: 'ADDED' }],
    delivery: { status: 'DELIVERED' },
  });
  const rung = posts().map(({ body }) =>
    [first, second].filter((id) => JSON.stringify(body).includes(id)),
  );
  expect(rung.slice(1)).toEqual([[second]]);
});

test('a refused message stays refused in its new run, under the same request', async () => {
  await createSendMessage(client)({
    queueUrl: queues.requests.url,
    body: '{"order":1}',
    groupId: 'g',
    deduplicationId: 'refused',
  });
  await run(queues.requests, adder);
  const [letter] = sqs.listMessages(queues.requestsDlq.name);
  const requestId = letter?.attributes.request_id?.StringValue ?? '';

  expect((await redrive()).output).toContain('INVALID_MESSAGE: give its ID to redrive it');
  expect((await redrive(requestId)).output).toContain('will be refused again');
  await run(queues.requests, adder);
  await run(queues.audit, relay);

  expect(delivered().sort()).toEqual([
    [`evt_${requestId}`, 'FAILED'],
    [`evt_${requestId}_r1`, 'FAILED'],
  ]);
  expect(sqs.inspect(queues.requestsDlq.name).ready).toHaveLength(1);
  expect(genesys.state.calls.filter(({ path }) => path !== '/oauth/token')).toEqual([]);
});
