import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventSent } from '../../lib/domain/event-transitions.ts';
import { newRecord } from '../../lib/domain/record-transitions.ts';
import { createDynamoRecordStore } from '../../lib/records/dynamo-record-store.ts';
import { systemClock } from '../../lib/system-clock.ts';
import { createStandInSwitches } from '../../local/console/stand-in-switches.ts';
import { type Console, startConsole } from '../../local/console/start-console.ts';
import { PLATFORM_CONVERSATION, SAMPLE_USERS } from '../../local/genesys/sample-organisation.ts';
import { type RunningGenesys, startGenesys } from '../../local/genesys/start-genesys.ts';
import { type LocalQueue, type LocalSqs, startSqs } from '../../local/sqs/start-sqs.ts';
import { createStoryboard } from '../../local/story/storyboard.ts';
import type { LocalSystem } from '../../local/system/start-system.ts';
import { finishedRecord } from '../support/finished-record.ts';
import { newRequest } from '../support/new-request.ts';
import { type RequestsTable, startRequestsTable } from '../support/start-requests-table.ts';

let sqs: LocalSqs;
let table: RequestsTable;
let genesys: RunningGenesys;
let client: SQSClient;
let page: Console;
let queues: Record<string, LocalQueue>;

beforeEach(async () => {
  const switches = createStandInSwitches(() => genesys.state);
  [sqs, table, genesys] = await Promise.all([
    startSqs(),
    startRequestsTable(),
    startGenesys({ onEvent: (event) => switches.hearGenesys(event) }),
  ]);
  queues = {
    RequestQueue: sqs.createQueue('requests.fifo'),
    RequestDeadLetterQueue: sqs.createQueue('requests-dlq.fifo'),
    AuditQueue: sqs.createQueue('audit'),
    AuditDeadLetterQueue: sqs.createQueue('audit-dlq'),
  };
  client = new SQSClient({
    endpoint: sqs.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const system = {
    endpoints: {
      apiUrl: genesys.url,
      queues,
      tables: { RequestsTable: table.tableName },
      dynamoDbEndpoint: table.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    },
    genesys,
    listMessages: (name: string) => sqs.listMessages(name),
    headersFor: () => ({ 'x-signed': 'yes' }),
  } as unknown as LocalSystem;
  page = await startConsole({ system, client, storyboard: createStoryboard({}), switches });
});

afterEach(async () => {
  await page.stop();
  client.destroy();
  await Promise.all([sqs.stop(), table.stop(), genesys.stop()]);
});

const post = (path: string, input: object, headers: Record<string, string> = {}) =>
  fetch(page.url + path, {
    method: 'POST',
    headers: { origin: page.url, ...headers },
    body: JSON.stringify(input),
  });

function getAs(host: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    httpRequest(page.url, { headers: { host } }, async (response) =>
      resolve({ status: response.statusCode, body: await text(response) }),
    )
      .on('error', reject)
      .end();
  });
}

const deadLetter = (body: string) =>
  client.send(
    new SendMessageCommand({
      QueueUrl: queues.RequestDeadLetterQueue?.url,
      MessageBody: body,
      MessageGroupId: 'g',
      MessageDeduplicationId: body,
      MessageAttributes: { reason: { DataType: 'String', StringValue: 'INVALID_MESSAGE' } },
    }),
  );

/** The first event of the stream. */
async function readWorld() {
  const { body } = await fetch(`${page.url}/events`);
  let read = '';
  for await (const chunk of body ?? []) {
    read += Buffer.from(chunk).toString('utf8');
    const [, data] = /event: world\ndata: (.*)\n\n/.exec(read) ?? [];
    // Leaving the loop ends the stream.
    if (data) return JSON.parse(data);
  }
}

test.each([
  '/',
  '/app.js',
  '/form.js',
  '/requests.js',
  '/world.js',
  '/dom.js',
  '/style.css',
  '/requests.css',
  '/icon.svg',
  '/setup',
])('serves %s, with a policy that lets nothing else in', async (path) => {
  const response = await fetch(page.url + path);

  expect(response.status).toBe(200);
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
});

