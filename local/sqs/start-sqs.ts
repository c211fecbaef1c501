import { AsyncLocalStorage } from 'node:async_hooks';
import type { Socket } from 'node:net';
import { buildApp } from 'fauxqs';
import { isLocalProgram } from '../is-local-program.ts';
import { type SqsMessage, type SqsQueue, SqsStore } from './fauxqs.ts';
import { type CurrentRequest, GroupBatchQueue, type TracedMessage } from './group-batch-queue.ts';
import { serveQueryProtocol } from './serve-query-protocol.ts';

const ACCOUNT_ID = '000000000000';

export interface LocalQueue {
  name: string;
  url: string;
  arn: string;
}

export interface LocalSqs {
  /** For `AWS_ENDPOINT_URL_SQS`. */
  endpoint: string;
  /** Attributes of `CreateQueue`. A name that ends in `.fifo` creates a FIFO queue. */
  createQueue(name: string, attributes?: Record<string, string>): LocalQueue;
  setAttributes(name: string, attributes: Record<string, string>): void;
  /** Messages of a queue, in order, without receiving them. */
  inspect(name: string): QueueContents;
  /** The same, with the details of each message. */
  listMessages(name: string): QueuedMessage[];
  stop(): Promise<void>;
}

export interface QueueContents {
  /** Bodies of the messages that can be received now (FIFO: after those before them). */
  ready: string[];
  /** Bodies of the messages in flight. */
  inFlight: string[];
}

export interface QueuedMessage {
  /** The message id. */
  id: string;
  body: string;
  attributes: Record<string, { DataType: string; StringValue?: string }>;
  groupId?: string;
  sentAtMs: number;
  receives: number;
  /** True while the message is in flight. */
  isInFlight: boolean;
}

interface SendEntry {
  MessageBody?: string;
  MessageDeduplicationId?: string;
  MessageGroupId?: string;
  MessageSystemAttributes?: { AWSTraceHeader?: { StringValue?: string } };
}

interface ReceiveRequest {
  QueueUrl?: string;
  AttributeNames?: string[];
  MessageSystemAttributeNames?: string[];
}

interface ReceiveResponse {
  Messages?: { ReceiptHandle: string; Attributes?: Record<string, string> }[];
}

interface Request {
  body: SendEntry & { Entries?: SendEntry[] };
  socket: Socket;
}

/** fauxqs's store with `GroupBatchQueue`, and queue URLs whose host resolves everywhere. */
class LocalStore extends SqsStore implements CurrentRequest {
  baseUrl = '';
  /** The current request. */
  readonly requests = new AsyncLocalStorage<Request>();

  override createQueue(...queue: Parameters<SqsStore['createQueue']>): GroupBatchQueue {
    const [name, url, arn] = queue;
    const created = new GroupBatchQueue(this, ...queue);
    // The base class constructs its own queue and has private indexes. Set the same three entries with
    // our queue.
    const indexes = this as unknown as Record<
      'queues' | 'queuesByName' | 'queuesByArn',
      Map<string, GroupBatchQueue>
    >;
    indexes.queues.set(url, created);
    indexes.queuesByName.set(name, created);
    indexes.queuesByArn.set(arn, created);
    return created;
  }

  override buildQueueUrl(queueName: string): string {
    return `${this.baseUrl}/${ACCOUNT_ID}/${queueName}`;
  }

  callerIsGone(): boolean {
    return this.requests.getStore()?.socket.destroyed ?? false;
  }

  groupOf(deduplicationId: string): string | undefined {
    return this.currentSends().find(
      ({ MessageDeduplicationId }) => MessageDeduplicationId === deduplicationId,
    )?.MessageGroupId;
  }

  /** fauxqs drops `AWSTraceHeader`, so it is read from the request that sent the message. */
  traceHeaderOf(message: SqsMessage): string | undefined {
    return this.currentSends().find(
      ({ MessageBody, MessageDeduplicationId = message.messageDeduplicationId }) =>
        MessageBody === message.body && MessageDeduplicationId === message.messageDeduplicationId,
    )?.MessageSystemAttributes?.AWSTraceHeader?.StringValue;
  }

