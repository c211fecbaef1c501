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
  /** What `serverless package` made: a function's zip, or a directory that holds what was in it. */
  zipOrDir: string;
  /** As the template has it, such as `functions/intake/index.handler`. */
  handler: string;
  /** The template's environment, and the AWS_* variables that the function is to have. Nothing of this process's own environment goes with it. */
  env: Record<string, string>;
  /** The template's Timeout. A call that takes longer ends the process, as on Lambda. */
  timeoutMs: number;
  /** Default `function`. */
  name?: string;
  /** The template's MemorySize. Told to the function, not enforced. Default 256. */
  memoryMb?: number;
  /** Each line that the function writes to its log. */
  onLine?: (line: string) => void;
}

/**
 * - `function`: the handler threw
 * - `timeout`: it took longer than its time limit
 * - `crash`: the process ended in mid-call, of itself or by `kill`
 * - `init`: the module could not be loaded
 */
export type LambdaFaultKind = 'function' | 'timeout' | 'crash' | 'init';

/** A call that gave no answer. */
export class LambdaFault extends Error {
  readonly kind: LambdaFaultKind;
  /** The thrown error's name, or Lambda's own (`Runtime.ExitError`, `Sandbox.Timedout`). */
  readonly errorType: string;

  constructor(kind: LambdaFaultKind, errorType: string, message: string) {
    super(message);
    this.name = 'LambdaFault';
    this.kind = kind;
    this.errorType = errorType;
  }
}

export interface LambdaProcess {
  /**
   * Calls the function and gives its answer. One call at a time, as in one execution environment of
   * Lambda: others wait for their turn. Starts a new process where the last one has ended.
   * @throws LambdaFault
   */
  invoke(event: unknown): Promise<unknown>;
  /** Ends the process, in mid-call if there is a call. The next call starts another one. Default SIGKILL. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Ends the process and takes away what was unpacked. */
  stop(): Promise<void>;
  /** How many processes have been started: the cold starts. */
  processesStarted(): number;
}

/**
 * The child's side of the Runtime API: our own small one, or AWS's where `AWS_LAMBDA_RIC` is the path
 * of aws-lambda-ric's index.mjs. (That package is compiled when it is installed, which takes minutes
 * and a C++ compiler; so it is no dependency.)
 */
const runtimeClient =
  process.env.AWS_LAMBDA_RIC || fileURLToPath(new URL('./bootstrap.ts', import.meta.url));

/**
 * Runs a packaged function as Lambda does: in a process of its own, in a directory without
 * node_modules, with the template's environment, over the Lambda Runtime API.
 */
export async function startLambdaProcess(options: LambdaProcessOptions): Promise<LambdaProcess> {
  const { name = 'function', memoryMb = 256 } = options;
  const unpacked = (await stat(options.zipOrDir)).isDirectory()
    ? undefined
    : await unpack(options.zipOrDir);
  const directory = unpacked ?? options.zipOrDir;
  let child: ChildProcess | undefined;
  let started = 0;
  let turn: Promise<unknown> = Promise.resolve();
  /** Rejects the call in progress, if there is one. */
  let failCall: ((fault: LambdaFault) => void) | undefined;
  let initFault: LambdaFault | undefined;

  const api = createRuntimeApi({
    functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    onInitError: ({ errorType, errorMessage }) => {
      initFault = new LambdaFault('init', errorType, errorMessage);
    },
  });
  const { port, stop: stopServer } = await listen(api.server);

  function start(): ChildProcess {
    started += 1;
    api.reset();
    initFault = undefined;
    const process_ = spawn(process.execPath, [runtimeClient, options.handler], {
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
    });
    for (const stream of [process_.stdout, process_.stderr]) {
      createInterface({ input: stream }).on('line', (line) => options.onLine?.(line));
    }
    process_.on('exit', (code, signal) => {
      if (child === process_) child = undefined;
      const how = signal ? `signal: ${signal}` : `exit status ${code}`;
      failCall?.(
        initFault ??
          new LambdaFault('crash', 'Runtime.ExitError', `Runtime exited with error: ${how}`),
      );
    });
    return process_;
  }

  async function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const ending = child;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = once(ending, 'exit');
    ending.kill(signal);
    await ended;
  }

  async function call(event: unknown): Promise<unknown> {
    child ??= start();
    const timeout = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const seconds = (options.timeoutMs / 1000).toFixed(2);
      timeout.reject(
        new LambdaFault('timeout', 'Sandbox.Timedout', `Task timed out after ${seconds} seconds`),
      );
    }, options.timeoutMs);
    try {
      return await Promise.race([
        timeout.promise,
        new Promise((resolve, reject) => {
          failCall = reject;
          api.offer({
            id: newRequestId(),
            event,
            deadlineMs: Date.now() + options.timeoutMs,
            succeed: resolve,
            fail: ({ errorType, errorMessage }) =>
              reject(new LambdaFault('function', errorType, errorMessage)),
          });
        }),
      ]);
    } catch (fault) {
      // Lambda throws the whole environment away, whatever it was about to do.
      if (fault instanceof LambdaFault && fault.kind === 'timeout') await kill();
      throw fault;
    } finally {
      clearTimeout(timer);
      failCall = undefined;
    }
  }

  child = start();
  return {
    invoke(event) {
      const answer = turn.then(() => call(event));
      turn = answer.catch(() => {});
      return answer;
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
