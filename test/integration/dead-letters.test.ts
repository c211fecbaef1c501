import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createPrepareRequest } from '../../cli/dead-letters/create-prepare-request.ts';
import { DeadLetterQueue } from '../../cli/dead-letters/dead-letter-queue.ts';
import { openQueues } from '../../cli/dead-letters/open-queues.ts';
import { type Letter, type QueueName, readLetter } from '../../cli/dead-letters/read-letter.ts';
import { redrive } from '../../cli/dead-letters/redrive.ts';
import { main } from '../../cli/dead-letters.ts';
import { createSendMessage, type SendMessage } from '../../lib/aws/send-message.ts';
import { deadLetterAttributes } from '../../lib/domain/dead-letter.ts';
import { eventSent } from '../../lib/domain/event-transitions.ts';
import { type NewRequest, newRecord } from '../../lib/domain/record-transitions.ts';
import { createDynamoRecordStore } from '../../lib/records/dynamo-record-store.ts';
import type { RecordStore } from '../../lib/records/record-store.ts';
import { systemClock } from '../../lib/system-clock.ts';
import { type LocalQueue, type LocalSqs, startSqs } from '../../local/sqs/start-sqs.ts';
import { writeEndpoints } from '../../local/system/endpoints-file.ts';
import { finishedRecord } from '../support/finished-record.ts';
import { newRequest } from '../support/new-request.ts';
import { runCommand } from '../support/run-command.ts';
import { auditEventOf } from '../support/start-relay.ts';
import { type RequestsTable, startRequestsTable } from '../support/start-requests-table.ts';

// Each command is a process that asks a queue until it has been silent for a second.
jest.setTimeout(60_000);

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
const CONVERSATION = '2e8c2d0b-5a1f-4f3e-9a53-6f0f5c1e7a01';
const USER = '6d3f0c52-1c57-4f0e-8a58-0a1c2d3e4f50';
const TWO_DAYS_AGO_MS = Date.now() - 2 * 86_400_000;
/** Different in their first characters. */
const idOf = (number: number) => `${number}0000000-0000-4000-8000-000000000000`;

let table: RequestsTable;
let records: RecordStore;
let sqs: LocalSqs;
let client: SQSClient;
let send: SendMessage;
let requests: LocalQueue;
let requestDeadLetters: LocalQueue;
let audit: LocalQueue;
let auditDeadLetters: LocalQueue;

beforeEach(async () => {
  [sqs, table] = await Promise.all([startSqs(), startRequestsTable()]);
  const { client: dynamoDb, tableName } = table;
  records = createDynamoRecordStore(dynamoDb, { tableName, clock: systemClock });
  client = new SQSClient({ endpoint: sqs.endpoint, region: 'us-east-1', credentials: CREDENTIALS });
  send = createSendMessage(client);
  requests = sqs.createQueue('genesys-automated-adder-test-requests.fifo');
  requestDeadLetters = sqs.createQueue('genesys-automated-adder-test-requests-dlq.fifo');
  audit = sqs.createQueue('genesys-automated-adder-test-audit');
  auditDeadLetters = sqs.createQueue('genesys-automated-adder-test-audit-dlq');
});

afterEach(async () => {
  client.destroy();
  await Promise.all([sqs.stop(), table.stop()]);
});

interface Outcome {
  code: number | null;
  out: string;
}

const environment = () => ({
  AWS_ENDPOINT_URL_SQS: sqs.endpoint,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  REQUEST_QUEUE_URL: requests.url,
  REQUEST_DLQ_URL: requestDeadLetters.url,
  AUDIT_QUEUE_URL: audit.url,
  AUDIT_DLQ_URL: auditDeadLetters.url,
  AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
  REQUESTS_TABLE_NAME: table.tableName,
});

/** The command; in a process of its own, as an operator runs it, where it asks something. */
async function deadLetters(args: string[], input?: string): Promise<Outcome> {
  if (input === undefined) {
    const { code, output } = await runCommand(main, args, { env: environment() });
    return { code, out: output };
  }
  const child = spawn(process.execPath, ['scripts/run.mjs', 'cli/dead-letters', ...args], {
    env: { PATH: process.env.PATH, ...environment() },
  });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    out += chunk;
  });
  child.stdin.end(input);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out })));
}

