import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { listen } from '../listen.ts';
import { createRuntimeApi, newRequestId } from './runtime-api.ts';
import { unzip } from './unzip.ts';

export interface LambdaProcessOptions {
  /** A deployment package from `serverless package`, or a directory with its files. */
  zipOrDir: string;
  /** As in the template, such as `functions/intake/index.handler`. */
  handler: string;
  /**
   * Environment of the template and the AWS_* variables. The function gets nothing of this process's
   * own environment.
   */
  env: Record<string, string>;
  /**
   * Timeout of the template in milliseconds. A longer invocation ends the process, as on Lambda. The
   * start of the process does not count, and may take as long.
   */
  timeoutMs: number;
  /** Name in AWS. Default `function`. */
  name?: string;
  /** MemorySize of the template: the limit of the V8 heap. Default 256. */
  memoryMb?: number;
  /** Receives each line that the function logs. */
  onLine?: (line: string) => void;
}

/**
 * - `function`: the handler threw
 * - `timeout`: the invocation exceeded its timeout
 * - `crash`: the process ended during the invocation
 * - `init`: the module could not be loaded
 */
export type LambdaFaultKind = 'function' | 'timeout' | 'crash' | 'init';

/** An invocation without a response. */
export class LambdaFault extends Error {
  readonly kind: LambdaFaultKind;
  /** Name of the thrown error, or Lambda's own (`Runtime.ExitError`, `Sandbox.Timedout`). */
  readonly errorType: string;

  constructor(kind: LambdaFaultKind, errorType: string, message: string) {
    super(message);
    this.name = 'LambdaFault';
    this.kind = kind;
    this.errorType = errorType;
  }
}

export interface InvokeOptions {
  /** Version or alias that is invoked, the end of `invokedFunctionArn`. Default: an unqualified ARN. */
  qualifier?: string;
}

export interface LambdaProcess {
  /**
   * Resolves when the process has loaded the function, so that an invocation begins at once.
   * @throws LambdaFault if it could not. The next invocation starts another process.
   */
  ready(): Promise<void>;
  /**
   * Invokes the function. Invocations run one at a time, as in one execution environment of Lambda;
   * others wait. Starts a new process if the last one has ended.
   * @throws LambdaFault
   */
  invoke(event: unknown, options?: InvokeOptions): Promise<unknown>;
  /** Ends the process, even during an invocation. The next invocation starts another. Default SIGKILL. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Ends the process and removes the unpacked files. */
  stop(): Promise<void>;
  /** Number of processes started so far, which is the number of cold starts. */
  processesStarted(): number;
}

interface RunningProcess {
  process: ChildProcess;
  /** Resolved when the process asks for its first event, rejected with a LambdaFault if it ends before. */
  ready: PromiseWithResolvers<void>;
}

/**
 * Client of the Runtime API: our own small one, or AWS's if `AWS_LAMBDA_RIC` is the path of
 * aws-lambda-ric's index.mjs. That package is not a dependency because installing it takes minutes and
 * a C++ compiler.
 */
const runtimeClient =
  process.env.AWS_LAMBDA_RIC || fileURLToPath(new URL('./bootstrap.mjs', import.meta.url));

/**
 * Runs a function as one execution environment of Lambda: in its own process, with the template's
 * environment, over the Lambda Runtime API.
 */
