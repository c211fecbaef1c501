/** Time as the code sees it. Passed in, so that tests and the simulation decide what time it is. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `delayMs` milliseconds; rejects with the signal's reason if it aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** A number in [0, 1), as `Math.random` gives it. Passed in, so that jitter can be replayed. */
export type Random = () => number;
