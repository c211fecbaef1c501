import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { problemType } from '../../lib/domain/problem.ts';
import { problemDocument } from '../../lib/domain/problem-document.ts';
import { newRecord, received } from '../../lib/domain/record-transitions.ts';
import { parseRequestMessage } from '../../lib/domain/request-message.ts';
import { NOW_MS, uuidNumber } from '../support/create-api-ports.ts';
import { finishedRecord } from '../support/finished-record.ts';
import { newRequest } from '../support/new-request.ts';
import {
  eventWithBody,
  eventWithHeaders,
  QUEUE_URL,
  readEvent,
  startIntake,
} from '../support/start-intake.ts';

const CONVERSATION = 'b0a7ca11-0000-4000-8000-000000000001';
const ADA = 'a9e7c000-0000-4000-8000-000000000001';

describe('an accepted request', () => {
  test('gets 202 with its id, its deadline and the correlation id', async () => {
    const response = await startIntake().send(readEvent('http-api-v2.three-users'));
    expect(response.status).toBe(202);
    expect(response.headers).toEqual({
      'content-type': 'application/json',
      'x-correlation-id': uuidNumber(1),
      location: `/requests/${uuidNumber(1)}`,
    });
    expect(response.body).toEqual({
      requestId: uuidNumber(1),
      conversationId: CONVERSATION,
      status: 'QUEUED',
      deadline: '2026-11-22T15:34:40.000Z',
    });
  });

  test('is one message of its conversation on the queue, in its published form', async () => {
    const { send, sent } = startIntake();
    await send(readEvent('http-api-v2.three-users'));
    expect(sent).toEqual([
      {
        queueUrl: QUEUE_URL,
        groupId: CONVERSATION,
        deduplicationId: uuidNumber(1),
        body: expect.any(String),
      },
    ]);
    expect(JSON.parse(sent[0]?.body ?? '')).toEqual({
      version: 2,
      requestId: uuidNumber(1),
      conversationId: CONVERSATION,
      participants: [
        { id: ADA, role: 'agent' },
        { id: 'a9e7c000-0000-4000-8000-000000000004', role: 'agent' },
        { id: 'a9e7c000-0000-4000-8000-000000000008', role: 'agent' },
      ],
      dryRun: false,
      onlyIfReachable: false,
      requestedAt: '2026-11-22T15:29:40.000Z',
      deadline: '2026-11-22T15:34:40.000Z',
      correlationId: uuidNumber(1),
      requestedBy: 'arn:aws:sts::123456789012:assumed-role/routing-service/i-0a1b2c3d4e5f60718',
    });
  });

  test('is read back by the adder as it was meant', async () => {
    const { send, sent } = startIntake();
    await send(eventWithBody({ participants: [{ address: 'sip:ann@example.com' }] }));
    const parsed = parseRequestMessage(sent[0]?.body ?? '', { messageId: 'm', sentAtMs: NOW_MS });
    expect(parsed).toMatchObject({
      ok: true,
      request: {
        participants: [{ address: 'sip:ann@example.com', role: 'customer' }],
        requestedAtMs: NOW_MS,
        deadlineMs: NOW_MS + 600_000,
      },
    });
  });

  test('keeps to one group whatever the case of the conversation id', async () => {
    const { send, sent } = startIntake();
    const event = readEvent('http-api-v2.three-users');
    event.pathParameters.conversationId = CONVERSATION.toUpperCase();
    const response = await send(event);
    expect(response.body.conversationId).toBe(CONVERSATION);
    expect(sent[0]?.groupId).toBe(CONVERSATION);
  });

  test('carries the trace on behind the queue', async () => {
    const trace = 'Root=1-6921d5f4-1f2e3d4c5b6a798001234567;Parent=53995c3f42cd8ad8;Sampled=1';
    const { send, sent } = startIntake({ traceHeader: () => trace });
    await send(readEvent('http-api-v2.three-users'));
    expect(sent[0]?.traceHeader).toBe(trace);
  });

  test('leaves one log line and one metric', async () => {
    const { send, lines, metrics } = startIntake();
    await send(readEvent('http-api-v2.idempotency-key'));
    expect(lines).toEqual([
      {
        level: 'info',
        message: 'accepted',
        fields: {
          request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          correlation_id: 'order-2026-11-22/0815',
          conversation_id: CONVERSATION,
          participants: 3,
          requested_by:
            'arn:aws:sts::123456789012:assumed-role/routing-service/i-0a1b2c3d4e5f60718',
        },
      },
    ]);
    expect(metrics).toEqual([{ name: 'RequestsAccepted', unit: 'Count', value: 1 }]);
  });

  test('may name twenty participants in a body of 64 KiB', async () => {
    const participants = Array.from({ length: 20 }, (_, index) => ({ id: uuidNumber(index) }));
    const text = JSON.stringify({ participants }).padEnd(64 * 1024, ' ');
    expect((await startIntake().send(eventWithBody(text))).status).toBe(202);
  });

  test.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=UTF-8',
    'application/json;charset="utf-8"; v=1',
    'application/vnd.api+json',
  ])('may be declared as %s', async (type) => {
    const response = await startIntake().send(eventWithHeaders({ 'content-type': type }));
    expect(response.status).toBe(202);
  });

  test('may begin with a byte order mark', async () => {
    const event = eventWithBody(`\ufeff${JSON.stringify({ participants: [{ id: ADA }] })}`);
    expect((await startIntake().send(event)).status).toBe(202);
  });
});

