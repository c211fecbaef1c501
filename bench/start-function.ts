import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FunctionModule } from './function-modules.ts';

export interface Called {
  /** The last call's. */
  answer: unknown;
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
  stop(): Promise<void>;
}

const child = fileURLToPath(new URL('./function-child.mjs', import.meta.url));

/** @param heapMb default: Node's own limit, which goes by the machine */
export async function startFunction(
  { path }: Pick<FunctionModule, 'path'>,
  environment: Record<string, string>,
  heapMb?: number,
): Promise<FunctionProcess> {
  const running = fork(child, [path], {
    env: environment,
    execArgv: heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let errors = '';
  // Read, as Lambda reads it, so that the function never waits for its log.
  running.stdout?.resume();
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
