import { randomUUID } from 'node:crypto';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startEventSourceMapping } from '../local/event-source-mapping/start-event-source-mapping.ts';
import { readSettings } from '../local/system/read-settings.ts';
import { startSystem } from '../local/system/start-system.ts';
import {
  auditEvent,
  freeUsers,
  httpEvent,
  openConversation,
  requestMessage,
  sqsEvent,
} from './events.ts';
import type { Figure, FigureOptions, Row } from './figure.ts';
import { type FunctionName, packagedFunction } from './function-modules.ts';
import { type FunctionProcess, startFunction } from './start-function.ts';
import { type Servers, startServers } from './start-servers.ts';

/** Each request adds one user. */
const USERS = freeUsers(1);

/** From the POST, or from the queue, to the webhook, with the rate limit lifted. */
export const pipeline: Figure = {
  name: 'pipeline',
  title: 'Pipeline, rate limit lifted',
  measure: async (options) => [
    ...(await measureThroughput(options)),
    ...(await measureBacklog(options)),
    ...(await measureMemory(options)),
  ],
};

const POSTS = 200;
const POSTS_AT_ONCE = 20;

/** Through the system of `npm start`, API Gateway and verifying receiver included. */
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
/** Time is taken each time that so many of the deep backlog are done. */
const WINDOW = 100;

/** From a full request queue to the webhook, by the packaged functions. */
async function measureBacklog({ repetitions, onProgress }: FigureOptions): Promise<Row[]> {
  const one: Cost[] = [];
  const hundred: Cost[] = [];
  const line = await startLine();
  try {
    // The first ones warm it up.
    for (let repetition = -3; repetition < repetitions; repetition++) {
      onProgress(`backlog of 1 and of ${WINDOW}, ${repetition + 1} of ${repetitions}`);
      const costs = { one: await line.drain(1, 1), hundred: await line.drain(WINDOW, WINDOW) };
      if (repetition < 0) continue;
      one.push(...costs.one);
      hundred.push(...costs.hundred);
    }
    onProgress(`backlog of ${DEEP}`);
    // Nothing runs beside the first batch, and the last window ends with what was under way.
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
   * Fills the queue, then works it off.
   * @param window how many requests each of the returned costs is the mean of
   * @param windows after so many it stops, whatever is left. Default: to the end.
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
    const { response, cpuMs } = await instance.call(event);
    functionCpuMs += cpuMs;
    return response;
  };
  const { requests, audit } = servers.queues;
  /** One mapping for each instance: each takes the next batch when it is done with one. */
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
      const firstIndex = receiver.received();
      const mappings = startMappings();
      const stop = () => Promise.all(mappings.map((mapping) => mapping.stop()));
      let begun = { atMs: performance.now(), functionCpuMs };
      for (let done = window; costs.length < windows; done += window) {
        await receiver.waitForCount(firstIndex + done);
        const atMs = performance.now();
        // The last delivery comes before the functions have answered.
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

/** SendMessageBatch takes no more. */
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
 * V8 goes by the memory of the machine, and lets its young generation grow where there is plenty. A
 * Lambda's machine is as large as the function's memory: 256 MB in the template, less the runtime.
 */
const HEAP_MB = 230;

/** Memory of each function after few and after many requests; live heap is what it holds on to. */
async function measureMemory({ repetitions, onProgress }: FigureOptions): Promise<Row[]> {
  const servers = await startServers();
  const { organisation } = servers.genesys.state;
  const batch = (newMessage: () => object) => () =>
    sqsEvent(Array.from({ length: BATCH }, newMessage));
  const newRequest = () => requestMessage(openConversation(organisation, 'platform'), USERS);
  const rows: Row[] = [];
  try {
    for (const { name, perCall, newEvent } of [
      { name: 'intake', perCall: 1, newEvent: () => httpEvent(randomUUID(), USERS) },
      { name: 'adder', perCall: BATCH, newEvent: batch(newRequest) },
      { name: 'relay', perCall: BATCH, newEvent: batch(() => auditEvent(USERS)) },
    ] as const) {
      onProgress(`memory of ${name} over ${MANY} requests`);
      const { path } = await packagedFunction(name);
      const instance = await startFunction({ path }, servers.environment, HEAP_MB);
      let requests = 0;
      const readAfter = async (count: number) => {
        const readings: number[] = [];
        while (readings.length < repetitions) {
          const { residentBytes } = await instance.call(newEvent());
          requests += perCall;
          if (requests >= count) readings.push(residentBytes / 2 ** 20);
        }
        return readings;
      };
      const readHeap = async () => [(await instance.collectHeap()) / 2 ** 20];
      const few = { resident: await readAfter(FEW), heap: await readHeap() };
      const many = { resident: await readAfter(MANY), heap: await readHeap() };
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