describe('the idempotency key', () => {
  const event = () => readEvent('http-api-v2.idempotency-key');
  const requestIdOf = async (altered: unknown) =>
    (await startIntake().send(altered)).body.requestId;

  test('gives a repeat the same request id, and marks it', async () => {
    const { send, table } = startIntake();
    const [first, second] = [await send(event()), await send(event())];
    expect(second.body).toEqual(first.body);
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(table.size).toBe(1);
  });

  test('sends the message again as long as no receive has touched the record', async () => {
    // Bug: a crash between the record and the message left a request that no repeat could start.
    const { send, store, sent, table } = startIntake();
    await send(event());
    await send(event());
    expect(new Set(sent.map(({ body }) => body)).size).toBe(1);
    expect(sent.map(({ deduplicationId }) => deduplicationId)).toEqual([
      sent[0]?.deduplicationId,
      sent[0]?.deduplicationId,
    ]);
    const [record] = [...table.values()];
    if (!record) throw new Error('no record');
    await store(record, received(record, { nowMs: NOW_MS, writeId: 'w', retentionMs: 1 }));
    const third = await send(event());
    expect(sent).toHaveLength(2);
    expect(third.body).toMatchObject({ status: 'IN_PROGRESS' });
  });

  test('keeps the deadline of the first try', async () => {
    const { send, clock } = startIntake();
    const first = await send(event());
    await clock.sleep(30_000);
    expect((await send(event())).body.deadline).toBe(first.body.deadline);
  });

  test.each<[string, (event: ReturnType<typeof readEvent>) => void]>([
    [
      'conversation',
      ({ pathParameters }) => {
        pathParameters.conversationId = uuidNumber(9);
      },
    ],
    [
      'body',
      (event) => {
        event.body = JSON.stringify({ participants: [{ id: ADA }] });
      },
    ],
    [
      'deadline',
      (event) => {
        event.body = event.body.replace('300', '301');
      },
    ],
    [
      'option',
      (event) => {
        event.body = event.body.replace('"deadlineSeconds"', '"dryRun": true, "deadlineSeconds"');
      },
    ],
  ])('with another %s is refused', async (_, alter) => {
    const { send, sent } = startIntake();
    await send(event());
    const other = event();
    alter(other);
    const response = await send(other);
    expect(response.status).toBe(422);
    expect(response.body.type).toBe(problemType('idempotency-key-reused'));
    expect(sent).toHaveLength(1);
  });

  // Bug: `instance` was the id derived from the key, so all refusals of one key had the same.
  // Fix: it is an id of the invocation.
  test('has another `instance` each time it is refused', async () => {
    const { send, lines } = startIntake();
    await send(event());
    const other = { ...event(), body: JSON.stringify({ participants: [{ id: ADA }] }) };
    const instances = [await send(other), await send(other)].map(({ body }) => body.instance);
    expect(new Set(instances).size).toBe(2);
    const refused = lines.filter(({ message }) => message === 'refused');
    const requestId = await requestIdOf(event());
    expect(refused.map(({ fields }) => fields)).toMatchObject(
      instances.map((instance) => ({
        occurrence_id: instance.replace('urn:uuid:', ''),
        request_id: requestId,
      })),
    );
  });

  test('of a request that a direct sender created under the same id is refused', async () => {
    const { send, records } = startIntake();
    const requestId = await requestIdOf(event());
    await records.create(
      newRecord(newRequest({ requestId, origin: 'queue' }), {
        nowMs: NOW_MS,
        writeId: 'w',
        retentionMs: 1_000_000,
      }),
    );
    expect((await send(event())).status).toBe(422);
  });

  test('does not depend on the order of JSON keys, on defaults or on the case of ids', async () => {
    const { send } = startIntake();
    const verbose = {
      ...event(),
      body: JSON.stringify({
        deadlineSeconds: 600,
        dryRun: null,
        onlyIfReachable: false,
        participants: [{ role: 'agent', id: ADA.toUpperCase() }],
      }),
    };
    const terse = { ...event(), body: JSON.stringify({ participants: [{ id: ADA }] }) };
    await send(verbose);
    expect((await send(terse)).headers['idempotency-replayed']).toBe('true');
  });

  test('does not depend on the correlation id', async () => {
    const { send } = startIntake();
    const other = event();
    other.headers['x-correlation-id'] = 'another';
    await send(event());
    expect((await send(other)).headers['idempotency-replayed']).toBe('true');
  });

  test('recognises a service that comes back under another session of its role', async () => {
    const other = event();
    const { iam } = other.requestContext.authorizer;
    iam.userArn = iam.userArn.replace(/[^/]+$/, 'i-another-instance');
    expect(await requestIdOf(other)).toBe(await requestIdOf(event()));
  });

  test.each<[string, (event: ReturnType<typeof readEvent>) => void]>([
    [
      'key',
      ({ headers }) => {
        headers['idempotency-key'] = 'another';
      },
    ],
    [
      'caller',
      ({ requestContext }) => {
        requestContext.authorizer.iam.userArn = 'arn:aws:sts::123456789012:assumed-role/other/s';
      },
    ],
  ])('of another %s is another request', async (_, alter) => {
    const other = event();
    alter(other);
    const { send, sent } = startIntake();
    await send(event());
    const response = await send(other);
    expect(response.status).toBe(202);
    expect(sent).toHaveLength(2);
    expect(response.body.requestId).not.toBe(await requestIdOf(event()));
  });

  test('of two requests at the same time makes one request', async () => {
    const { send, table } = startIntake();
    const responses = await Promise.all(Array.from({ length: 5 }, () => send(event())));
    expect(new Set(responses.map(({ body }) => body.requestId)).size).toBe(1);
    expect(responses.filter(({ headers }) => 'idempotency-replayed' in headers)).toHaveLength(4);
    expect(table.size).toBe(1);
  });

  test('is found in a header of any case', async () => {
    const other = event();
    other.headers['Idempotency-KEY'] = other.headers['idempotency-key'];
    delete other.headers['idempotency-key'];
    expect(await requestIdOf(other)).toBe(await requestIdOf(event()));
  });

  test('is not needed: without it every request is its own', async () => {
    const { send } = startIntake();
    const plain = readEvent('http-api-v2.three-users');
    const [first, second] = [await send(plain), await send(plain)];
    expect(second.body.requestId).not.toBe(first.body.requestId);
  });
});

