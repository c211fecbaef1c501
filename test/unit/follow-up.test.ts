import { describe, expect, test } from '@jest/globals';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { createFollowUp, type FollowUpPorts } from '../../functions/follow-up/create-follow-up.ts';
import { reportConnection } from '../../functions/follow-up/report-connection.ts';
import type { OutgoingMessage } from '../../lib/aws/send-message.ts';
import { readFollowUpConfig } from '../../lib/config.ts';
import {
  addAnnounced,
  deferred,
  newRecord,
  received,
} from '../../lib/domain/record-transitions.ts';
import type { RequestRecord } from '../../lib/domain/request-record.ts';
import { createMemoryCallWindow } from '../../lib/genesys/pace/memory-call-window.ts';
import { createMemoryItem } from '../../lib/genesys/pace/memory-item.ts';
import { HttpError } from '../../lib/http/send-http.ts';
import type { Metric } from '../../lib/metrics.ts';
import { dueShard } from '../../lib/records/record-item.ts';
import { createSimulatedTable } from '../simulation/simulated-records.ts';
import { createTestClock, NOW_MS, uuidNumber } from '../support/create-api-ports.ts';
import { finishedRecord } from '../support/finished-record.ts';
import { newRequest } from '../support/new-request.ts';

const QUEUES = 'https://sqs.us-east-1.amazonaws.com/123456789012';
const RETENTION_MS = 30 * 86_400_000;
const context = (writeId: string) => ({ nowMs: NOW_MS, writeId, retentionMs: RETENTION_MS });
const nothing = { genesysCalls: 0, genesysCorrelationIds: [] };
const announced = (record: RequestRecord) =>
  addAnnounced(
    record,
    { contract: 'platform', positions: [0], snapshot: [] },
    { participants: record.participants, ...nothing },
    context('announced'),
  );
/** Past the deadline of every record here and the moment from which they are due. */
const LATER_MS = 90_000;

function start(overrides: Partial<FollowUpPorts> = {}) {
  const sent: OutgoingMessage[] = [];
  const clock = createTestClock();
  const table = createSimulatedTable();
  const ports = table.portsOf({ call: async (_, effect) => effect(), now: clock.now });
  let writes = 0;
  const quiet = () => {};
  const handler = createFollowUp({
    ...ports,
    sendMessage: async (message) => {
      sent.push(message);
    },
    config: readFollowUpConfig({
      REQUESTS_TABLE_NAME: 'requests',
      GENESYS_ENV: 'us-east-1',
      GENESYS_CREDENTIALS_SECRET_ID: 'credentials',
      GENESYS_TOKEN_SECRET_ID: 'token',
      AUDIT_QUEUE_URL: `${QUEUES}/audit`,
      WATCH_QUEUE_URL: `${QUEUES}/watch`,
    }),
    sendHttp: async () => {
      throw new Error('Genesys Cloud cannot be reached');
    },
    getSecret: async () => undefined,
    putSecret: async () => {},
    openItem: createMemoryItem,
    openCallWindow: createMemoryCallWindow,
    clock,
    random: () => 0.5,
    randomUuid: () => `follow-up-${++writes}`,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    putMetrics: quiet,
    ...overrides,
  });
  let requests = 0;
  /** A record of a request with a deadline of a minute, in the state that `change` gives it. */
  const add = async (change: (record: RequestRecord) => RequestRecord = (same) => same) => {
    requests += 1;
    const request = newRequest({
      requestId: uuidNumber(requests),
      requestedAtMs: NOW_MS,
      deadlineMs: NOW_MS + 60_000,
    });
    const record = newRecord(request, context(`new-${requests}`));
    await ports.records.create(record);
    const changed = change(record);
    if (changed !== record) await ports.records.replace(record, changed);
    return uuidNumber(requests);
  };
  const run = async () => {
    await clock.sleep(LATER_MS);
    return handler({}, {});
  };
  return { ...ports, add, run, handler, sent, clock, table: table.records };
}

test('a request that nothing has received by its deadline ends as EXPIRED, with one event', async () => {
  const { add, run, sent, table } = start();
  const requestId = await add();
  await run();
  await run();
  expect(table.get(requestId)?.status).toBe('EXPIRED');
  expect(sent.map(({ attributes }) => attributes)).toEqual([{ event_id: `evt_${requestId}` }]);
  expect(JSON.parse(sent[0]?.body ?? '').audit).toMatchObject({
    status: 'EXPIRED',
    code: 'DEADLINE_EXCEEDED',
    error: expect.stringContaining('it waited in the queue until then'),
  });
  expect(table.get(requestId)?.dueAtMs).toBeUndefined();
});

