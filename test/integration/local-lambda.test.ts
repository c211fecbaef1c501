import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  type LambdaFunction,
  type LambdaOptions,
  startLambda,
} from '../../local/lambda-runtime/start-lambda.ts';
import { listen } from '../../local/listen.ts';
import { describeFunctions } from '../../local/system/describe-functions.ts';
import { generateCredentials } from '../../local/system/local-credentials.ts';

const HANDLER = `
let invocations = 0;
export const handler = async ({ holds, throws, exits, meets }) => {
  invocations += 1;
  if (meets) await fetch(meets);
  if (throws) throw new TypeError('on purpose');
  if (exits) process.exit(1);
  if (holds) { console.log('held'); await new Promise(() => setInterval(() => {}, 1000)); }
  return { pid: process.pid, invocations };
};
`;

interface Response {
  pid: number;
  invocations: number;
}

let folder: string;
let lambda: LambdaFunction;
let held: PromiseWithResolvers<void>;
let meeting: Awaited<ReturnType<typeof listen>> | undefined;

beforeEach(async () => {
  held = Promise.withResolvers();
  folder = await mkdtemp(join(tmpdir(), 'lambda-'));
  await writeFile(join(folder, 'index.mjs'), HANDLER);
});

afterEach(async () => {
  await lambda.stop();
  await meeting?.stop();
  meeting = undefined;
  await rm(folder, { recursive: true });
});

function start(options: Partial<LambdaOptions> = {}) {
  lambda = startLambda({
    zipOrDir: folder,
    handler: 'index.handler',
    env: {},
    timeoutMs: 60_000,
    maxInstances: 2,
    onLine: (line) => line === 'held' && held.resolve(),
    ...options,
  });
  return (event: object = {}) => lambda.invoke(event) as Promise<Response>;
}

/** A server that responds when `count` requests have arrived, so that their senders run at the same time. */
async function startMeeting(count: number) {
  const arrived: ServerResponse[] = [];
  const server = createServer((_, response) => {
    arrived.push(response);
    if (arrived.length === count) for (const one of arrived.splice(0)) one.end();
  });
  meeting = await listen(server);
  return `http://127.0.0.1:${meeting.port}`;
}

test('no instance exists before the first event', () => {
  start();
  expect(lambda.instances()).toBe(0);
});

test('an idle instance handles the next event and keeps its state', async () => {
  const invoke = start();
  const first = await invoke();
  expect(await invoke()).toEqual({ pid: first.pid, invocations: 2 });
  expect(lambda.instances()).toBe(1);
});

test('another instance starts when all are busy', async () => {
  const meets = await startMeeting(2);
  const invoke = start();
  const responses = await Promise.all([invoke({ meets }), invoke({ meets })]);
  expect(new Set(responses.map(({ pid }) => pid)).size).toBe(2);
});

test('events beyond the maximum of instances wait for one of them', async () => {
  const meets = await startMeeting(2);
  const invoke = start({ maxInstances: 2 });
  const responses = await Promise.all([1, 2, 3, 4, 5, 6].map(() => invoke({ meets })));
  expect(new Set(responses.map(({ pid }) => pid)).size).toBe(2);
  expect(lambda.instances()).toBe(2);
});

test('the API handles 50 events at the same time', async () => {
  const meets = await startMeeting(50);
  const [api] = describeFunctions(
    {
      provider: { region: 'us-east-1', stage: 'dev' },
      bundles: '.',
      resources: {},
      functions: [{ key: 'api', name: 'api', handler: 'index.handler', events: [{}] }],
    },
    {
      root: folder,
      references: {},
      sqsEndpoint: '',
      secretsManagerEndpoint: '',
      dynamoDbEndpoint: '',
      credentials: generateCredentials(),
    },
  );
  const invoke = start({ ...api, timeoutMs: 60_000 });
  // None of them ends before all run.
  const responses = await Promise.all(Array.from({ length: 50 }, () => invoke({ meets })));
  expect(new Set(responses.map(({ pid }) => pid)).size).toBe(50);
});

// Bug: 50 instances that started at the same time took so long that events timed out.
// Fix: a limited number starts at the same time, and an event takes the first instance that is free.
test('an event takes an instance that becomes free before one that starts', async () => {
  const invoke = start({ maxInstances: 50, maxStarting: 1 });
  const responses = await Promise.all(Array.from({ length: 50 }, () => invoke()));
  expect(responses.map(({ invocations }) => invocations)).toContain(2);
  expect(lambda.instances()).toBeLessThan(50);
});

test('an instance is kept after an error of its handler', async () => {
  const invoke = start({ maxInstances: 1 });
  await expect(invoke({ throws: true })).rejects.toMatchObject({
    errorType: 'TypeError',
    message: 'on purpose',
  });
  expect((await invoke()).invocations).toBe(2);
});

test('an event that waits for a crashed instance is handled by a new process', async () => {
  const invoke = start({ maxInstances: 1 });
  const crash = expect(invoke({ exits: true })).rejects.toMatchObject({ kind: 'crash' });
  const waiting = invoke();
  await crash;
  expect((await waiting).invocations).toBe(1);
});

test('an instance that stays idle is ended', async () => {
  const invoke = start({ idleMs: 1 });
  await invoke();
  while (lambda.instances() > 0) await delay(5);
  expect((await invoke()).invocations).toBe(1);
});

test('stopping rejects running, waiting and later invocations', async () => {
  const invoke = start({ maxInstances: 1 });
  const settled = Promise.allSettled([invoke({ holds: true }), invoke()]);
  await held.promise;
  await lambda.stop();
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(invoke()).rejects.toThrow('the system is stopping');
});