describe('a refused request', () => {
  test('gets a problem document that fits its schema', async () => {
    const { status, headers, body } = await startIntake().send(
      eventWithBody({ participants: [{ id: ADA, role: 'boss' }] }),
    );
    expect(status).toBe(422);
    expect(headers).toEqual({
      'content-type': 'application/problem+json',
      'x-correlation-id': uuidNumber(1),
    });
    expect(body).toEqual({
      type: 'urn:genesys-automated-adder:problem:invalid-request',
      title: 'Invalid request',
      status: 422,
      detail: 'One field is invalid.',
      instance: `urn:uuid:${uuidNumber(1)}`,
      errors: [
        {
          pointer: '/participants/0/role',
          detail: 'must be one of agent, customer, observer, supervisor',
        },
      ],
    });
    expect(problemDocument.safeParse(body).success).toBe(true);
  });

  test('keeps the correlation id that it came with', async () => {
    const response = await startIntake().send({
      ...eventWithHeaders({ 'x-correlation-id': 'order-7' }),
      body: '[]',
    });
    expect(response.headers['x-correlation-id']).toBe('order-7');
  });

  test.each(['Prüfung', 'x'.repeat(129), '', 'a\nb'])(
    'with the correlation id %j is given another one, and told so',
    async (id) => {
      const response = await startIntake().send(eventWithHeaders({ 'x-correlation-id': id }));
      expect(response.status).toBe(400);
      expect(response.headers['x-correlation-id']).toBe(uuidNumber(1));
      expect(response.body.detail).toContain('X-Correlation-Id');
    },
  );

  test.each(['', 'x'.repeat(256), 'schlüssel', 'a\tb'])(
    'with the idempotency key %j is told so',
    async (key) => {
      const response = await startIntake().send(eventWithHeaders({ 'idempotency-key': key }));
      expect(response.status).toBe(400);
      expect(response.body.type).toBe(problemType('invalid-header'));
      expect(response.body.errors?.[0]).toMatchObject({ header: 'Idempotency-Key', pointer: '' });
    },
  );

  test.each([
    ['text/plain', 'Content-Type'],
    ['application/jsonp', 'Content-Type'],
    ['application/json; charset=iso-8859-1', 'Content-Type'],
    ['', 'Content-Type'],
    [undefined, 'Content-Type'],
  ])('declared as %j gets 415', async (type, header) => {
    const response = await startIntake().send(eventWithHeaders({ 'content-type': type }));
    expect(response.status).toBe(415);
    expect(response.body.errors?.[0]?.header).toBe(header);
  });

  test('that is compressed gets 415', async () => {
    const response = await startIntake().send(eventWithHeaders({ 'content-encoding': 'gzip' }));
    expect(response.status).toBe(415);
    expect(response.body.errors?.[0]?.header).toBe('Content-Encoding');
  });

  test('without body and content type is told of the body', async () => {
    const event = eventWithHeaders({ 'content-type': undefined });
    delete event.body;
    const response = await startIntake().send(event);
    expect([response.status, response.body.type]).toEqual([400, problemType('no-body')]);
  });

  test.each([
    ['in plain text', (text: string) => eventWithBody(text)],
    [
      'in base64',
      (text: string) => ({
        ...eventWithBody(Buffer.from(text).toString('base64')),
        isBase64Encoded: true,
      }),
    ],
  ])('over 64 KiB %s gets 413', async (_, wrap) => {
    const text = JSON.stringify({ participants: [{ id: ADA }] }).padEnd(64 * 1024 + 1, ' ');
    const response = await startIntake().send(wrap(text));
    expect(response.status).toBe(413);
  });

  test('is measured in bytes, not in characters', async () => {
    const response = await startIntake().send(eventWithBody(`"${'ü'.repeat(33_000)}"`));
    expect(response.status).toBe(413);
  });

  test('in a wrong encoding gets 400', async () => {
    const body = Buffer.from('{"participants":[{"id":"\xfc"}]}', 'latin1').toString('base64');
    const response = await startIntake().send({ ...eventWithBody(body), isBase64Encoded: true });
    expect(response.status).toBe(400);
    expect(response.body.errors).toEqual([{ pointer: '', detail: 'is not UTF-8' }]);
  });

  test('with broken JSON is told where it breaks, and nothing of what it said', async () => {
    const response = await startIntake().send(
      eventWithBody('{"participants":\n[{"id":"secret",}]}'),
    );
    expect(response.status).toBe(400);
    expect(response.body.errors?.[0]?.detail).toBe('is not JSON (line 2 column 17)');
    expect(JSON.stringify(response.body)).not.toContain('secret');
  });

  test('for ten thousand people gets one error, not ten thousand', async () => {
    const response = await startIntake().send(
      eventWithBody({ participants: Array.from({ length: 10_000 }, () => ({})) }),
    );
    expect(response.status).toBe(422);
    expect(response.body.errors).toEqual([
      { pointer: '/participants', detail: 'must name at most 20 participants' },
    ]);
  });

  test('with thousands of unknown fields gets a hundred errors and their number', async () => {
    const fields = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, index) => [`f${index}`, 1]),
    );
    const response = await startIntake().send(
      eventWithBody({ participants: [{ id: ADA }], ...fields }),
    );
    expect(response.body.detail).toBe('5000 fields are invalid. The first 100 are listed.');
    expect(response.body.errors).toHaveLength(100);
  });

  test('with a trailing slash in its path gets 404, as from API Gateway', async () => {
    const event = readEvent('http-api-v2.three-users');
    event.rawPath += '/';
    event.requestContext.http.path += '/';
    expect((await startIntake().send(event)).status).toBe(404);
  });

  test('that names a string for participants gets one error', async () => {
    const response = await startIntake().send(eventWithBody({ participants: 'ann' }));
    expect(response.body.errors).toEqual([
      { pointer: '/participants', detail: 'must be an array of participants' },
    ]);
  });

  test('that is gzip without saying so is told that it is compressed', async () => {
    const body = gzipSync(JSON.stringify({ participants: [{ id: ADA }] })).toString('base64');
    const response = await startIntake().send({ ...eventWithBody(body), isBase64Encoded: true });
    expect(response.status).toBe(415);
    expect(response.body.detail).toContain('gzip');
  });

  test('with another method gets 405 and the method that is allowed', async () => {
    const event = readEvent('http-api-v2.three-users');
    event.requestContext.http.method = 'PUT';
    const response = await startIntake().send(event);
    expect(response.status).toBe(405);
    expect(response.headers.allow).toBe('POST');
  });

  test.each([{}, null, undefined, 'text', 7, [], { headers: null, pathParameters: [] }])(
    'that no API Gateway sent (%j) gets 404',
    async (event) => {
      expect((await startIntake().send(event)).status).toBe(404);
    },
  );

  test('leaves one log line that names the fields and none of their values', async () => {
    const { send, lines, metrics } = startIntake();
    await send({
      ...readEvent('http-api-v2.wrong-fields'),
      body: JSON.stringify({
        participants: [{ address: '+49 30 901820', '+4930901820': true }],
        'Ada Lovelace': 1,
      }),
    });
    expect(lines).toEqual([
      {
        level: 'warn',
        message: 'refused',
        fields: {
          request_id: uuidNumber(1),
          occurrence_id: uuidNumber(1),
          correlation_id: uuidNumber(1),
          status: 422,
          problem: 'invalid-request',
          pointers: ['/conversationId', '/participants/0/address', '/participants/0/*', '/*'],
          requested_by:
            'arn:aws:sts::123456789012:assumed-role/routing-service/i-0a1b2c3d4e5f60718',
        },
      },
    ]);
    expect(metrics).toEqual([{ name: 'RequestsRefused', unit: 'Count', value: 1 }]);
  });
});

