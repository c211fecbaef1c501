import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { HttpOrDataAction } from '../../lib/api/or-data-action.ts';
import { createSendMessage } from '../../lib/aws/send-message.ts';
import { parseRequestMessage } from '../../lib/domain/request-message.ts';
import { type Listening, listen } from '../../local/listen.ts';
import { type LocalQueue, type LocalSqs, startSqs } from '../../local/sqs/start-sqs.ts';
import { readEvent, startIntake } from '../support/start-intake.ts';
import { type RequestsTable, startRequestsTable } from '../support/start-requests-table.ts';

/** Faults of a request to SQS and of its response. */
type Line = (deliver: () => void, incoming: IncomingMessage, outgoing: ServerResponse) => void;

const LINE = {
  good: (deliver) => deliver(),
  cut: (_, incoming) => incoming.socket.destroy(),
  silent: () => {},
  accessDenied: (_, incoming, outgoing) => {
    incoming.resume();
    outgoing.writeHead(403, {
      'content-type': 'application/x-amz-json-1.0',
      'x-amzn-query-error': 'AccessDenied;Sender',
    });
    outgoing.end('{"__type":"com.amazonaws.sqs#AccessDenied","message":"not allowed"}');
  },
} satisfies Record<string, Line>;

let sqs: LocalSqs;
let table: RequestsTable;
let queue: LocalQueue;
let wire: Listening;
let client: SQSClient;
let handler: HttpOrDataAction;
let line: Line;
/** Number of responses of SQS that are lost. */
let responsesToLose: number;
let tries: number;

/** A proxy between intake and SQS, which a test can break. */
function createWire() {
  return createServer((incoming, outgoing) => {
    tries += 1;
    const deliver = () => {
      const forwarded = httpRequest(
        new URL(incoming.url ?? '/', sqs.endpoint),
        { method: incoming.method, headers: incoming.headers },
        (response) => {
          if (responsesToLose > 0) {
            responsesToLose -= 1;
            response.resume().on('end', () => incoming.socket.destroy());
            return;
          }
          outgoing.writeHead(response.statusCode ?? 500, response.headers);
          response.pipe(outgoing);
        },
      );
      incoming.pipe(forwarded);
    };
    line(deliver, incoming, outgoing);
  });
}

/** The SDK goes to the host in the queue's URL: the wire. */
const queueUrl = (name: string) => `${wire.url}/000000000000/${name}`;

beforeAll(async () => {
  // The metrics.
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  sqs = await startSqs();
  table = await startRequestsTable();
  wire = await listen(createWire());
  queue = sqs.createQueue('requests.fifo');
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_SQS: wire.url,
    AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
    REQUESTS_TABLE_NAME: table.tableName,
    REQUEST_QUEUE_URL: queueUrl(queue.name),
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    _X_AMZN_TRACE_ID: 'Root=1-6921d5f4-1f2e3d4c5b6a798001234567;Sampled=1',
  });
  client = new SQSClient({ endpoint: sqs.endpoint });
  ({ handler } = await import('../../functions/intake/index.ts'));
});

afterAll(async () => {
  jest.restoreAllMocks();
  client.destroy();
  await wire.stop();
  await sqs.stop();
  await table.stop();
});

beforeEach(() => {
  line = LINE.good;
  responsesToLose = 0;
  tries = 0;
});

async function send(event: unknown) {
  const { statusCode, headers, body } = await handler(event as never, {});
  return { status: statusCode, headers, body: JSON.parse(body) };
}

/** The sample request, for a conversation of this test's own. */
let conversations = 0;
function newEvent(name = 'http-api-v2.idempotency-key') {
  const event = readEvent(name);
  conversations += 1;
  const conversationId = `0c000000-0000-4000-8000-${String(conversations).padStart(12, '0')}`;
  event.pathParameters = { conversationId };
  if (event.headers?.['idempotency-key']) event.headers['idempotency-key'] = `key-${conversations}`;
  return { event, conversationId };
}

const messagesOf = (conversationId: string) =>
  sqs
    .inspect(queue.name)
    .ready.map((body) => JSON.parse(body))
    .filter((message) => message.conversationId === conversationId);

