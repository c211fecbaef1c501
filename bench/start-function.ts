import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FunctionModule } from './function-modules.ts';

export interface Called {
  /** The last call's. */
  response: unknown;
  /** Of all calls together, as the process itself saw it. */
  wallMs: number;
  /** User and system time of the process. */
  cpuMs: number;
  /** Afterwards. */
  residentBytes: number;
}

/** A function in a process of its own: one call at a time. */
export interface FunctionProcess {
  /** Calls it with an event, again and again. Default: once. @throws Error the function's */
  call(event: object, times?: number): Promise<Called>;
  /** Bytes of the heap that are in use once everything dead is collected. Needs `heapMb`. */
  collectHeap(): Promise<number>;
  /** What it has written to its log so far. */
  logBytes(): number;
  stop(): Promise<void>;
}

const child = fileURLToPath(new URL('./function-child.mjs', import.meta.url));

/** @param heapMb the most that V8 may take. Default: its own limit, which goes by the machine's memory. */
export async function startFunction(
  { path }: Pick<FunctionModule, 'path'>,
  environment: Record<string, string>,
  heapMb?: number,
): Promise<FunctionProcess> {
  const running = fork(child, [path], {
    env: environment,
    execArgv: heapMb === undefined ? [] : [`--max-heap-size=${heapMb}`, '--expose-gc'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let errors = '';
  // Read, as Lambda reads it, so that the function never waits for its log.
  let logBytes = 0;
  running.stdout?.on('data', (chunk: Buffer) => {
    logBytes += chunk.length;
  });
  running.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  const next = () => nextMessage(running, () => errors);
  await next();
  return {
    async call(event, times = 1) {
      running.send({ event, times });
      const { error, ...called } = (await next()) as Called & { error?: string };
      if (error !== undefined) throw new Error(error);
      return called;
    },
    async collectHeap() {
      running.send({ collect: true });
      return (await next()) as number;
    },
    logBytes: () => logBytes,
    async stop() {
      const ended = new Promise((resolve) => running.once('exit', resolve));
      running.kill('SIGKILL');
      await ended;
    },
  };
}

function nextMessage(running: ChildProcess, errors: () => string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error(`the function's process ended: ${errors()}`));
    running.once('exit', onExit);
    running.once('message', (message) => {
      running.off('exit', onExit);
      resolve(message);
    });
  });
}