const why = { tries: 1, firstReceivedAtMs: Date.now() - 7_200_000, lastReceivedAtMs: Date.now() };

const requestBody = (requestId: string, more: object = {}) =>
  JSON.stringify({
    requestId,
    conversationId: CONVERSATION,
    participants: [{ id: USER }],
    ...more,
  });

async function addRequest(
  requestId: string,
  { reason = 'ATTEMPTS_EXHAUSTED', group = CONVERSATION, redrives = 0, more = {} } = {},
): Promise<void> {
  const body = requestBody(requestId, more);
  await send({
    queueUrl: requestDeadLetters.url,
    body,
    groupId: group,
    deduplicationId: `${requestId}-${redrives}`,
    attributes: deadLetterAttributes(
      { ...why, reason, detail: 'a detail', requestId, correlationId: 'c', redrive: redrives },
      body,
    ),
  });
}

/** A dead letter of a request, and its record: a failed run, whose result was sent. */
async function addFailed(
  requestId: string,
  {
    isSent = true,
    recorded = {},
    ...letter
  }: { isSent?: boolean; recorded?: Partial<NewRequest> } & Parameters<typeof addRequest>[1] = {},
): Promise<void> {
  const requestedAtMs = Date.parse(times(600).requestedAt);
  const context = { nowMs: Date.now(), writeId: randomUUID(), retentionMs: 86_400_000 };
  const request = newRequest({
    requestId,
    conversationId: CONVERSATION,
    participants: [{ id: USER, role: 'agent' }],
    requestedAtMs,
    deadlineMs: requestedAtMs + 600_000,
    ...recorded,
  });
  const failed = finishedRecord(newRecord(request, context), { status: 'FAILED' });
  const record = isSent ? eventSent(failed, 'result', context) : failed;
  await records.create({ ...record, run: letter.redrives ?? 0 });
  await addRequest(requestId, letter);
}

/** `requestedAt` and `deadline` of a request of two days ago. */
function times(seconds: number) {
  const requestedAtMs = TWO_DAYS_AGO_MS;
  return {
    requestedAt: new Date(requestedAtMs).toISOString(),
    deadline: new Date(requestedAtMs + seconds * 1_000).toISOString(),
  };
}

function redriveTo(targetUrl: string): Promise<void> {
  return redrive({
    client,
    queue: 'requests',
    deadLetters: new DeadLetterQueue(client, requestDeadLetters.url),
    prepare: createPrepareRequest({
      targetUrl,
      records,
      clock: systemClock,
      newWriteId: randomUUID,
      retentionMs: 86_400_000,
    }),
    rate: 5,
    isNamed: undefined,
    clock: systemClock,
    onPrepared() {},
  });
}

async function addEvent(
  requestId: string,
  reason = 'DELIVERY_GIVEN_UP',
  eventId = `evt_${requestId}`,
): Promise<void> {
  const body = JSON.stringify(auditEventOf(requestId));
  await send({
    queueUrl: auditDeadLetters.url,
    body,
    attributes: deadLetterAttributes(
      {
        ...why,
        reason,
        requestId,
        eventId,
        tries: 13,
        lastStatus: 503,
        lastError: 'the receiver responded with 503',
      },
      body,
    ),
  });
}

async function take(queue: LocalQueue): Promise<Message[]> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: queue.url,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages;
}

const ready = (queue: LocalQueue) => sqs.inspect(queue.name).ready;
const attribute = (message: Message | undefined, name: string) =>
  message?.MessageAttributes?.[name]?.StringValue;