test('a result is logged and counted once, although its first send fails', async () => {
  const lines: string[] = [];
  const counted: Metric[] = [];
  let isDown = true;
  const quiet = () => {};
  const { add, run, table } = start({
    sendMessage: async () => {
      if (isDown) throw new Error('SQS is down');
    },
    log: { debug: quiet, info: (message) => lines.push(message), warn: quiet, error: quiet },
    putMetrics: (...metrics) => counted.push(...metrics),
  });
  const requestId = await add();
  await run();
  expect([table.get(requestId)?.status, lines.includes('result')]).toEqual(['EXPIRED', false]);
  isDown = false;
  await run();
  await run();
  expect(lines.filter((line) => line === 'result')).toHaveLength(1);
  const counts = counted.filter(({ name }) => name === 'ResultsExpired').map(({ value }) => value);
  expect(counts.sort()).toEqual([0, 0, 0, 1]);
  expect(counted.filter(({ name }) => name === 'ResultsResent')).toEqual([
    { name: 'ResultsResent', unit: 'Count', value: 1 },
  ]);
});

test.each([
  [90_000, []],
  [90_001, [{ name: 'ConnectionEventsLate', unit: 'Count', value: 1 }]],
])('a connection event %i ms after the result is counted if it is late', (afterMs, expected) => {
  const counted: Metric[] = [];
  const quiet = () => {};
  const record = finishedRecord(newRecord(newRequest(), context('new')));
  const { result } = record;
  if (!result) throw new Error('no result');
  reportConnection(
    {
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      putMetrics: (...metrics) => counted.push(...metrics),
    },
    record,
    {
      ...result,
      body: JSON.stringify({ event: 'participant_connection', audit: { participants: [] } }),
      finishedAtMs: result.finishedAtMs + afterMs,
    },
  );
  expect(counted).toEqual(expected);
});

test('EXPIRED names why the last receive did not finish the request', async () => {
  const { add, run, sent } = start();
  await add((record) =>
    deferred(
      record,
      { untilMs: NOW_MS + 1_000, code: 'RATE_LIMITED', detail: 'The call budget is spent.' },
      [],
      { participants: record.participants, ...nothing },
      context('deferred'),
    ),
  );
  await run();
  expect(JSON.parse(sent[0]?.body ?? '').audit.error).toContain('The call budget is spent.');
});

test('a request whose deadline has not passed is left alone', async () => {
  const { add, handler, sent, table } = start();
  const requestId = await add();
  await handler({}, {});
  expect([table.get(requestId)?.status, sent]).toEqual(['QUEUED', []]);
});

test('a request that a receive is working on is left to it', async () => {
  const { add, run, leases, clock, table } = start();
  const requestId = await add((record) => received(record, context('received')));
  const conversationId = table.get(requestId)?.conversationId ?? '';
  const owner = { owner: 'adder', nowMs: clock.now() + LATER_MS - 1_000, durationMs: 40_000 };
  await leases.acquire(conversationId, owner);
  await run();
  expect(table.get(requestId)?.status).toBe('IN_PROGRESS');
  await run();
  expect(table.get(requestId)?.status).toBe('EXPIRED');
});

// Bug: a process that crashed just before the deadline held the lease during one run, and the next run was
// more than 75 seconds after the deadline.
// Fix: the run waits for the end of the lease.
test.each<[string, (record: RequestRecord) => RequestRecord, string]>([
  ['that a receive has begun', (record) => received(record, context('received')), 'EXPIRED'],
  ['with an unresolved add', (record) => announced(record), 'UNCERTAIN'],
])(
  'a request %s before a crash ends in the run in which the lease ends',
  async (_, change, end) => {
    const { add, run, leases, clock, sent, table } = start();
    const requestId = await add(change);
    const { conversationId = '', deadlineMs = 0 } = table.get(requestId) ?? {};
    await leases.acquire(conversationId, {
      owner: 'crashed',
      nowMs: deadlineMs - 1_000,
      durationMs: 40_000,
    });
    await run();
    expect(sent.map(({ attributes }) => attributes?.event_id)).toEqual([`evt_${requestId}`]);
    expect(sent[0]?.body).toContain(end);
    expect(clock.now() - deadlineMs).toBeLessThan(75_000);
  },
);

test('a request is not tried again where no time is left for a look', async () => {
  const { add, run, leases, table } = start();
  const requestId = await add(announced);
  const { conversationId = '', deadlineMs = 0 } = table.get(requestId) ?? {};
  // The lease ends 35 seconds after the start of a run that may work for 40.
  const lease = { owner: 'crashed', nowMs: deadlineMs + 25_000, durationMs: 40_000 };
  await leases.acquire(conversationId, lease);
  await run();
  expect(table.get(requestId)?.status).toBe('QUEUED');
});

test('a request with an unresolved add that no look can resolve says that the outcome is unknown', async () => {
  const { add, run, sent, table } = start();
  const requestId = await add(announced);
  await run();
  expect(table.get(requestId)?.participants[0]).toMatchObject({
    outcome: 'UNCERTAIN',
    code: 'OUTCOME_UNKNOWN',
  });
  expect(sent.map(({ attributes }) => attributes?.event_id)).toContain(`evt_${requestId}`);
});

