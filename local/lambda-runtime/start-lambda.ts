import {
  type InvokeOptions,
  type LambdaProcess,
  type LambdaProcessOptions,
  startLambdaProcess,
} from './start-lambda-process.ts';

export interface LambdaOptions extends LambdaProcessOptions {
  /** Events handled at the same time; more events wait for a free instance. */
  maxInstances: number;
  /** Milliseconds after which an unused instance is ended. Default one minute. */
  idleMs?: number;
}

export interface LambdaFunction {
  /**
   * Handles an event in an instance that handles no other event at the same time.
   * @throws LambdaFault
   */
  invoke(event: unknown, options?: InvokeOptions): Promise<unknown>;
  /** Instances that exist now, busy or idle. */
  instances(): number;
  /** Ends all instances. Running and waiting invocations reject. */
  stop(): Promise<void>;
}

interface Instance {
  lambda: LambdaProcess;
  idleTimer?: NodeJS.Timeout;
}

const IDLE_MS = 60_000;

/**
 * A function as Lambda scales it: an instance is started when all others are busy, up to a maximum,
 * is reused for later events, and is ended when it has been idle for some time.
 */
export function startLambda(options: LambdaOptions): LambdaFunction {
  const { maxInstances, idleMs = IDLE_MS, ...processOptions } = options;
  const running = new Set<Instance>();
  const starting = new Set<Promise<Instance>>();
  /** The last one used is reused first, so that the others become idle. */
  const idle: Instance[] = [];
  const waiting: PromiseWithResolvers<Instance>[] = [];
  let stopped = false;
  const count = () => running.size + starting.size;

  function startInstance(): Promise<Instance> {
    const start = startLambdaProcess(processOptions).then((lambda) => {
      const instance: Instance = { lambda };
      running.add(instance);
      return instance;
    });
    starting.add(start);
    return start.finally(() => starting.delete(start));
  }

  async function end(instance: Instance): Promise<void> {
    running.delete(instance);
    clearTimeout(instance.idleTimer);
    await instance.lambda.stop();
  }

  async function acquire(): Promise<Instance> {
    const instance = idle.pop();
    clearTimeout(instance?.idleTimer);
    if (instance) return instance;
    if (count() < maxInstances) return startInstance();
    const turn = Promise.withResolvers<Instance>();
    waiting.push(turn);
    return turn.promise;
  }

  function release(instance: Instance): void {
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
        return await instance.lambda.invoke(event, invokeOptions);
      } finally {
        if (!stopped) release(instance);
      }
    },
    instances: count,
    async stop() {
      stopped = true;
      for (const turn of waiting.splice(0)) turn.reject(new Error('the system is stopping'));
      await Promise.allSettled(starting);
      await Promise.all([...running].map(end));
    },
  };
}