describe('a request that cannot be queued', () => {
  const failing = (error: unknown) =>
    startIntake({
      sendMessage: async () => {
        throw error;
      },
    });
  const awsError = (name: string, httpStatusCode?: number) =>
    Object.assign(new Error('arn:aws:sqs:us-east-1:123456789012:requests.fifo did not take it'), {
      name,
      ...(httpStatusCode ? { $metadata: { httpStatusCode } } : {}),
    });

  test.each([
    ['AccessDeniedException', 400, 'configuration'],
    ['QueueDoesNotExist', 400, 'configuration'],
    ['CredentialsProviderError', undefined, 'configuration'],
    ['ThrottlingException', 400, 'unavailable'],
    ['RequestThrottled', 403, 'unavailable'],
    ['TooManyRequests', 429, 'unavailable'],
    ['InternalFailure', 500, 'unavailable'],
    ['TimeoutError', undefined, 'unavailable'],
  ])('because of %s (%s) gets 503, and the log says %s', async (name, status, reason) => {
    const error = awsError(name, status);
    const { send, lines, metrics } = failing(error);
    const response = await send(readEvent('http-api-v2.three-users'));
    expect(response.status).toBe(503);
    expect(response.headers['retry-after']).toBe('5');
    expect(response.body.type).toBe(problemType('queue-unavailable'));
    expect(JSON.stringify(response.body)).not.toContain('arn:aws');
    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      ['error', 'send failed'],
      ['warn', 'refused'],
    ]);
    expect(lines[0]?.fields).toMatchObject({ reason, conversation_id: CONVERSATION });
    const logged = lines[0]?.fields.error as Error | undefined;
    // A denial is explained, and keeps its cause.
    expect(name === 'AccessDeniedException' ? logged?.cause : logged).toBe(error);
    expect(metrics).toEqual([{ name: 'RequestsFailed', unit: 'Count', value: 1 }]);
  });

  test('because of something that is no error gets 503 all the same', async () => {
    const { send } = failing(undefined);
    expect((await send(readEvent('http-api-v2.three-users'))).status).toBe(503);
  });

  test('keeps its record and its request id for the repeat', async () => {
    let fails = true;
    const { send, table } = startIntake({
      sendMessage: async () => {
        if (fails) throw awsError('TimeoutError');
      },
    });
    const event = readEvent('http-api-v2.idempotency-key');
    const refused = await send(event);
    fails = false;
    const accepted = await send(event);
    expect([refused.status, accepted.status]).toEqual([503, 202]);
    expect([...table.keys()]).toEqual([accepted.body.requestId]);
  });
});

