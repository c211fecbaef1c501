import { describe, expect, test } from '@jest/globals';
import { callerIdOf } from '../../lib/aws/caller-id.ts';
import { problemType } from '../../lib/domain/problem.ts';
import { addAnnounced, deferred, received } from '../../lib/domain/record-transitions.ts';
import { requestList, requestResource } from '../../lib/domain/request-resource.ts';
import type { Metric } from '../../lib/metrics.ts';
import { NOW_MS, RETENTION_MS, uuidNumber } from '../support/create-api-ports.ts';
import { finishedRecord } from '../support/finished-record.ts';
import { AUDIT_QUEUE_URL, httpEvent, startRequests } from '../support/start-requests.ts';

const ANN = callerIdOf({ identity: ['iam', 'arn:aws:iam::123456789012:user/ann'] });
const REQUEST = uuidNumber(1);
const CONVERSATION = 'c0000000-0000-4000-8000-000000000001';
const mine = { requestId: REQUEST, callerId: ANN };
const context = (writeId: string) => ({ nowMs: NOW_MS, writeId, retentionMs: RETENTION_MS });
const nothing = { genesysCalls: 0, genesysCorrelationIds: [] };

describe('GET /requests/{requestId}', () => {
  const get = (path = `/requests/${REQUEST}`, options = {}) => httpEvent('GET', path, options);

  test('refuses a correlation id that is not printable ASCII, and names the header', async () => {
    const { send, create } = startRequests();
    await create(mine);
    const { status, body } = await send(get(undefined, { headers: { 'x-correlation-id': 'ü' } }));
    expect([status, body.type]).toEqual([400, problemType('invalid-header')]);
    expect(body.errors).toMatchObject([{ header: 'X-Correlation-Id' }]);
  });

  test('shows a queued request without what is not known yet', async () => {
    const { send, create } = startRequests();
    await create(mine);
    const { status, body } = await send(get());
    expect(status).toBe(200);
    expect(body).toEqual({
      requestId: REQUEST,
      conversationId: CONVERSATION,
      status: 'QUEUED',
      requestedAt: '2026-11-22T15:29:40.000Z',
      requestedBy: 'arn:aws:iam::123456789012:user/caller',
      deadline: '2026-11-22T15:39:40.000Z',
      correlationId: 'correlation-1',
      attempts: 0,
      dryRun: false,
      participants: [
        { id: 'a0000000-0000-4000-8000-000000000001', role: 'agent' },
        { id: 'a0000000-0000-4000-8000-000000000002', role: 'agent' },
      ],
    });
    expect(requestResource.safeParse(body).error).toBeUndefined();
  });

  test('shows what a waiting request waits for', async () => {
    const { send, create, store } = startRequests();
    const record = await create(mine);
    const begun = await store(record, received(record, context('1')));
    const waiting = {
      untilMs: NOW_MS + 5_000,
      code: 'RATE_LIMITED',
      detail: 'The budget is spent.',
    };
    const progress = { participants: begun.participants, ...nothing };
    await store(begun, deferred(begun, waiting, [], progress, context('2')));
    expect((await send(get())).body).toMatchObject({
      status: 'WAITING',
      attempts: 1,
      waiting: { until: '2026-11-22T15:29:45.000Z', code: 'RATE_LIMITED' },
    });
  });

  test('shows a final request with its result and its delivery', async () => {
    const { send, create, store } = startRequests();
    const record = await create(mine);
    const error = { status: 'FAILED', code: 'CONVERSATION_ENDED', error: 'It is over.' } as const;
    await store(record, finishedRecord(record, error));
    const { body } = await send(get());
    expect(body).toMatchObject({
      status: 'FAILED',
      code: 'CONVERSATION_ENDED',
      error: 'It is over.',
      finishedAt: '2026-11-22T15:29:41.000Z',
      latencyMs: 0,
      delivery: { status: 'PENDING', attempts: 0 },
    });
    expect(JSON.stringify(body)).not.toContain('null');
    expect(requestResource.safeParse(body).error).toBeUndefined();
  });

  test.each([
    ['an unknown id', `/requests/${uuidNumber(7)}`],
    ['an id that is no UUID', '/requests/latest'],
    ['a trailing slash', `/requests/${REQUEST}/`],
    ['no id', '/requests'],
    ['another path', '/'],
  ])('gives 404 for %s', async (_, path) => {
    const { send, create } = startRequests();
    await create(mine);
    const { status, body } = await send(get(path));
    expect([status, body.type]).toEqual([404, problemType('not-found')]);
  });

  test('is found under a stage and in upper case', async () => {
    const { send, create } = startRequests();
    await create(mine);
    expect((await send(get(`/prod/requests/${REQUEST.toUpperCase()}`))).status).toBe(200);
  });

  test('gives 404 for the request of another caller', async () => {
    const { send, create } = startRequests();
    await create({ ...mine, callerId: 'another caller' });
    expect((await send(get())).status).toBe(404);
  });

  test.each([
    ['*', 'arn:aws:iam::123456789012:user/ann'],
    ['arn:aws:iam::123456789012:user/ann', 'arn:aws:iam::123456789012:user/ann'],
    [
      'arn:aws:iam::123456789012:role/teams/support',
      'arn:aws:sts::123456789012:assumed-role/support/session-7',
    ],
  ])('shows all requests to READ_ALL_CALLERS (%s)', async (entry, userArn) => {
    const { send, create } = startRequests({ readAllCallers: [entry] });
    await create({ ...mine, callerId: 'another caller' });
    expect((await send(get(undefined, { userArn }))).status).toBe(200);
  });

  test('does not treat a role of the same name in another account as a READ_ALL_CALLER', async () => {
    const { send, create } = startRequests({
      readAllCallers: ['arn:aws:iam::123456789012:role/support'],
    });
    await create({ ...mine, callerId: 'another caller' });
    const userArn = 'arn:aws:sts::210987654321:assumed-role/support/session-7';
    expect((await send(get(undefined, { userArn }))).status).toBe(404);
  });

  test('waits for the result where it is asked to', async () => {
    const { send, create, clock } = startRequests();
    await create(mine);
    const { status, headers, body } = await send(get(undefined, { headers: { prefer: 'wait=2' } }));
    expect([status, body.status, headers['preference-applied']]).toEqual([200, 'QUEUED', 'wait=2']);
    expect(clock.now()).toBe(NOW_MS + 2_000);
  });

  test('gives 503 where the table cannot be reached', async () => {
    const { send, lines } = startRequests({
      records: {
        get: async () => {
          throw new Error('arn:aws:dynamodb');
        },
      } as never,
    });
    const { status, headers, body } = await send(get());
    expect([status, headers['retry-after'], body.type]).toEqual([
      503,
      '5',
      problemType('table-unavailable'),
    ]);
    expect(JSON.stringify(body)).not.toContain('arn:');
    expect(lines[0]).toMatchObject({ level: 'error', message: 'table failed' });
  });

  test.each(['POST', 'PUT', 'PATCH', 'HEAD'])('gives 405 for %s', async (method) => {
    const { status, headers } = await startRequests().send(
      httpEvent(method, `/requests/${REQUEST}`),
    );
    expect([status, headers.allow]).toEqual([405, 'GET, DELETE']);
  });
});

