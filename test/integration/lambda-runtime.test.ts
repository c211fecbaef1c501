import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type LambdaProcess,
  type LambdaProcessOptions,
  startLambdaProcess,
} from '../../local/lambda-runtime/start-lambda-process.ts';

let directory: string;
let running: LambdaProcess[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'handler-'));
  running = [];
});

afterEach(async () => {
  for (const one of running) await one.stop();
  await rm(directory, { recursive: true, force: true });
});

async function start(
  source: string,
  options: Partial<LambdaProcessOptions> = {},
): Promise<LambdaProcess> {
  await mkdir(join(directory, 'functions/f'), { recursive: true });
  await writeFile(join(directory, 'functions/f/index.mjs'), source);
  const started = await startLambdaProcess({
    zipOrDir: directory,
    handler: 'functions/f/index.handler',
    env: {},
    timeoutMs: 10_000,
    ...options,
  });
  running.push(started);
  return started;
}

/** Collects the lines of the log and waits for one of them. */
function lineReader() {
  const waiting: { text: string; resolve: () => void }[] = [];
  const lines: string[] = [];
  return {
    onLine(line: string) {
      lines.push(line);
      for (const one of waiting) if (line.includes(one.text)) one.resolve();
    },
    line: (text: string) =>
      new Promise<void>((resolve) => {
        if (lines.some((line) => line.includes(text))) resolve();
        else waiting.push({ text, resolve });
      }),
    lines,
  };
}