test('is not served to a page whose host name leads here (DNS rebinding)', async () => {
  const { host } = new URL(page.url);

  expect(await getAs('evil.example')).toMatchObject({ status: 403 });
  expect(await getAs(`127.0.0.1.evil.example`)).toMatchObject({ status: 403 });
  expect(await getAs(host)).toMatchObject({ status: 200 });
  expect(await getAs('localhost')).toMatchObject({ status: 200 });
});

test.each<[string, Record<string, string>]>([
  ['another origin', { origin: 'http://evil.example' }],
  ['no origin', { origin: '' }],
  ['a frame without one', { origin: 'null' }],
])('changes nothing for a request from %s', async (_name, headers) => {
  for (const path of ['/switches', '/api/conversations/c/participants']) {
    expect((await post(path, { trouble: 'outage' }, headers)).status).toBe(403);
  }
  expect(genesys.state.faults).toEqual([]);
  expect(genesys.state.calls).toEqual([]);
});

test('switches what goes wrong, one thing at a time, and back', async () => {
  const own = { fault: { waitMs: 1 } };
  genesys.state.faults.push(own);

  await post('/switches', { trouble: 'outage' });
  await post('/switches', { trouble: 'busy' });
  expect(genesys.state.faults).toHaveLength(2);
  await post('/switches', { trouble: 'nonsense', pickUp: 'decline' });
  expect((await readWorld()).switches).toEqual({ trouble: 'busy', pickUp: 'decline' });
  await post('/switches', { trouble: 'none' });

  expect(genesys.state.faults).toEqual([own]);
});

test.each([
  ['answer', 'ringing'],
  ['decline', 'ringing'],
])('shows who is in, who rings and how often: %s', async (pickUp, presence) => {
  await post('/switches', { pickUp });
  genesys.state.organisation.ring(
    PLATFORM_CONVERSATION,
    { userId: SAMPLE_USERS.hana, answeredAtMs: undefined },
    Date.now(),
  );

  const { rosters } = await readWorld();

  const people = rosters[0].people.map((person: { name: string }) => [person.name, person]);
  expect(Object.fromEntries(people)).toMatchObject({
    ada: { presence: 'in', rings: 0 },
    'Support queue': { presence: 'left' },
    hana: { presence, rings: 1 },
  });
});

test('shows dead letters without receiving them, and redrives the one that is named', async () => {
  await deadLetter('{"order":1}');
  await deadLetter('{"order":2}');
  const records = createDynamoRecordStore(table.client, {
    tableName: table.tableName,
    clock: systemClock,
  });
  const { letters } = await readWorld();
  expect(letters.map(({ reason }: { reason: string }) => reason)).toEqual([
    'INVALID_MESSAGE',
    'INVALID_MESSAGE',
  ]);
  expect(sqs.inspect('requests-dlq.fifo').inFlight).toEqual([]);
  const [{ id }] = letters;
  const context = { nowMs: Date.now(), writeId: 'created', retentionMs: 86_400_000 };
  const refused = newRequest({ requestId: id, conversationId: '', participants: [] });
  const failed = finishedRecord(newRecord(refused, context), { status: 'FAILED' });
  await records.create(eventSent(failed, 'result', context));

  const response = await post('/redrive', { id });

  expect(await response.json()).toMatchObject({
    found: true,
    kind: 'send',
    why: expect.stringMatching(/^run 1, .* will be refused again$/),
  });
  expect(await records.get(id)).toMatchObject({ run: 1, status: 'QUEUED' });
  expect(sqs.inspect('requests.fifo').ready).toEqual(['{"order":1}']);
  expect(sqs.inspect('requests-dlq.fifo')).toEqual({ ready: ['{"order":2}'], inFlight: [] });
});

test('discards the dead letter that is named, and no other', async () => {
  await deadLetter('{"order":1}');
  await deadLetter('{"order":2}');
  const { letters } = await readWorld();

  expect(await (await post('/discard', { id: letters[0].id })).json()).toEqual({ found: true });
  expect(await (await post('/discard', { id: 'unknown' })).json()).toEqual({ found: false });

  expect(sqs.inspect('requests-dlq.fifo').ready).toEqual(['{"order":2}']);
});

test('passes requests on to the API and its response back', async () => {
  const response = await fetch(`${page.url}/api/api/v2/users/x?expand=presence`);

  expect(response.status).toBe(401);
  expect(genesys.state.calls).toMatchObject([
    { method: 'GET', path: '/api/v2/users/x', query: 'expand=presence' },
  ]);
});
