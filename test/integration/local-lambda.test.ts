import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type LambdaFunction, startLambda } from '../../local/lambda/start-lambda.ts';

const HANDLER = `
let invocations = 0;
const instance = Math.random();
export const handler = async ({ wait = 0, fails, exits, returns }, context) => {
  invocations += 1;
  console.log('invocation ' + invocations);
  if (fails) throw new TypeError('on purpose');
  if (exits) process.exit(1);
  await new Promise((resolve) => setTimeout(resolve, wait));
  if (returns) return undefined;
  return {
    instance, invocations, environment: { ...process.env },
    remainingMs: context.getRemainingTimeInMillis(), arn: context.invokedFunctionArn,
  };
};
export const notAFunction = 1;
`;

interface Answer {
  instance: number;
  invocations: number;
  environment: Record<string, string>;
  remainingMs: number;
  arn: string;
}

let folder: string;
let lambda: LambdaFunction | undefined;
let lines: string[];

beforeEach(async () => {
  lines = [];
  folder = await mkdtemp(join(tmpdir(), 'lambda-'));
  await writeFile(join(folder, 'index.mjs'), HANDLER);
});

afterEach(async () => {
  await lambda?.stop();
  await rm(folder, { recursive: true });
});

function start(options: { maxInstances?: number; timeoutMs?: number; exportName?: string } = {}) {
  const running = startLambda({
    moduleUrl: pathToFileURL(join(folder, 'index.mjs')).href,
    exportName: 'handler',
    functionName: 'sample',
    memoryMb: 256,
    environment: { COLOUR: 'green', AWS_REGION: 'us-east-1' },
    timeoutMs: 20_000,
    maxInstances: 2,
    onLogLine: (line) => lines.push(line),
    ...options,
  });
  lambda = running;
  return (event: object = {}) => running.invoke(event) as Promise<Answer>;
}

describe('an instance', () => {
  test('keeps its state from one event to the next', async () => {
    const invoke = start();

    const first = await invoke();
    const second = await invoke();

    expect(second.instance).toBe(first.instance);
    expect([first.invocations, second.invocations]).toEqual([1, 2]);
  });

  test('has the environment of the function and nothing of ours', async () => {
    const { environment } = await start()();

    expect(environment).toEqual({
      COLOUR: 'green',
      AWS_REGION: 'us-east-1',
      _X_AMZN_TRACE_ID: expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Sampled=0$/),
    });
  });

  test('is told its time and its name', async () => {
    const { remainingMs, arn } = await start({ timeoutMs: 20_000 })();

    expect(remainingMs).toBeGreaterThan(0);
    expect(remainingMs).toBeLessThanOrEqual(20_000);
    expect(arn).toBe('arn:aws:lambda:us-east-1:000000000000:function:sample');
  });

  test('carries out one event at a time: another event gets another instance', async () => {
    const invoke = start();

    const answers = await Promise.all([invoke({ wait: 100 }), invoke({ wait: 100 })]);

    expect(new Set(answers.map(({ instance }) => instance)).size).toBe(2);
  });

  test('is not added to beyond the most there may be: events wait', async () => {
    const invoke = start({ maxInstances: 2 });

    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => invoke({ wait: 20 })));

    expect(new Set(answers.map(({ instance }) => instance)).size).toBe(2);
  });

  test('passes on what it logs, line by line', async () => {
    await start()();
    await lambda?.stop();

    expect(lines).toEqual(['invocation 1']);
  });
});

test('an answer of nothing is null, as in JSON', async () => {
  expect(await start()({ returns: 'nothing' })).toBeNull();
});

describe('an invocation fails', () => {
  test('with the error that the handler throws, and the instance lives on', async () => {
    const invoke = start({ maxInstances: 1 });

    await expect(invoke({ fails: true })).rejects.toThrow('TypeError: on purpose');
    expect((await invoke()).invocations).toBe(2);
  });

  test('when its time is over, and the next one gets a new instance', async () => {
    const invoke = start({ maxInstances: 1, timeoutMs: 2_000 });

    await expect(invoke({ wait: 60_000 })).rejects.toThrow('Task timed out after 2 seconds');
    expect((await invoke()).invocations).toBe(1);
  });

  test('when the instance ends itself, and those who waited for it get a new one', async () => {
    const invoke = start({ maxInstances: 1 });

    const failing = expect(invoke({ exits: true })).rejects.toThrow('the instance was ended');
    const waiting = invoke();

    await failing;
    expect((await waiting).invocations).toBe(1);
  });

  test('when there is no such handler', async () => {
    await expect(start({ exportName: 'notAFunction' })()).rejects.toThrow(
      'does not export a function notAFunction',
    );
  });

  test('when the function is stopped, for those that run and those that wait', async () => {
    const invoke = start({ maxInstances: 1 });
    const settled = Promise.allSettled([invoke({ wait: 60_000 }), invoke()]);

    await lambda?.stop();

    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(invoke()).rejects.toThrow('the system is stopping');
  });
});