test.each([3_000, 19_000, 61_000])(
  'looks that fail %i ms after the deadline do not delay the result beyond 75 seconds',
  async (afterMs) => {
    let calls = 0;
    const { add, handler, clock, table } = start({
      getSecret: async () => ({
        value: JSON.stringify({ clientId: 'id', clientSecret: 'secret' }),
        versionId: '1',
        stages: ['AWSCURRENT'],
      }),
      sendHttp: async () => {
        calls += 1;
        throw new HttpError('connection', 'Genesys Cloud cannot be reached');
      },
    });
    const requestId = await add(announced);
    const { deadlineMs = 0 } = table.get(requestId) ?? {};
    await clock.sleep(deadlineMs + afterMs - clock.now());
    await handler({}, {});
    const { result, participants } = table.get(requestId) ?? {};
    expect(calls).toBeGreaterThan(0);
    expect(participants?.[0]).toMatchObject({ outcome: 'UNCERTAIN', code: 'OUTCOME_UNKNOWN' });
    expect((result?.finishedAtMs ?? Infinity) - deadlineMs).toBeLessThanOrEqual(75_000);
  },
);

test('records that stay due do not hide those behind them', async () => {
  let isDown = true;
  const { add, run, table } = start({
    sendMessage: async () => {
      if (isDown) throw new Error('no queue');
    },
  });
  // Final and not sent: they stay due, before everything else.
  for (let count = 0; count < 600; count += 1) await add(finishedRecord);
  const behind = await add();
  await run();
  expect(table.get(behind)?.status).toBe('EXPIRED');
  isDown = false;
  await run();
  expect([...table.values()].filter(({ dueAtMs }) => dueAtMs !== undefined)).toEqual([]);
});

test('a final result that is not marked as sent is sent again, byte for byte', async () => {
  const { add, run, sent, table } = start();
  const requestId = await add(finishedRecord);
  await run();
  expect(sent.map(({ body }) => body)).toEqual([table.get(requestId)?.result?.body]);
  await run();
  expect(sent).toHaveLength(1);
});

test('a record that cannot be finished does not hold up the others', async () => {
  const { add, run, table } = start({
    sendMessage: async ({ attributes }) => {
      if (attributes?.event_id === `evt_${uuidNumber(1)}`) throw new Error('no queue');
    },
  });
  const ids = [await add(), await add()];
  await run();
  expect(ids.map((id) => table.get(id)?.status)).toEqual(['EXPIRED', 'EXPIRED']);
  expect(ids.map((id) => table.get(id)?.result?.sentAtMs !== undefined)).toEqual([false, true]);
});

test('finishes more records in one run than the index gives at a time', async () => {
  const { add, run, table } = start();
  for (let count = 0; count < 1_200; count += 1) await add();
  await run();
  expect([...table.values()].filter(({ status }) => status === 'EXPIRED')).toHaveLength(1_200);
});

test('a look that fails is repeated by its message; a watch that has ended is not looked at', async () => {
  const { handler } = start();
  const message = (body: string) => ({ messageId: body.slice(0, 3), body });
  expect(
    await handler({ Records: [message('not JSON'), message('{"requestId":"x"}')] }, {}),
  ).toEqual({ batchItemFailures: [] });
});

describe('with more work than one instance should do', () => {
  test('a run asks others for help, and each takes a shard', async () => {
    const { add, run, handler, sent, table } = start();
    const requestIds: string[] = [];
    for (let count = 0; count < 600; count += 1) requestIds.push(await add());
    await run();
    const isCall = ({ queueUrl }: OutgoingMessage) => queueUrl.endsWith('/watch');
    const calls = sent.filter(isCall).map(({ body, delaySeconds }) => [body, delaySeconds]);
    expect(calls).toEqual(
      [1, 2, 3, 4, 5, 6, 7].map((shard, index) => [`{"reconcileShard":${shard}}`, index]),
    );
    const statuses = new Set(requestIds.map((id) => table.get(id)?.status));
    expect(statuses).toEqual(new Set(['EXPIRED']));
    expect(sent.filter((message) => !isCall(message))).toHaveLength(600);
    expect(await handler(watchEvent('{"reconcileShard":1}'), {})).toEqual({
      batchItemFailures: [],
    });
  });

  test('a helper does its shard only, and asks for no help', async () => {
    const { add, handler, clock, sent, table } = start();
    const requestIds: string[] = [];
    for (let count = 0; count < 60; count += 1) requestIds.push(await add());
    await clock.sleep(LATER_MS);
    await handler(watchEvent('{"reconcileShard":1}'), {});
    const expired = requestIds.filter((id) => table.get(id)?.status === 'EXPIRED');
    expect(expired).toEqual(requestIds.filter((id) => dueShard(id) === 1));
    expect(expired.length).toBeGreaterThan(0);
    expect(sent).toHaveLength(expired.length);
  });
});

function watchEvent(body: string): SQSEvent {
  return { Records: [{ messageId: 'call', body } as SQSRecord] };
}