describe('GET /conversations/{conversationId}/requests', () => {
  const list = (query = {}) =>
    httpEvent('GET', `/conversations/${CONVERSATION}/requests`, { query });

  async function withRequests(count: number, others = 0) {
    const system = startRequests();
    for (let number = 1; number <= count + others; number += 1) {
      const requestedAtMs = NOW_MS + number;
      const callerId = number <= count ? ANN : 'another caller';
      await system.create({ requestId: uuidNumber(number), callerId, requestedAtMs });
    }
    return system;
  }

  test('lists the newest first, a page at a time', async () => {
    const { send } = await withRequests(5);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { status, body } = await send(list({ limit: '2', ...(cursor ? { cursor } : {}) }));
      expect(status).toBe(200);
      expect(requestList.safeParse(body).error).toBeUndefined();
      seen.push(...body.requests.map(({ requestId }: { requestId: string }) => requestId));
      cursor = body.nextCursor;
    } while (cursor);
    expect(seen).toEqual([5, 4, 3, 2, 1].map(uuidNumber));
  });

  test('fills its pages with the requests that the caller may see', async () => {
    const { send } = await withRequests(2, 6);
    const { body } = await send(list({ limit: '2' }));
    expect(body.requests).toHaveLength(2);
  });

  test('is empty for a conversation without requests', async () => {
    expect((await startRequests().send(list())).body).toEqual({ requests: [] });
  });

  test.each([
    [{ limit: '0' }, 'limit'],
    [{ limit: '101' }, 'limit'],
    [{ limit: 'all' }, 'limit'],
    [{ cursor: 'x' }, 'cursor'],
  ])('gives 400 for %j', async (query, parameter) => {
    const { status, body } = await startRequests().send(list(query));
    expect([status, body.type]).toEqual([400, problemType('invalid-parameter')]);
    expect(body.errors).toMatchObject([{ parameter }]);
  });

  test('gives 405 for DELETE', async () => {
    const event = httpEvent('DELETE', `/conversations/${CONVERSATION}/requests`);
    expect((await startRequests().send(event)).status).toBe(405);
  });
});

