import { randomUUID } from 'node:crypto';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startEventSourceMapping } from '../local/event-source-mapping/start-event-source-mapping.ts';
import { readSettings } from '../local/system/read-settings.ts';
import { startSystem } from '../local/system/start-system.ts';
import { checkAccepted, checkFinished } from './check-success.ts';
import { createRecordedEvents } from './create-recorded-events.ts';
import { freeUsers, httpEvent, openConversation, requestMessage, sqsEvent } from './events.ts';
import type { Figure, FigureOptions, Row } from './figure.ts';
import { type FunctionName, packagedFunction } from './function-modules.ts';
import { type FunctionProcess, startFunction } from './start-function.ts';
import { type Servers, startServers } from './start-servers.ts';

/** Every request adds one user. */
const USERS = freeUsers(1);

/** From the POST, or from the queue, to the webhook, without a rate limit. */
export const pipeline: Figure = {
  name: 'pipeline',
  title: 'Pipeline, without a rate limit',
  measure: async (options) => [
    ...(await measureThroughput(options)),
    ...(await measureBacklog(options)),
    ...(await measureMemory(options)),
  ],
};

const POSTS = 200;
const POSTS_AT_ONCE = 20;

/** Through the system of `npm start`, with API Gateway and a receiver that verifies. */
async function measureThroughput({ repetitions, onProgress }: FigureOptions): Promise<Row[]> {
  const expected = new Map<string, () => void>();
  const system = await startSystem({
    settings: readSettings({ PORT: '0', LOCAL_FOLDER: '.local/bench/system' }),
    environment: { ...process.env, GENESYS_REQUESTS_PER_SECOND: '1000' },
    onDelivery: ({ verified, body }) => {
      if (verified) expected.get(JSON.parse(body).audit.correlation_id)?.();
    },
  });
  try {
    const { genesys, endpoints } = system;
    if (!genesys) throw new Error('the stand-in is not used');
    genesys.state.behaviour.requestsPerMinute = Number.POSITIVE_INFINITY;

    const post = async (correlationId: string) => {
      const id = openConversation(genesys.state.organisation, 'platform');
      const response = await fetch(`${endpoints.apiUrl}/conversations/${id}/participants`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-correlation-id': correlationId },
        body: httpEvent(id, USERS).body,
      });
      if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
      await response.arrayBuffer();
    };
    const postAll = async () => {
      const startedAtMs = performance.now();
      const deliveries: Promise<void>[] = [];
      const poster = async () => {
        while (deliveries.length < POSTS) {
          const correlationId = randomUUID();
          deliveries.push(new Promise((resolve) => expected.set(correlationId, resolve)));
          await post(correlationId);
        }
      };
      await Promise.all(Array.from({ length: POSTS_AT_ONCE }, poster));
      await Promise.all(deliveries);
      expected.clear();
      return (1000 * POSTS) / (performance.now() - startedAtMs);
    };
    await postAll();
    const samples: number[] = [];
    for (let repetition = 0; repetition < repetitions; repetition++) {
      onProgress(`POST to webhook, ${repetition + 1} of ${repetitions}`);
      samples.push(await postAll());
    }
    return [{ what: 'POST to verified webhook', unit: 'requests/s', ours: samples }];
  } finally {
    await system.stop();
  }
}

const ADDERS = 2;
const DEEP = 10_000;
/** Requests in each sample of the deep backlog. */
const WINDOW = 100;

/** From a full request queue to the webhook, by the packaged functions. */
async function measureBacklog({ repetitions, onProgress }: FigureOptions): Promise<Row[]> {
  const one: Cost[] = [];
  const hundred: Cost[] = [];
  const line = await startLine();
  try {
    // The first three warm up.
    for (let repetition = -3; repetition < repetitions; repetition++) {
      onProgress(`backlog of 1 and of ${WINDOW}, ${repetition + 1} of ${repetitions}`);
      const costs = { one: await line.drain(1, 1), hundred: await line.drain(WINDOW, WINDOW) };
      if (repetition < 0) continue;
      one.push(...costs.one);
      hundred.push(...costs.hundred);
    }
    onProgress(`backlog of ${DEEP}`);
    // Without the first window, when nothing else runs yet, and the last one, which ends what has begun.
    const deep = (await line.drain(DEEP, WINDOW, repetitions + 2)).slice(1, -1);
    const compare = (which: keyof Cost, unit: string): Row[] => [
      {
        what: `1 in the queue`,
        unit,
        ours: one.map((cost) => cost[which]),
        baseline: { what: `${WINDOW} in the queue`, samples: hundred.map((cost) => cost[which]) },
      },
      {
        what: `${DEEP} in the queue`,
        unit,
        ours: deep.map((cost) => cost[which]),
        baseline: { what: `${WINDOW} in the queue`, samples: hundred.map((cost) => cost[which]) },
        goal: { ratio: 1.1, is: 'at most' },
      },
    ];
    return [
      ...compare('wallMs', 'ms/request'),
      ...compare('functionCpuMs', 'ms CPU of functions/request'),
    ];
  } finally {
    await line.stop();
  }
}

/** Of one request. */
interface Cost {
  wallMs: number;
  /** Adder and relay together. */
  functionCpuMs: number;
}

interface Line {
  /**
   * Fills the queue, then processes it.
   * @param window number of requests that each returned cost is the mean of
   * @param windows stops after so many, even if messages are left. Default: to the end.
   */
  drain(requests: number, window: number, windows?: number): Promise<Cost[]>;
  stop(): Promise<void>;
}

