import {
  type InstanceOptions,
  type LambdaInstance,
  startLambdaInstance,
} from './lambda-instance.ts';

export interface LambdaOptions extends InstanceOptions {
  /** Instances at most; events beyond that wait their turn. */
  maxInstances: number;
}

export interface LambdaFunction {
  /** Carries out an event in an instance of its own. @throws Error as the instance does */
  invoke(event: unknown): Promise<unknown>;
  /** Ends all instances, and with them the invocations that are running. */
  stop(): Promise<void>;
}

/**
 * A function as Lambda runs it: an instance carries out one event at a time and keeps its state for
 * the next, and another instance is started when all are busy. Instances are kept until the end.
 */
export function startLambda(options: LambdaOptions): LambdaFunction {
  const { maxInstances, ...instanceOptions } = options;
  const all = new Set<LambdaInstance>();
  const idle: LambdaInstance[] = [];
  /** Told the instance that is theirs, or of the end. */
  const waiting: ((instance: LambdaInstance | undefined) => void)[] = [];
  let stopped = false;

  function startInstance(): LambdaInstance {
    const instance = startLambdaInstance(instanceOptions);
    all.add(instance);
    return instance;
  }

  async function acquire(): Promise<LambdaInstance | undefined> {
    if (stopped) return undefined;
    const free = idle.pop();
    if (free) return free;
    if (all.size < maxInstances) return startInstance();
    return new Promise((resolve) => waiting.push(resolve));
  }

  function release(instance: LambdaInstance): void {
    if (instance.ended) all.delete(instance);
    const next = waiting.shift();
    if (next) next(instance.ended ? startInstance() : instance);
    else if (!instance.ended) idle.push(instance);
  }

  return {
    async invoke(event) {
      const instance = await acquire();
      if (!instance || stopped) throw new Error('the system is stopping');
      try {
        return await instance.invoke(event);
      } finally {
        if (!stopped) release(instance);
      }
    },
    async stop() {
      stopped = true;
      await Promise.all([...all].map((instance) => instance.stop()));
      for (const next of waiting) next(undefined);
    },
  };
}