describe('DELETE /requests/{requestId}', () => {
  const cancel = () => httpEvent('DELETE', `/requests/${REQUEST}`);

  test('cancels a request: a result and an event like any other', async () => {
    const metrics: Metric[] = [];
    const { send, create, sent, lines, table } = startRequests({
      putMetrics: (...some) => metrics.push(...some),
    });
    await create(mine);
    const { status, body } = await send(cancel());
    expect([status, body.status, body.code]).toEqual([200, 'CANCELLED', 'CANCELLED']);
    expect(lines.filter(({ message }) => message === 'result')).toHaveLength(1);
    expect(metrics).toEqual([{ name: 'ResultsCancelled', unit: 'Count', value: 1 }]);
    expect(sent).toMatchObject([
      { queueUrl: AUDIT_QUEUE_URL, attributes: { event_id: `evt_${REQUEST}` } },
    ]);
    expect(JSON.parse(sent[0]?.body ?? '')).toMatchObject({
      event: 'participant_add_failed',
      audit: { status: 'CANCELLED', request_id: REQUEST },
    });
    expect(table.get(REQUEST)?.result?.body).toBe(sent[0]?.body);
    expect(table.get(REQUEST)?.result?.sentAtMs).toBe(NOW_MS);
  });

  test('gives 200 again for a request that is cancelled already, and sends no second event', async () => {
    const { send, create, sent } = startRequests();
    await create(mine);
    await send(cancel());
    const { status, body } = await send(cancel());
    expect([status, body.status, sent.length]).toEqual([200, 'CANCELLED', 1]);
  });

  test('gives 409 once an add was announced', async () => {
    const { send, create, store, sent } = startRequests();
    const record = await create(mine);
    const add = { contract: 'platform', positions: [0], snapshot: [] } as const;
    const progress = { participants: record.participants, ...nothing };
    await store(
      record,
      addAnnounced(record, { ...add, positions: [0], snapshot: [] }, progress, context('1')),
    );
    const { status, body } = await send(cancel());
    expect([status, body.type, sent]).toEqual([409, problemType('too-late'), []]);
  });

  test('gives 409 for a request that has ended otherwise', async () => {
    const { send, create, store } = startRequests();
    const record = await create(mine);
    await store(record, finishedRecord(record));
    const { status, body } = await send(cancel());
    expect([status, body.detail]).toEqual([409, 'The request has ended as SUCCESS.']);
  });

  test('reads again where the adder wrote at the same time, and still cancels', async () => {
    const system = startRequests();
    const { create, store, records, table } = system;
    const record = await create(mine);
    let races = 2;
    const racing = {
      ...records,
      replace: async (...[previous, next]: Parameters<typeof records.replace>) => {
        const current = table.get(REQUEST);
        if (races > 0 && current) {
          races -= 1;
          await store(current, received(current, context(`race-${races}`)));
        }
        return records.replace(previous, next);
      },
    };
    const { send, sent } = startRequests({ records: racing });
    expect(record.receives).toBe(0);
    expect((await send(cancel())).body.status).toBe('CANCELLED');
    expect(sent).toHaveLength(1);
  });

  test('is done although the event cannot be sent: the reconciler sends it', async () => {
    const { send, create, table, lines } = startRequests({
      sendMessage: async () => {
        throw new Error('no queue');
      },
    });
    await create(mine);
    const { status, body } = await send(cancel());
    expect([status, body.status]).toEqual([200, 'CANCELLED']);
    expect(table.get(REQUEST)?.result?.sentAtMs).toBeUndefined();
    expect(table.get(REQUEST)?.dueAtMs).toBeDefined();
    expect(lines[0]).toMatchObject({ level: 'warn', message: 'result not sent yet' });
  });

  test('gives 404 for the request of another caller, and leaves it alone', async () => {
    const { send, create, table } = startRequests();
    await create({ ...mine, callerId: 'another caller' });
    expect((await send(cancel())).status).toBe(404);
    expect(table.get(REQUEST)?.status).toBe('QUEUED');
  });

  // Bug: API Gateway gives these paths to `/requests/{proxy+}`, which asks for the scope to read, and the end
  // of the path named a request to cancel. Fix: what follows `/requests/` is an id, or nothing is found.
  test.each([
    `/requests/x/requests/${REQUEST}`,
    `/prod/requests/${REQUEST}/requests/${REQUEST}`,
    `/requests//requests/${REQUEST}`,
    `/requests/conversations/x/requests/${REQUEST}`,
  ])('gives 404 for %s, which another route with other scopes serves', async (path) => {
    const { send, create, table } = startRequests();
    await create(mine);
    expect((await send(httpEvent('DELETE', path))).status).toBe(404);
    expect(table.get(REQUEST)?.status).toBe('QUEUED');
  });

  test('gives 404 where the route matched more than an id, however the path is encoded', async () => {
    const { send, create, table } = startRequests();
    await create(mine);
    const event = httpEvent('DELETE', `/%72equests/x/requests/${REQUEST}`);
    const pathParameters = { proxy: `x/requests/${REQUEST}` };
    expect((await send({ ...event, pathParameters })).status).toBe(404);
    expect(table.get(REQUEST)?.status).toBe('QUEUED');
  });
});

