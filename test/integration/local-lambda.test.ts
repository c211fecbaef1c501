import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  type LambdaFunction,
  type LambdaOptions,
  startLambda,
} from '../../local/lambda-runtime/start-lambda.ts';

const HANDLER = `
let invocations = 0;
export const handler = async ({ holds, throws, exits }) => {
  invocations += 1;
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

beforeEach(async () => {
  held = Promise.withResolvers();
  folder = await mkdtemp(join(tmpdir(), 'lambda-'));
  await writeFile(join(folder, 'index.mjs'), HANDLER);
});

afterEach(async () => {
  await lambda.stop();
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
  const invoke = start();
  const responses = await Promise.all([invoke(), invoke()]);
  expect(new Set(responses.map(({ pid }) => pid)).size).toBe(2);
});

test('events beyond the maximum of instances wait for one of them', async () => {
  const invoke = start({ maxInstances: 2 });
  const responses = await Promise.all([1, 2, 3, 4, 5].map(() => invoke()));
  expect(new Set(responses.map(({ pid }) => pid)).size).toBe(2);
  expect(lambda.instances()).toBe(2);
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