describe('npm run dead-letters -- list', () => {
  test('shows both queues with cause and remedy, and leaves every message where it is', async () => {
    await addRequest('request-1');
    await addRequest('request-2');
    await addEvent('request-3');
    const { code, out } = await deadLetters(['list']);
    expect(code).toBe(0);
    expect(out).toContain('requests: 2 dead letters');
    expect(out).toContain('audit: 1 dead letter in');
    expect(out).toMatch(/ID +AGE +REASON +TRIES +REQUEST +CONVERSATION +DETAIL/);
    expect(out).toMatch(/ATTEMPTS_EXHAUSTED +1 +request-1 +2e8c2d0b-.* a detail/);
    expect(out).toMatch(/DELIVERY_GIVEN_UP +13 +request-3 .* the receiver responded with 503/);
    expect(out).toContain(
      'DELIVERY_GIVEN_UP: The event could not be delivered within three days.\n  Do: ',
    );
    expect(ready(requestDeadLetters)).toHaveLength(2);
    expect(ready(auditDeadLetters)).toHaveLength(1);
  });

  test('says that there is nothing', async () => {
    const { code, out } = await deadLetters(['list', '--queue', 'audit']);
    expect(code).toBe(0);
    expect(out).toContain('audit: no dead letters');
    expect(out).not.toContain('requests');
  });

  test('explains what SQS itself gave up', async () => {
    await client.send(
      new SendMessageCommand({ QueueUrl: auditDeadLetters.url, MessageBody: '\u0009[2J not ours' }),
    );
    const { out } = await deadLetters(['list']);
    expect(out).toMatch(/RECEIVE_LIMIT +1 +- +- +-/);
    expect(out).toContain('The function failed on the message until its receives were used up.');
  });

  test('says how many it leaves out', async () => {
    for (const id of ['request-1', 'request-2', 'request-3']) await addEvent(id);
    const { out } = await deadLetters(['list', '--limit', '2']);
    expect(out).toContain('audit: 3 dead letters');
    expect(out).toContain('and 1 more');
    expect(ready(auditDeadLetters)).toHaveLength(3);
  });
});

