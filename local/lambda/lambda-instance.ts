import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';

export interface InstanceData {
  moduleUrl: string;
  exportName: string;
  functionName: string;
  memoryMb: number;
}

export interface InvocationRequest {
  event: unknown;
  requestId: string;
  /** When the time-out ends the invocation, in milliseconds since the epoch. */
  deadlineMs: number;
}

export type InvocationAnswer = { response: unknown } | { error: string };

export interface InstanceOptions extends InstanceData {
  /** The whole environment of the function. */
  environment: Record<string, string>;
  timeoutMs: number;
  onLogLine: (line: string) => void;
}

export interface LambdaInstance {
  /**
   * Carries out one event; the next one only after its answer.
   * @throws Error where the function throws, cannot be loaded, runs out of time, or is ended
   */
  invoke(event: unknown): Promise<unknown>;
  /** It has ended, by its own fault or because it was stopped: another one is needed. */
  readonly ended: boolean;
  stop(): Promise<void>;
}

/** Starts one instance of a function in a worker thread. */
export function startLambdaInstance(options: InstanceOptions): LambdaInstance {
  const { environment, timeoutMs, onLogLine, ...data } = options;
  const worker = new Worker(new URL('./lambda-worker.ts', import.meta.url), {
    workerData: data satisfies InstanceData,
    env: environment,
    resourceLimits: { maxOldGenerationSizeMb: data.memoryMb },
    stdout: true,
    stderr: true,
  });
  for (const stream of [worker.stdout, worker.stderr]) {
    createInterface({ input: stream }).on('line', onLogLine);
  }
  let ended = false;
  let settle: ((answer: InvocationAnswer) => void) | undefined;
  let fault = 'the instance was ended';
  worker.on('message', (answer: InvocationAnswer) => settle?.(answer));
  worker.on('error', (error: Error) => {
    fault = error.message;
  });
  worker.on('exit', () => {
    ended = true;
    settle?.({ error: fault });
  });

  return {
    async invoke(event) {
      if (ended) throw new Error(fault);
      const answer = await new Promise<InvocationAnswer>((resolve) => {
        const timer = setTimeout(() => {
          fault = `Task timed out after ${timeoutMs / 1000} seconds`;
          worker.terminate();
        }, timeoutMs);
        settle = (given) => {
          clearTimeout(timer);
          resolve(given);
        };
        const request: InvocationRequest = {
          event,
          requestId: randomUUID(),
          deadlineMs: Date.now() + timeoutMs,
        };
        worker.postMessage(request);
      });
      if ('error' in answer) throw new Error(answer.error);
      return answer.response;
    },
    get ended() {
      return ended;
    },
    async stop() {
      await worker.terminate();
    },
  };
}
