import { availableParallelism } from 'node:os';
import {
  type InvokeOptions,
  type LambdaProcess,
  type LambdaProcessOptions,
  startLambdaProcess,
} from './start-lambda-process.ts';

export interface LambdaOptions extends LambdaProcessOptions {
  /** Events handled at the same time; more events wait for a free instance. */
  maxInstances: number;
  /**
   * Instances that start at the same time. Default: the number of processors. More of them would only slow
   * each other down.
   */
  maxStarting?: number;
  /** Milliseconds after which an unused instance is ended. Default one minute. */
  idleMs?: number;
}

export interface LambdaFunction {
  /**
   * Handles an event in an instance that handles no other event at the same time.
   * @throws LambdaFault
   */
  invoke(event: unknown, options?: InvokeOptions): Promise<unknown>;
  /** Instances that exist now, starting, busy or idle. */
  instances(): number;
  /** Ends all instances. Running and waiting invocations reject. */
  stop(): Promise<void>;
}

interface Instance {
  lambda: Promise<LambdaProcess>;
  idleTimer?: NodeJS.Timeout;
}

const IDLE_MS = 60_000;

/**
 * A function as Lambda scales it: instances are started while events wait, up to a maximum, are reused
 * for later events, and are ended when they have been idle for some time. An event takes the first
 * instance that is free, which need not be the one started for it.
 */
export function startLambda(options: LambdaOptions): LambdaFunction {
  const {
    maxInstances,
    maxStarting = availableParallelism(),
    idleMs = IDLE_MS,
    ...processOptions
  } = options;
  const instances = new Set<Instance>();
  let starting = 0;
  /** The last one used is reused first, so that the others become idle. */
  const idle: Instance[] = [];
  const waiting: PromiseWithResolvers<Instance>[] = [];
  let stopped = false;

  function startInstances(): void {
    const isNeeded = () => starting < waiting.length && !stopped;
    const isAllowed = () => starting < maxStarting && instances.size < maxInstances;
    while (isNeeded() && isAllowed()) void startInstance();
  }

  async function startInstance(): Promise<void> {
    const instance: Instance = { lambda: startLambdaProcess(processOptions) };
    instances.add(instance);
    starting += 1;
    try {
      const lambda = await instance.lambda;
      // The event that gets this instance reports why it does not start.
      await lambda.ready().catch(() => {});
      release(instance);
    } catch (error) {
      instances.delete(instance);
      waiting.shift()?.reject(error);
    } finally {
      starting -= 1;
      startInstances();
    }
  }

  async function end(instance: Instance): Promise<void> {
    instances.delete(instance);
    clearTimeout(instance.idleTimer);
    await (await instance.lambda).stop();
  }

  async function acquire(): Promise<Instance> {
    const instance = idle.pop();
    clearTimeout(instance?.idleTimer);
    if (instance) return instance;
    const turn = Promise.withResolvers<Instance>();
    waiting.push(turn);
    startInstances();
    return turn.promise;
  }

  function release(instance: Instance): void {
    if (stopped) return;
    const next = waiting.shift();
    if (next) {
      next.resolve(instance);
      return;
    }
    idle.push(instance);
    instance.idleTimer = setTimeout(() => {
      idle.splice(idle.indexOf(instance), 1);
      void end(instance);
    }, idleMs);
  }

  return {
    async invoke(event, invokeOptions) {
      if (stopped) throw new Error('the system is stopping');
      const instance = await acquire();
      if (stopped) throw new Error('the system is stopping');
      try {
        return await (await instance.lambda).invoke(event, invokeOptions);
      } finally {
        release(instance);
      }
    },
    instances: () => instances.size,
    async stop() {
      stopped = true;
      for (const turn of waiting.splice(0)) turn.reject(new Error('the system is stopping'));
      await Promise.allSettled([...instances].map(end));
    },
  };
}