describe('a request that cannot be recorded', () => {
  test('gets 503 and is not queued', async () => {
    const { send, sent, lines } = startIntake({
      records: {
        create: async () => {
          throw Object.assign(new Error('arn:aws:dynamodb:…'), { name: 'TimeoutError' });
        },
        get: async () => undefined,
      },
    });
    const response = await send(readEvent('http-api-v2.three-users'));
    expect(response.status).toBe(503);
    expect(response.headers['retry-after']).toBe('5');
    expect(response.body.type).toBe(problemType('table-unavailable'));
    expect(JSON.stringify(response.body)).not.toContain('arn:aws');
    expect(sent).toEqual([]);
    expect(lines[0]).toMatchObject({ level: 'error', message: 'table failed' });
  });
});

describe('the quota of a caller', () => {
  test('gives 429 with the time to wait, and nothing is recorded or queued', async () => {
    const { send, sent, table } = startIntake({ takeFromQuota: async () => 17 });
    const response = await send(readEvent('http-api-v2.three-users'));
    expect(response.status).toBe(429);
    expect(response.headers['retry-after']).toBe('17');
    expect(response.body.type).toBe(problemType('quota-exceeded'));
    expect([sent, table.size]).toEqual([[], 0]);
  });

  test('that cannot be counted gives 503', async () => {
    const { send, sent } = startIntake({
      takeFromQuota: async () => {
        throw new Error('no table');
      },
    });
    expect((await send(readEvent('http-api-v2.three-users'))).status).toBe(503);
    expect(sent).toEqual([]);
  });
});