describe('the local Lambda runtime', () => {
  test('passes the event to the handler and its response to the caller', async () => {
    const lambda = await start('export const handler = async (event) => ({ got: event });');
    expect(await lambda.invoke({ a: 1 })).toEqual({ got: { a: 1 } });
  });

  test('keeps the process between invocations', async () => {
    const lambda = await start('let n = 0; export const handler = async () => ++n;');
    expect([await lambda.invoke({}), await lambda.invoke({})]).toEqual([1, 2]);
    expect(lambda.processesStarted()).toBe(1);
  });

  test('runs one invocation at a time, in the order of the calls', async () => {
    const lambda = await start(`
      let busy = 0;
      export const handler = async (n) => {
        busy += 1; await new Promise(setImmediate); const most = busy; busy -= 1; return [n, most];
      };`);
    expect(await Promise.all([1, 2, 3].map((n) => lambda.invoke(n)))).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
  });

  test('gives the function its environment, the variables of Lambda, and nothing else', async () => {
    const lambda = await start('export const handler = async () => process.env;', {
      env: { REQUEST_QUEUE_URL: 'http://127.0.0.1:1/q' },
      name: 'intake',
      memoryMb: 512,
    });
    const environment = (await lambda.invoke({})) as Record<string, string>;
    expect(environment).toMatchObject({
      REQUEST_QUEUE_URL: 'http://127.0.0.1:1/q',
      AWS_LAMBDA_FUNCTION_NAME: 'intake',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      _X_AMZN_TRACE_ID: expect.stringMatching(
        /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=1$/,
      ),
    });
    expect(environment).not.toHaveProperty('PATH');
  });

  test('passes the ARN of the function, with the alias that is invoked', async () => {
    const lambda = await start(
      'export const handler = async (_, context) => context.invokedFunctionArn;',
      { name: 'intake', env: { AWS_REGION: 'eu-west-1' } },
    );
    const arn = 'arn:aws:lambda:eu-west-1:000000000000:function:intake';
    expect(await lambda.invoke({})).toBe(arn);
    expect(await lambda.invoke({}, { qualifier: 'data-action' })).toBe(`${arn}:data-action`);
    expect(await lambda.invoke({})).toBe(arn);
  });

  test('tells the function its remaining time', async () => {
    const lambda = await start(
      'export const handler = async (_, context) => [context.getRemainingTimeInMillis(), context.awsRequestId, context.functionName];',
      { timeoutMs: 60_000, name: 'f' },
    );
    const [left, id, name] = (await lambda.invoke({})) as [number, string, string];
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(60_000);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(name).toBe('f');
  });

  test('reports an error of the handler and keeps the process', async () => {
    const lambda = await start(`
      export const handler = async (event) => { if (event.bad) throw new TypeError('no'); return 'ok'; };`);
    await expect(lambda.invoke({ bad: true })).rejects.toMatchObject({
      kind: 'function',
      errorType: 'TypeError',
      message: 'no',
    });
    expect(await lambda.invoke({})).toBe('ok');
    expect(lambda.processesStarted()).toBe(1);
  });

  test('ends an invocation that exceeds its timeout, and its process', async () => {
    const lambda = await start(
      'export const handler = (event) => event.hang ? new Promise(() => setInterval(() => {}, 1000)) : 1;',
      { timeoutMs: 3_000 },
    );
    await expect(lambda.invoke({ hang: true })).rejects.toMatchObject({
      kind: 'timeout',
      message: 'Task timed out after 3.00 seconds',
    });
    expect(await lambda.invoke({})).toBe(1);
    expect(lambda.processesStarted()).toBe(2);
  });

  // Bug: the start of the process counted towards the timeout of the first invocation.
  // Fix: the invocation begins when the function is loaded, as on Lambda.
  test('gives an invocation its whole time, however long the function takes to load', async () => {
    const lambda = await start(
      `const loadedAtMs = Date.now();
       export const handler = (_, context) => loadedAtMs + 60_000 - (Date.now() + context.getRemainingTimeInMillis());`,
      { timeoutMs: 60_000 },
    );
    expect(await lambda.invoke({})).toBeLessThanOrEqual(0);
  });

  test('ends a process that takes longer to load than an invocation may take', async () => {
    const lambda = await start('await new Promise(() => setInterval(() => {}, 1000));', {
      timeoutMs: 500,
    });
    await expect(lambda.invoke({})).rejects.toMatchObject({ kind: 'timeout' });
  });

  test('is ready when the function is loaded', async () => {
    const log = lineReader();
    const lambda = await start("console.log('loaded'); export const handler = () => 1;", {
      onLine: log.onLine,
    });
    await lambda.ready();
    await log.line('loaded');
    expect(lambda.processesStarted()).toBe(1);
  });

  test('is not ready if the function cannot be loaded', async () => {
    const lambda = await start("throw new RangeError('no');");
    await expect(lambda.ready()).rejects.toMatchObject({ kind: 'init', message: 'no' });
  });

  test('fails the invocation whose process is killed, and starts another process for the next', async () => {
    const log = lineReader();
    const lambda = await start(
      `export const handler = (event) => {
         if (!event.hang) return 'ok';
         console.log('hanging'); return new Promise(() => setInterval(() => {}, 1000));
       };`,
      { onLine: log.onLine },
    );
    const call = lambda.invoke({ hang: true });
    const fault = expect(call).rejects.toMatchObject({
      kind: 'crash',
      message: 'Runtime exited with error: signal: SIGKILL',
    });
    await log.line('hanging');
    await lambda.kill();
    await fault;
    expect(await lambda.invoke({})).toBe('ok');
    expect(lambda.processesStarted()).toBe(2);
  });

  test('limits the heap by the memory of the function', async () => {
    const source = `import { getHeapStatistics } from 'node:v8';
      export const handler = () => getHeapStatistics().heap_size_limit / 2 ** 20;`;
    const small = await start(source, { memoryMb: 100 });
    const large = await start(source, { memoryMb: 600 });
    const [smallLimit, largeLimit] = [await small.invoke({}), await large.invoke({})] as number[];
    expect((largeLimit ?? 0) - (smallLimit ?? 0)).toBe(500);
  });

  test('runs a handler from its TypeScript source', async () => {
    await mkdir(join(directory, 'functions/f'), { recursive: true });
    await writeFile(
      join(directory, 'functions/f/typed.ts'),
      'export const handler = async (event: { a: number }) => event.a as number;',
    );
    const lambda = await startLambdaProcess({
      zipOrDir: directory,
      handler: 'functions/f/typed.handler',
      env: {},
      timeoutMs: 10_000,
    });
    running.push(lambda);
    expect(await lambda.invoke({ a: 7 })).toBe(7);
  });

  test('fails the invocation in which the process exits', async () => {
    const lambda = await start('export const handler = () => process.exit(3);');
    await expect(lambda.invoke({})).rejects.toMatchObject({
      kind: 'crash',
      message: 'Runtime exited with error: exit status 3',
    });
  });

  test('reports at the invocation why a module cannot be loaded', async () => {
    const log = lineReader();
    const lambda = await start("throw new RangeError('REQUEST_QUEUE_URL is missing');", {
      onLine: log.onLine,
    });
    await expect(lambda.invoke({})).rejects.toMatchObject({
      kind: 'init',
      errorType: 'RangeError',
      message: 'REQUEST_QUEUE_URL is missing',
    });
    expect(log.lines.join('\n')).toContain('REQUEST_QUEUE_URL is missing');
  });

  test('finds no package outside the bundle', async () => {
    const lambda = await start(
      "import '@middy/core'; export const handler = async () => 'found it';",
    );
    await expect(lambda.invoke({})).rejects.toMatchObject({ kind: 'init' });
  });
});
