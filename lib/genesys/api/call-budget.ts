import type { CallGrant } from '../pace/call-allowance.ts';

/** What one request's dealings with Genesys Cloud may take, and what they took. */
export interface CallBudget {
  /** Genesys work has to be over by then, so that the result still goes out. Milliseconds since the epoch. */
  readonly finishByMs: number;
  /** The request is worth nothing after this. Milliseconds since the epoch. */
  readonly deadlineMs: number;
  /** Whose request it is; decides who gets the next calls while they are short. */
  readonly callerId: string | undefined;
  /** `low` only takes calls that no add is waiting for. */
  readonly priority: 'normal' | 'low';
  /**
   * Calls granted up front. The client spends them first, then acquires one at a time. Whoever set
   * it releases what is left of it.
   */
  grant: CallGrant | undefined;
  /** HTTP requests sent for it so far, token requests not counted. */
  calls: number;
  /** `ININ-Correlation-Id` of the answers, for the vendor's support. */
  readonly correlationIds: string[];
}

export interface CallBudgetOptions {
  finishByMs: number;
  deadlineMs: number;
  callerId?: string | undefined;
  /** Default `normal` */
  priority?: 'normal' | 'low' | undefined;
  grant?: CallGrant | undefined;
}

export function createCallBudget(options: CallBudgetOptions): CallBudget {
  const { finishByMs, deadlineMs, callerId, priority = 'normal', grant } = options;
  return { finishByMs, deadlineMs, callerId, priority, grant, calls: 0, correlationIds: [] };
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