describe('addresses', () => {
  test.each([
    ['+19005551234', 'The rule !+1900 of ALLOWED_ADDRESSES'],
    ['sip:ann@evil.example', 'No rule of ALLOWED_ADDRESSES'],
    ['sip:ann@example.com;maddr=10.0.0.1', 'maddr'],
  ])('%s is refused, and the rule named', async (address, rule) => {
    const response = await startIntake().send(eventWithBody({ participants: [{ address }] }));
    expect(response.status).toBe(422);
    expect(response.body.errors?.[0]).toMatchObject({ pointer: '/participants/0/address' });
    expect(response.body.errors?.[0]?.detail).toContain(rule);
  });
});

describe('Prefer: wait', () => {
  const waiting = (prefer: string) => ({
    ...readEvent('http-api-v2.three-users'),
    headers: { 'content-type': 'application/json', prefer },
  });

  test('responds with 202 and the current status if the result is not there in time', async () => {
    const { send, clock } = startIntake();
    const response = await send(waiting('wait=3'));
    expect(response.status).toBe(202);
    expect(response.headers['preference-applied']).toBe('wait=3');
    expect(clock.now()).toBe(NOW_MS + 3_000);
  });

  test('responds with 200 and the request as soon as it is final', async () => {
    const { send, store, clock, table } = startIntake({
      sendMessage: async () => {
        const [record] = [...table.values()];
        if (record) await store(record, finishedRecord(record));
      },
    });
    const response = await send(waiting('respond-async, wait=20'));
    expect(response.status).toBe(200);
    expect(response.body).toMatchObject({ status: 'SUCCESS', requestId: uuidNumber(1) });
    expect(clock.now()).toBe(NOW_MS + 250);
  });

  test.each(['wait=soon', 'wait', 'respond-async', 'wait=0'])('ignores %j', async (prefer) => {
    const response = await startIntake().send(waiting(prefer));
    expect(response.status).toBe(202);
    expect(response.headers).not.toHaveProperty('preference-applied');
  });

  test('is capped at 20 seconds', async () => {
    const response = await startIntake().send(waiting('wait=3600'));
    expect(response.headers['preference-applied']).toBe('wait=20');
  });

  test('is not honoured while every slot is taken', async () => {
    const response = await startIntake({
      waitForResult: async (record) => ({ record, applied: false }),
    }).send(waiting('wait=5'));
    expect(response.status).toBe(202);
    expect(response.headers).not.toHaveProperty('preference-applied');
  });
});

