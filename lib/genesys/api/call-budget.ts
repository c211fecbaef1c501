/** What one request's dealings with Genesys Cloud may take, and what they took. */
export interface CallBudget {
  /** Genesys work has to be over by then, so that the result still goes out. Milliseconds since the epoch. */
  readonly finishByMs: number;
  /** The request is worth nothing after this. Milliseconds since the epoch. */
  readonly deadlineMs: number;
  /** HTTP requests sent for it so far, token requests not counted. */
  calls: number;
  /** `ININ-Correlation-Id` of the answers, for the vendor's support. */
  readonly correlationIds: string[];
}

export function createCallBudget(limits: { finishByMs: number; deadlineMs: number }): CallBudget {
  return { ...limits, calls: 0, correlationIds: [] };
}

/**
 * The function has too little time left for the next call. Nothing is wrong with the request: it
 * goes back to the queue and is taken up again at once.
 */
export class OutOfTimeError extends Error {
  constructor(what: string) {
    super(`Not enough time left in this invocation for ${what}`);
    this.name = 'OutOfTimeError';
  }
}