async function startLine(): Promise<Line> {
  const servers = await startServers();
  const start = async (name: FunctionName) =>
    startFunction(await packagedFunction(name), servers.environment);
  const adders = await Promise.all(Array.from({ length: ADDERS }, () => start('adder')));
  const relay = await start('relay');
  const client = new SQSClient({
    endpoint: servers.sqs.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  let functionCpuMs = 0;
  const invoke = (instance: FunctionProcess) => async (event: object) => {
    const { responses, cpuMs } = await instance.call(event);
    functionCpuMs += cpuMs;
    return responses[0];
  };
  const { requests, audit } = servers.queues;
  /** One mapping for each instance, which takes one batch after the other. */
  const startMappings = () =>
    [
      ...adders.map((adder) => ({ queue: requests, instance: adder })),
      { queue: audit, instance: relay },
    ].map(({ queue, instance }) =>
      startEventSourceMapping({
        client,
        queueUrl: queue.url,
        queueArn: queue.arn,
        maximumConcurrency: 1,
        reportBatchItemFailures: true,
        invoke: invoke(instance),
      }),
    );

  return {
    async drain(count, window, windows = count / window) {
      await fill(client, servers, count);
      const { receiver } = servers;
      const costs: Cost[] = [];
      const firstIndex = receiver.received('verified');
      const mappings = startMappings();
      const stop = () => Promise.all(mappings.map((mapping) => mapping.stop()));
      let begun = { atMs: performance.now(), functionCpuMs };
      for (let done = window; costs.length < windows; done += window) {
        await receiver.waitForCount(firstIndex + done);
        const atMs = performance.now();
        // The last delivery comes before the functions have returned.
        if (costs.length + 1 === windows) await stop();
        costs.push({
          wallMs: (atMs - begun.atMs) / window,
          functionCpuMs: (functionCpuMs - begun.functionCpuMs) / window,
        });
        begun = { atMs, functionCpuMs };
      }
      return costs;
    },
    async stop() {
      await Promise.all([...adders, relay].map((instance) => instance.stop()));
      client.destroy();
      await servers.stop();
    },
  };
}

/** The limit of SendMessageBatch. */
const SEND_BATCH = 10;

async function fill(client: SQSClient, servers: Servers, count: number): Promise<void> {
  const { organisation } = servers.genesys.state;
  for (let sent = 0; sent < count; sent += SEND_BATCH) {
    const Entries = Array.from({ length: Math.min(SEND_BATCH, count - sent) }, (_, index) => {
      const message = requestMessage(openConversation(organisation, 'platform'), USERS);
      return {
        Id: String(index),
        MessageBody: JSON.stringify(message),
        MessageGroupId: message.conversationId,
        MessageDeduplicationId: message.requestId,
      };
    });
    const QueueUrl = servers.queues.requests.url;
    await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  }
}

const FEW = 1_000;
const MANY = 20_000;
const BATCH = 10;
/**
 * V8 sizes its young generation by the machine's memory. A Lambda's machine has the function's memory:
 * 256 MB in the template, minus the runtime.
 */
const HEAP_MB = 230;

/** Batches for the relay. Their records are written many at a time. */
function recordedBatches(servers: Servers): () => Promise<object> {
  let events: object[] = [];
  return async () => {
    if (events.length === 0) events = await createRecordedEvents(servers, USERS, 100 * BATCH);
    return sqsEvent(events.splice(-BATCH));
  };
}

/** Memory of each function after few and after many requests. Live heap: after a full collection. */
async function measureMemory({ repetitions, onProgress }: FigureOptions): Promise<Row[]> {
  const servers = await startServers();
  const { organisation } = servers.genesys.state;
  const batchOf = (newMessage: () => object) => async () =>
    sqsEvent(Array.from({ length: BATCH }, newMessage));
  const newRequest = () => requestMessage(openConversation(organisation, 'platform'), USERS);
  const rows: Row[] = [];
  try {
    for (const { name, perCall, newEvent } of [
      { name: 'intake', perCall: 1, newEvent: async () => httpEvent(randomUUID(), USERS) },
      { name: 'adder', perCall: BATCH, newEvent: batchOf(newRequest) },
      {
        name: 'relay',
        perCall: BATCH,
        newEvent: recordedBatches(servers),
      },
    ] as const) {
      onProgress(`memory of ${name} over ${MANY} requests`);
      const { path } = await packagedFunction(name);
      const instance = await startFunction({ path }, servers.environment, HEAP_MB);
      const call = async (event: object) => {
        const called = await instance.call(event);
        (name === 'intake' ? checkAccepted : checkFinished)(called.responses);
        return called;
      };
      let requests = 0;
      const readAfter = async (count: number) => {
        const readings: number[] = [];
        while (readings.length < repetitions) {
          const { residentBytes } = await call(await newEvent());
          requests += perCall;
          if (requests >= count) readings.push(residentBytes / 2 ** 20);
        }
        return readings;
      };
      const readHeap = async () => [(await instance.collectHeap()) / 2 ** 20];
      const deliveredBefore = servers.receiver.received('verified');
      const few = { resident: await readAfter(FEW), heap: await readHeap() };
      const many = { resident: await readAfter(MANY), heap: await readHeap() };
      const delivered = servers.receiver.received('verified') - deliveredBefore;
      if (name === 'relay' && delivered !== requests) {
        throw new Error(`${delivered} deliveries, not ${requests}`);
      }
      rows.push(
        {
          what: `${name} after ${MANY} requests`,
          unit: 'MiB resident',
          ours: many.resident,
          baseline: { what: `after ${FEW}`, samples: few.resident },
        },
        {
          what: `${name} after ${MANY} requests`,
          unit: 'MiB of live heap',
          ours: many.heap,
          baseline: { what: `after ${FEW}`, samples: few.heap },
          goal: { ratio: 1.1, is: 'at most' },
        },
      );
      await instance.stop();
    }
    return rows;
  } finally {
    await servers.stop();
  }
}