describe('intake in front of SQS', () => {
  test('puts a message on the queue that the adder understands, in its group', async () => {
    const { event, conversationId } = newEvent('rest-api-v1.base64-body');
    const response = await send(event);
    expect(response.status).toBe(202);

    const received = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: queue.url,
        MessageSystemAttributeNames: ['All'],
      }),
    );
    const [message] = received.Messages ?? [];
    expect(message?.Attributes).toMatchObject({
      MessageGroupId: conversationId,
      MessageDeduplicationId: response.body.requestId,
      AWSTraceHeader: 'Root=1-6921d5f4-1f2e3d4c5b6a798001234567;Sampled=1',
    });
    const parsed = parseRequestMessage(message?.Body ?? '', {
      messageId: message?.MessageId ?? '',
      sentAtMs: Number(message?.Attributes?.SentTimestamp),
    });
    expect(parsed).toMatchObject({
      ok: true,
      request: {
        requestId: response.body.requestId,
        conversationId,
        correlationId: 'order-2026-11-22/0816',
        deadlineMs: Date.parse(response.body.deadline),
      },
    });
  });

  test('sends no message for a refused request', async () => {
    const { event, conversationId } = newEvent();
    event.body = '{"participants": []}';
    expect((await send(event)).status).toBe(422);
    expect(tries).toBe(0);
    expect(messagesOf(conversationId)).toEqual([]);
  });

  test('queues a request once if the caller lost the response and retries', async () => {
    const { event, conversationId } = newEvent();
    const first = await send(event);
    const second = await send(event);
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body.requestId).toBe(first.body.requestId);
    expect(messagesOf(conversationId).map(({ requestId }) => requestId)).toEqual([
      first.body.requestId,
    ]);
  });

  test('refuses another request under the same key, and queues nothing for it', async () => {
    const { event, conversationId } = newEvent();
    await send(event);
    const second = await send({ ...event, body: event.body.replace('300', '301') });
    expect(second.status).toBe(422);
    expect(messagesOf(conversationId)).toHaveLength(1);
  });

  test('makes one request of ten that race with one key', async () => {
    const { event, conversationId } = newEvent();
    const responses = await Promise.all(Array.from({ length: 10 }, () => send(event)));
    expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(202));
    expect(new Set(responses.map(({ body }) => body.requestId)).size).toBe(1);
    expect(responses.filter(({ headers }) => headers['idempotency-replayed'])).toHaveLength(9);
    expect(messagesOf(conversationId)).toHaveLength(1);
  });

  test('repeats a send whose response was lost without queueing it twice', async () => {
    const { event, conversationId } = newEvent('http-api-v2.three-users');
    responsesToLose = 1;
    expect((await send(event)).status).toBe(202);
    expect(tries).toBe(2);
    expect(messagesOf(conversationId)).toHaveLength(1);
  });

  test('queues a request once if it got 503 although SQS accepted it, and is retried', async () => {
    const { event, conversationId } = newEvent();
    responsesToLose = Number.POSITIVE_INFINITY;
    const refused = await send(event);
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toMatch(/^\d+$/);

    responsesToLose = 0;
    const accepted = await send(event);
    expect(accepted.status).toBe(202);
    expect(messagesOf(conversationId).map(({ requestId }) => requestId)).toEqual([
      accepted.body.requestId,
    ]);
  });

  test.each<[string, Line]>([
    ['breaks the connection', LINE.cut],
    ['denies access', LINE.accessDenied],
  ])('returns 503 if SQS %s', async (_, broken) => {
    line = broken;
    const { event, conversationId } = newEvent();
    const response = await send(event);
    expect(response.status).toBe(503);
    expect(response.headers['x-correlation-id']).toBe('order-2026-11-22/0815');
    expect(messagesOf(conversationId)).toEqual([]);
  });

  test('returns 503 if SQS does not respond', async () => {
    line = LINE.silent;
    // The client gives up two tries after 2 s each; the function would have 10 s.
    expect((await send(newEvent().event)).status).toBe(503);
    expect(tries).toBe(2);
  }, 15_000);

  test.each<[string, Line, string]>([
    ['there is no such queue', LINE.good, 'missing.fifo'],
    ['access is denied', LINE.accessDenied, 'requests.fifo'],
  ])('logs a configuration error if %s', async (_, broken, name) => {
    line = broken;
    const url = queueUrl(name);
    const { send, lines } = startIntake({
      requestQueueUrl: url,
      sendMessage: createSendMessage(new SQSClient({ endpoint: wire.url })),
    });
    expect((await send(newEvent().event)).status).toBe(503);
    expect(lines[0]).toMatchObject({
      message: 'send failed',
      fields: { reason: 'configuration' },
    });
  });
});