describe('npm run dead-letters -- show', () => {
  test('tells all of one message, found by the beginning of an id', async () => {
    await addRequest('request-1', { more: { deadline: '2026-01-01T00:00:00Z' } });
    await addRequest('other');
    const { code, out } = await deadLetters(['show', 'request-']);
    expect(code).toBe(0);
    expect(out).toMatch(/reason +ATTEMPTS_EXHAUSTED/);
    expect(out).toMatch(/remedy +Search the log for the request id/);
    expect(out).toMatch(/deadline +2026-01-01T00:00:00.000Z \(past/);
    expect(out).toContain('"requestId": "request-1"');
    expect(out).not.toContain('other');
    expect(ready(requestDeadLetters)).toHaveLength(2);
  });

  test('fails where there is no such message', async () => {
    expect(await deadLetters(['show', 'nothing'])).toEqual({
      code: 1,
      out: expect.stringContaining('nothing was not found'),
    });
  });
});

describe('npm run dead-letters -- redrive', () => {
  test('starts a new run of each request, in the order of its conversation', async () => {
    const ids = [1, 2, 3].map(idOf);
    for (const id of ids) await addFailed(id);
    await addFailed(idOf(4), { group: 'another', redrives: 2 });
    const { code, out } = await deadLetters(['redrive', '--queue', 'requests', '--rate', '50']);
    expect(out).toContain('4 redriven.');
    expect(code).toBe(0);
    expect(sqs.inspect(requestDeadLetters.name)).toEqual({ ready: [], inFlight: [] });
    const back = await take(requests);
    const ofConversation = back.filter(
      ({ Attributes }) => Attributes?.MessageGroupId === CONVERSATION,
    );
    expect(ofConversation.map(({ Body }) => Body)).toEqual(ids.map((id) => requestBody(id)));
    expect(ofConversation.map((message) => attribute(message, 'redrive'))).toEqual(['1', '1', '1']);
    const other = back.find(({ Attributes }) => Attributes?.MessageGroupId === 'another');
    expect(attribute(other, 'redrive')).toBe('3');
    // The explanation stays behind, what identifies the request goes along.
    expect(Object.keys(other?.MessageAttributes ?? {}).sort()).toEqual(['redrive', 'request_id']);
    expect(attribute(other, 'request_id')).toBe(idOf(4));
    expect(await records.get(idOf(4))).toMatchObject({ run: 3, status: 'QUEUED', receives: 0 });
  });

  test('sends events back under their own ids', async () => {
    await addEvent('request-1');
    expect((await deadLetters(['redrive'])).code).toBe(0);
    const [event] = await take(audit);
    expect(event?.Body).toBe(JSON.stringify(auditEventOf('request-1')));
    expect(attribute(event, 'event_id')).toBe('evt_request-1');
    expect(ready(auditDeadLetters)).toEqual([]);
  });

  test('sends both events of one request', async () => {
    await addEvent('request-1');
    await addEvent('request-1', 'DELIVERY_GIVEN_UP', 'evt_request-1_c');
    expect((await deadLetters(['redrive'])).out).toContain('2 redriven.');
    expect(ready(audit)).toHaveLength(2);
  });

  test('sends only what is named, and what cannot succeed only where it is named', async () => {
    const [refused, second, third] = [1, 2, 3].map(idOf) as [string, string, string];
    await addFailed(refused, { reason: 'INVALID_MESSAGE' });
    await addFailed(second);
    await addFailed(third);
    const named = await deadLetters(['redrive', second, 'nowhere']);
    expect(named.code).toBe(1);
    expect(named.out).toContain('nowhere was not found');
    expect(ready(requests)).toEqual([requestBody(second)]);
    const all = await deadLetters(['redrive']);
    expect(all.out).toContain('1 redriven, 1 left.');
    expect(all.out).toContain('INVALID_MESSAGE: give its ID to redrive it');
    expect(ready(requestDeadLetters)).toEqual([requestBody(refused)]);
    expect((await deadLetters(['redrive', refused])).code).toBe(0);
    expect(ready(requestDeadLetters)).toEqual([]);
  });

  test('gives requests as much time as they had at first, or what it is told', async () => {
    await addFailed(idOf(1), { more: times(120) });
    await addFailed(idOf(2), { more: times(120) });
    const before = Date.now();
    await deadLetters(['redrive', idOf(1)]);
    await deadLetters(['redrive', idOf(2), '--deadline', '900']);
    const seconds = async (id: string) =>
      ((await records.get(id))?.deadlineMs ?? 0) / 1_000 - before / 1_000;
    expect(await seconds(idOf(1))).toBeGreaterThanOrEqual(120);
    expect(await seconds(idOf(1))).toBeLessThan(180);
    expect(await seconds(idOf(2))).toBeGreaterThanOrEqual(900);
    // The message itself stays as it was.
    expect(ready(requests)).toEqual([1, 2].map((n) => requestBody(idOf(n), times(120))));
  });

  test('keeps to its rate, and leaves alone what comes back meanwhile', async () => {
    for (const number of [1, 2, 3]) await addRequest(idOf(number));
    let nowMs = Date.now() + 1;
    const sentAtMs: number[] = [];
    const comeBack: Promise<void>[] = [];
    const queue = new DeadLetterQueue(client, requestDeadLetters.url);
    await redrive({
      client,
      queue: 'requests',
      deadLetters: queue,
      prepare: async ({ id, body }) => ({
        kind: 'send',
        message: { queueUrl: requests.url, body, groupId: id, deduplicationId: id },
      }),
      rate: 2,
      isNamed: undefined,
      clock: {
        now: () => nowMs,
        sleep: async (delayMs) => {
          nowMs += delayMs;
        },
      },
      onPrepared(letter: Letter) {
        sentAtMs.push(nowMs);
        // The service gives it up again at once.
        comeBack.push(addRequest(letter.requestId, { group: 'again', redrives: 1 }));
      },
    });
    await Promise.all(comeBack);
    expect(sentAtMs.map((atMs) => atMs - (sentAtMs[0] ?? 0))).toEqual([0, 500, 1000]);
    expect(ready(requests)).toHaveLength(3);
    expect(ready(requestDeadLetters)).toHaveLength(3);
  });

  test('keeps the run where the message could not be sent, and sends it for that run the next time', async () => {
    await addFailed(idOf(1));
    const failing = redriveTo(`${requests.url}-gone`);
    await expect(failing).rejects.toThrow();
    expect(ready(requestDeadLetters)).toHaveLength(1);
    expect(await records.get(idOf(1))).toMatchObject({ run: 1, status: 'QUEUED', receives: 0 });

    const { out } = await deadLetters(['redrive']);
    expect(out).toContain('run 1, raised by an earlier redrive');
    expect(await records.get(idOf(1))).toMatchObject({ run: 1 });
    expect((await take(requests)).map((message) => attribute(message, 'redrive'))).toEqual(['1']);
    expect(ready(requestDeadLetters)).toEqual([]);
  });

  test('leaves a letter whose record is gone, because it is unknown who was rung', async () => {
    await addRequest(idOf(1));
    const { out } = await deadLetters(['redrive']);
    expect(out).toContain('its record does not exist');
    expect(out).toContain('0 redriven, 1 left.');
    expect(ready(requestDeadLetters)).toHaveLength(1);
    expect(ready(requests)).toEqual([]);
  });

  test('sends a message that SQS gave up before it had a record as a new one, with time left', async () => {
    await client.send(
      new SendMessageCommand({
        QueueUrl: requestDeadLetters.url,
        MessageBody: requestBody(idOf(1), times(60)),
        MessageGroupId: CONVERSATION,
        MessageDeduplicationId: 'moved',
      }),
    );
    const { out } = await deadLetters(['redrive']);
    expect(out).toContain('it has no record yet');
    const [message] = await take(requests);
    expect(attribute(message, 'redrive')).toBeUndefined();
    expect(Date.parse(JSON.parse(message?.Body ?? '').deadline)).toBeGreaterThan(Date.now());
  });

  test('leaves a letter whose result is not on the audit queue yet', async () => {
    await addFailed(idOf(1), { isSent: false });
    expect((await deadLetters(['redrive'])).out).toContain('not on the audit queue yet');
    expect(ready(requestDeadLetters)).toHaveLength(1);
    expect(await records.get(idOf(1))).toMatchObject({ run: 0 });
  });

  test('does not start another run of a request that has another content', async () => {
    await addFailed(idOf(1), { recorded: { dryRun: true } });
    expect((await deadLetters(['redrive'])).out).toContain('0 redriven, 1 left.');
    expect(await records.get(idOf(1))).toMatchObject({ run: 0 });
  });

  test('redrives requests although the audit queue refuses the results', async () => {
    await addFailed(idOf(1));
    await addEvent('request-1');
    const env = { ...environment(), AUDIT_QUEUE_URL: `${audit.url}-gone` };
    const { code, output } = await runCommand(main, ['redrive'], { env });
    expect(code).toBe(1);
    expect(output).toContain('1 redriven.');
    expect(ready(requests)).toHaveLength(1);
    expect(ready(auditDeadLetters)).toHaveLength(1);
  });

  test('names the missing right where access is denied', async () => {
    await addFailed(idOf(1));
    await addEvent('request-1');
    const denied = Object.assign(new Error('not authorized'), { name: 'AccessDenied' });
    const refuse = (queue: QueueName, url: string) =>
      redrive({
        client,
        queue,
        deadLetters: new DeadLetterQueue(client, url),
        prepare: async () => {
          throw denied;
        },
        rate: 5,
        isNamed: undefined,
        clock: systemClock,
        onPrepared() {},
      });
    await expect(refuse('audit', auditDeadLetters.url)).rejects.toThrow('operatorRoleArns');
    await expect(refuse('requests', requestDeadLetters.url)).rejects.toThrow('dynamodb:UpdateItem');
  });
});

describe('the dead letters of EventBridge', () => {
  test('are listed with their reason where the stage has the queue, and go back to the event queue', async () => {
    const events = sqs.createQueue('genesys-automated-adder-test-events');
    const deadEvents = sqs.createQueue('genesys-automated-adder-test-events-dlq');
    const put = (body: object, attributes: Record<string, string> = {}) =>
      send({ queueUrl: deadEvents.url, body: JSON.stringify(body), attributes });
    await put({ requestId: idOf(1), participants: [] });
    const detail = { conversationId: CONVERSATION };
    await put({ id: idOf(2), detail }, { ERROR_CODE: 'NO_PERMISSIONS', ERROR_MESSAGE: 'denied' });

    const { out } = await deadLetters(['list', '--stage', 'test', '--queue', 'events']);
    expect(out).toContain('events: 2 dead letters in stage test');
    expect(out).toMatch(new RegExp(`EVENT_NOT_FORWARDED +1 +${idOf(1)} +- `));
    expect(out).toMatch(new RegExp(`EVENT_NOT_QUEUED +1 +${idOf(2)} +${CONVERSATION} +denied`));
    const shown = await deadLetters(['show', idOf(1), '--stage', 'test']);
    expect(shown.out).toMatch(/cause +The pipe could not send the event/);

    const redriven = await deadLetters(['redrive', '--stage', 'test', '--queue', 'events']);
    expect(redriven.out).toContain('1 redriven, 1 left.');
    expect(ready(events)).toHaveLength(1);
  });
});

describe('npm run dead-letters -- discard', () => {
  test('asks first, and treats anything but yes as no', async () => {
    await addRequest('request-1');
    for (const input of ['', 'n\n', '\n']) {
      const { code, out } = await deadLetters(['discard', 'request-1'], input);
      expect(out).toContain('Delete 1 permanently? [y/N]');
      expect(out).toContain('Nothing was discarded.');
      expect(code).toBe(1);
    }
    expect(ready(requestDeadLetters)).toHaveLength(1);
  });

  test('deletes what is named, and nothing else', async () => {
    for (const id of ['request-1', 'request-2', 'request-3']) await addRequest(id);
    expect(await deadLetters(['discard', 'request-2'], 'y\n')).toMatchObject({ code: 0 });
    expect(await deadLetters(['discard', '--yes', 'request-3'])).toMatchObject({ code: 0 });
    expect(ready(requestDeadLetters)).toEqual([requestBody('request-1')]);
    expect(await deadLetters(['discard', '--yes', 'request-3'])).toMatchObject({ code: 1 });
  });
});

describe('npm run dead-letters', () => {
  test.each([
    [['--queue', 'other', 'list'], '--queue must be requests, audit or events'],
    [['dance'], 'There is no command dance.'],
    [['show'], 'show needs an id'],
    [['discard', 'abc'], 'too short for an id'],
    [['list', '--limit', 'many'], '--limit must be a number of at least 1'],
    [['redrive', '--rate', '0'], '--rate must be a number of at least 0.1'],
    [['list', '--nonsense'], "Unknown option '--nonsense'"],
  ])('%j is refused in one line that says what is wrong', async (args, message) => {
    const { code, out } = await deadLetters(args);
    expect(code).toBe(1);
    expect(out).toContain(message);
    expect(out).not.toContain('    at ');
  });

  test('finds the queues of a stage by their names', async () => {
    const { code, out } = await deadLetters(['list', '--stage', 'test']);
    expect(out).toContain('stage test in us-east-1');
    expect(code).toBe(0);
    const missing = await deadLetters(['list', '--stage', 'nowhere']);
    expect(missing.code).toBe(1);
    expect(missing.out).toContain('The queue genesys-automated-adder-nowhere-requests.fifo');
  });

  test('finds the queues of the system on this machine, or says what to do', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dead-letters-'));
    const environment = { LOCAL_FOLDER: folder };
    try {
      await expect(openQueues({ environment, region: 'us-east-1' })).rejects.toThrow(
        'No queues were found.',
      );
      await writeEndpoints(folder, {
        pid: process.pid,
        apiUrl: '',
        sqsEndpoint: sqs.endpoint,
        secretsManagerEndpoint: '',
        dynamoDbEndpoint: '',
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
        region: 'us-east-1',
        queues: {
          RequestQueue: requests,
          RequestDeadLetterQueue: requestDeadLetters,
          AuditQueue: audit,
          AuditDeadLetterQueue: auditDeadLetters,
        },
        secrets: {},
        tables: {},
        functions: {},
      });
      const opened = await openQueues({ environment, region: 'us-east-1' });
      expect(opened.queues.map(({ name, targetUrl }) => [name, targetUrl])).toEqual([
        ['requests', requests.url],
        ['audit', audit.url],
      ]);
      await addEvent('request-1');
      const [letter] = await (opened.queues[1]?.deadLetters.receiveAll(10) ?? []);
      expect(letter && readLetter('audit', letter).requestId).toBe('request-1');
      await client.send(
        new DeleteMessageCommand({
          QueueUrl: auditDeadLetters.url,
          ReceiptHandle: letter?.ReceiptHandle,
        }),
      );
      opened.client.destroy();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