describe('Location', () => {
  test('has the stage and the base path of the caller', async () => {
    const event = readEvent('http-api-v2.three-users');
    event.rawPath = `/prod${event.rawPath}`;
    event.requestContext.http.path = event.rawPath;
    const response = await startIntake().send(event);
    expect(response.headers.location).toBe(`/prod/requests/${uuidNumber(1)}`);
  });

  test('is relative behind a custom domain, whose base path format 2.0 does not say', async () => {
    const event = readEvent('http-api-v2.three-users');
    event.requestContext.domainName = 'api.example.com';
    const { headers } = await startIntake().send(event);
    const url = `https://api.example.com/base/conversations/${CONVERSATION}/participants`;
    expect(new URL(headers.location ?? '', url).href).toBe(
      `https://api.example.com/base/requests/${uuidNumber(1)}`,
    );
  });
});

describe('a defect', () => {
  test('gets 500 without its cause, which is logged', async () => {
    const { send, sent, lines } = startIntake({
      clock: {
        now: () => {
          throw new Error('the clock stood still at /var/task/index.mjs');
        },
      },
    });
    const response = await send(readEvent('http-api-v2.three-users'));
    expect(response.status).toBe(500);
    expect(response.headers['x-correlation-id']).toBe(uuidNumber(1));
    expect(JSON.stringify(response.body)).not.toContain('clock');
    expect(lines[0]).toMatchObject({ level: 'error', message: 'defect' });
    expect(sent).toEqual([]);
  });
});