export async function startLambdaProcess(options: LambdaProcessOptions): Promise<LambdaProcess> {
  const { name = 'function', memoryMb = 256 } = options;
  const unpacked = (await stat(options.zipOrDir)).isDirectory()
    ? undefined
    : await unpack(options.zipOrDir);
  const directory = unpacked ?? options.zipOrDir;
  let child: RunningProcess | undefined;
  let started = 0;
  let turn: Promise<unknown> = Promise.resolve();
  /** Rejects the running invocation, if any. */
  let failCall: ((fault: LambdaFault) => void) | undefined;
  let initFault: LambdaFault | undefined;

  const api = createRuntimeApi({
    onInitError: ({ errorType, errorMessage }) => {
      initFault = new LambdaFault('init', errorType, errorMessage);
    },
    onPoll: () => child?.ready.resolve(),
  });
  const functionArn = `arn:aws:lambda:${options.env.AWS_REGION ?? 'us-east-1'}:000000000000:function:${name}`;
  const { port, stop: stopServer } = await listen(api.server);

  function start(): RunningProcess {
    started += 1;
    api.reset();
    initFault = undefined;
    const process_ = spawn(
      process.execPath,
      [`--max-old-space-size=${memoryMb}`, runtimeClient, options.handler],
      {
        cwd: directory,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...options.env,
          AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
          AWS_LAMBDA_FUNCTION_NAME: name,
          AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
          AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
          AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
          AWS_LAMBDA_LOG_STREAM_NAME: `local/${started}`,
          AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
          AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
          LAMBDA_TASK_ROOT: directory,
          _HANDLER: options.handler,
          TZ: ':UTC',
        },
      },
    );
    for (const stream of [process_.stdout, process_.stderr]) {
      createInterface({ input: stream }).on('line', (line) => options.onLine?.(line));
    }
    const ready = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      ready.reject(timeoutFault());
      process_.kill('SIGKILL');
    }, options.timeoutMs);
    // Also keeps a fault that no one waits for from ending this process.
    ready.promise.catch(() => {}).finally(() => clearTimeout(timer));
    process_.on('exit', (code, signal) => {
      if (child?.process === process_) child = undefined;
      const how = signal ? `signal: ${signal}` : `exit status ${code}`;
      const fault =
        initFault ??
        new LambdaFault('crash', 'Runtime.ExitError', `Runtime exited with error: ${how}`);
      ready.reject(fault);
      failCall?.(fault);
    });
    return { process: process_, ready };
  }

  function timeoutFault(): LambdaFault {
    const seconds = (options.timeoutMs / 1000).toFixed(2);
    return new LambdaFault(
      'timeout',
      'Sandbox.Timedout',
      `Task timed out after ${seconds} seconds`,
    );
  }

  async function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const ending = child?.process;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = once(ending, 'exit');
    ending.kill(signal);
    await ended;
  }

  async function call(event: unknown, { qualifier }: InvokeOptions): Promise<unknown> {
    child ??= start();
    await child.ready.promise;
    const timeout = Promise.withResolvers<never>();
    const timer = setTimeout(() => timeout.reject(timeoutFault()), options.timeoutMs);
    try {
      return await Promise.race([
        timeout.promise,
        new Promise((resolve, reject) => {
          failCall = reject;
          api.offer({
            id: newRequestId(),
            event,
            functionArn: qualifier ? `${functionArn}:${qualifier}` : functionArn,
            deadlineMs: Date.now() + options.timeoutMs,
            succeed: resolve,
            fail: ({ errorType, errorMessage }) =>
              reject(new LambdaFault('function', errorType, errorMessage)),
          });
        }),
      ]);
    } catch (fault) {
      // Lambda discards the whole environment.
      if (fault instanceof LambdaFault && fault.kind === 'timeout') await kill();
      throw fault;
    } finally {
      clearTimeout(timer);
      failCall = undefined;
    }
  }

  child = start();
  return {
    async ready() {
      await child?.ready.promise;
    },
    invoke(event, invokeOptions = {}) {
      const response = turn.then(() => call(event, invokeOptions));
      turn = response.catch(() => {});
      return response;
    },
    kill,
    async stop() {
      await kill();
      await stopServer();
      if (unpacked) await rm(unpacked, { recursive: true, force: true });
    },
    processesStarted: () => started,
  };
}

async function unpack(zipFile: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lambda-'));
  for (const [path, content] of unzip(await readFile(zipFile))) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
  return directory;
}