  /** Messages of the request: one, or the entries of a batch. */
  private currentSends(): SendEntry[] {
    const body = this.requests.getStore()?.body;
    return body ? (body.Entries ?? [body]) : [];
  }
}

/**
 * Amazon SQS on this machine: fauxqs in this process, on 127.0.0.1, with real FIFO batches.
 * @param options.port default 0: any free port
 */
export async function startSqs(
  options: { port?: number; region?: string } = {},
): Promise<LocalSqs> {
  const region = options.region ?? 'us-east-1';
  const store = new LocalStore();
  const app = buildApp({
    logger: false,
    defaultRegion: region,
    // The other two stores have defaults, which the type does not show.
    stores: { sqsStore: store } as never,
  });
  // Refuse web pages, whatever their host name resolves to.
  app.addHook('onRequest', async ({ headers }, reply) => {
    if (isLocalProgram(headers)) return;
    await reply.code(403).send({ message: 'Only programs on this machine may use these queues.' });
  });
  serveQueryProtocol(app);
  app.addHook('preHandler', (request, _reply, done) => {
    const body = request.body as Request['body'];
    store.requests.run({ body, socket: request.raw.socket }, done);
  });
  app.addHook('preSerialization', async (request, _reply, payload) => {
    if (/\.ReceiveMessage$/.test(String(request.headers['x-amz-target']))) {
      addTraceHeaders(store, request.body as ReceiveRequest, payload as ReceiveResponse);
    }
    return payload;
  });
  function find(name: string): SqsQueue {
    const queue = store.getQueueByName(name);
    if (!queue) throw new Error(`There is no queue ${name}`);
    return queue;
  }
  store.baseUrl = await app.listen({ port: options.port ?? 0, host: '127.0.0.1' });

  return {
    endpoint: store.baseUrl,
    createQueue(name, attributes = {}) {
      const url = store.buildQueueUrl(name);
      const arn = `arn:aws:sqs:${region}:${ACCOUNT_ID}:${name}`;
      store.createQueue(name, url, arn, {
        ...attributes,
        ...(name.endsWith('.fifo') ? { FifoQueue: 'true' } : {}),
      });
      return { name, url, arn };
    },
    setAttributes(name, attributes) {
      find(name).setAttributes(attributes);
    },
    inspect(name) {
      const queue = find(name);
      queue.processTimers();
      const { ready, inflight } = queue.inspectMessages();
      return {
        ready: ready.map((message) => message.body),
        inFlight: inflight.map(({ message }) => message.body),
      };
    },
    listMessages(name) {
      const queue = find(name);
      queue.processTimers();
      const { ready, inflight } = queue.inspectMessages();
      return [
        ...ready.map((message) => describe(message, false)),
        ...inflight.map(({ message }) => describe(message, true)),
      ];
    },
    async stop() {
      await app.close();
    },
  };
}

function describe(message: SqsMessage, isInFlight: boolean): QueuedMessage {
  const { messageId, body, messageAttributes, messageGroupId } = message;
  return {
    id: messageId,
    body,
    attributes: Object.fromEntries(
      Object.entries(messageAttributes).map(([name, { DataType, StringValue }]) => [
        name,
        { DataType, ...(StringValue === undefined ? {} : { StringValue }) },
      ]),
    ),
    ...(messageGroupId === undefined ? {} : { groupId: messageGroupId }),
    sentAtMs: message.sentTimestamp,
    receives: message.approximateReceiveCount,
    isInFlight,
  };
}

function addTraceHeaders(
  store: SqsStore,
  request: ReceiveRequest,
  response: ReceiveResponse,
): void {
  const wanted = [
    ...(request.AttributeNames ?? []),
    ...(request.MessageSystemAttributeNames ?? []),
  ];
  if (!wanted.includes('All') && !wanted.includes('AWSTraceHeader')) return;
  const queue = store.getQueue(request.QueueUrl ?? '');
  for (const received of response.Messages ?? []) {
    const message: TracedMessage | undefined = queue?.inflightMessages.get(
      received.ReceiptHandle,
    )?.message;
    if (message?.traceHeader) {
      received.Attributes = { ...received.Attributes, AWSTraceHeader: message.traceHeader };
    }
  }
}
