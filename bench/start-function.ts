import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FunctionModule } from './function-modules.ts';

export interface Called {
  /** What the function returned for each event. */
  responses: unknown[];
  /** Of all calls together, measured in the process. */
  wallMs: number;
  /** User and system time of the process. */
  cpuMs: number;
  /** Afterwards. */
  residentBytes: number;
}

/** A function in a process of its own: one call at a time. */
export interface FunctionProcess {
  /** Calls it with each event, one after the other. @throws Error the function's */
  call(...events: object[]): Promise<Called>;
  /** Bytes of the heap that are in use after a full collection. Needs `heapMb`. */
  collectHeap(): Promise<number>;
  /** Size of its log so far. */
  logBytes(): number;
  stop(): Promise<void>;
}

const child = fileURLToPath(new URL('./function-child.mjs', import.meta.url));

/** @param heapMb limit of V8's heap. Default: V8's own, which depends on the machine's memory. */
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
    async call(...events) {
      running.send({ events });
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
