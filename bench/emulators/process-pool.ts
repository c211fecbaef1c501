import type { LambdaProcess } from '../../local/lambda-runtime/start-lambda-process.ts';

/** Processes of a function. Each handles one event at a time. */
export interface ProcessPool {
  /** Invokes the process that has been idle longest, or waits for one. @throws LambdaFault */
  invoke(event: unknown): Promise<unknown>;
  size: number;
  /** True if every process has handled an event. */
  isWarm(): boolean;
  /** Invocations that ended since the last look at them. */
  takeInvocations(): InvocationCounts;
}

export interface InvocationCounts {
  count: number;
  failed: number;
  longestMs: number;
}

const NO_INVOCATIONS: InvocationCounts = { count: 0, failed: 0, longestMs: 0 };

export function createProcessPool(processes: readonly LambdaProcess[]): ProcessPool {
  const free = [...processes];
  const used = new Set<LambdaProcess>();
  const waiting: ((process: LambdaProcess) => void)[] = [];
  let counts = { ...NO_INVOCATIONS };

  async function acquire(): Promise<LambdaProcess> {
    return free.shift() ?? new Promise((resolve) => waiting.push(resolve));
  }

  function release(process: LambdaProcess): void {
    const next = waiting.shift();
    if (next) next(process);
    else free.push(process);
  }

  return {
    size: processes.length,
    async invoke(event) {
      const process = await acquire();
      const startedAtMs = performance.now();
      try {
        return await process.invoke(event);
      } catch (error) {
        counts.failed += 1;
        throw error;
      } finally {
        counts.count += 1;
        counts.longestMs = Math.max(counts.longestMs, performance.now() - startedAtMs);
        used.add(process);
        release(process);
      }
    },
    isWarm: () => used.size === processes.length,
    takeInvocations() {
      const taken = counts;
      counts = { ...NO_INVOCATIONS };
      return taken;
    },
  };
}
