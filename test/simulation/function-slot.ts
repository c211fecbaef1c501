import type { Random } from '../../lib/domain/clock.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface SlotOptions<Handler> {
  time: VirtualTime;
  random: Random;
  /** How likely the process has been replaced since the last invocation. */
  coldStarts: () => number;
  newProcess: () => SimulatedProcess;
  /** Loads the function in a new process. */
  load: (process: SimulatedProcess) => Handler;
  timeoutMs: number;
}

export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

/** One of a function's instances at a time: a dead one is replaced at the next invocation. */
export class FunctionSlot<Event, Result> {
  readonly #options: SlotOptions<(event: Event, context: LambdaContext) => Promise<Result>>;
  #loaded:
    | {
        process: SimulatedProcess;
        handler: (event: Event, context: LambdaContext) => Promise<Result>;
      }
    | undefined;

  constructor(options: SlotOptions<(event: Event, context: LambdaContext) => Promise<Result>>) {
    this.#options = options;
  }

  /** @throws Error where the function throws, or its process dies before it has returned */
  async invoke(event: Event): Promise<Result> {
    const { time, timeoutMs } = this.#options;
    const { process, handler } = this.#ready();
    const endsAtMs = time.nowMs + timeoutMs;
    let isOver = false;
    try {
      return await new Promise<Result>((resolve, reject) => {
        process.onDeath((why) => reject(new Error(why)));
        time.after(timeoutMs, () => {
          if (!isOver) process.die(`timed out after ${timeoutMs / 1000} s`);
        });
        const context = { getRemainingTimeInMillis: () => endsAtMs - time.nowMs };
        handler(event, context).then(resolve, reject);
      });
    } finally {
      isOver = true;
    }
  }

  #ready() {
    const { random, coldStarts, newProcess, load } = this.#options;
    if (this.#loaded?.process.isAlive && random() < coldStarts()) {
      this.#loaded.process.die('it is recycled');
    }
    if (!this.#loaded?.process.isAlive) {
      const process = newProcess();
      this.#loaded = { process, handler: load(process) };
    }
    return this.#loaded;
  }
}