describe('the data action', () => {
  test('gets a flat result in which every field is present', async () => {
    const { act, create, store } = startRequests({ readAllCallers: ['genesys-data-action'] });
    const record = await create(mine);
    expect(await act({ requestId: REQUEST })).toEqual({
      requestId: REQUEST,
      status: 'QUEUED',
      deadline: '2026-11-22T15:39:40.000Z',
      code: '',
      error: '',
      added: 0,
      notAdded: 0,
    });
    await store(record, finishedRecord(record));
    expect(await act({ requestId: REQUEST, waitSeconds: 5 })).toMatchObject({
      status: 'SUCCESS',
      added: 2,
      notAdded: 0,
    });
  });

  test.each([
    [{ requestId: uuidNumber(9) }, 'does not exist'],
    [{ requestId: 'latest', wait: 1 }, 'wait is not a field of this object; remove it; requestId'],
    [{ requestId: REQUEST, waitSeconds: 'long' }, 'waitSeconds must be a number'],
    [httpEvent('GET', `/requests/${REQUEST}`), 'An API Gateway event is not accepted'],
    [null, 'Invalid input'],
  ])('throws for %j', async (input, message) => {
    const { act, create } = startRequests({ readAllCallers: ['*'] });
    await create(mine);
    await expect(act(input)).rejects.toThrow(message);
  });
});
