import type { CallGrant } from '../pace/call-allowance.ts';

/** Limits of one request's calls to Genesys Cloud, and what they used. */
export interface CallBudget {
  /** Calls have to end by then, so that the result can be sent. Milliseconds since the epoch. */
  readonly finishByMs: number;
  /** The request's deadline. Milliseconds since the epoch. */
  readonly deadlineMs: number;
  /** The caller of the request. Callers share the budget while it is short. */
  readonly callerId: string | undefined;
  /** `low` only takes calls that no add is waiting for. */
  readonly priority: 'normal' | 'low';
  /**
   * Calls granted in advance. The client uses them first, then acquires calls one at a time. The code that
   * set it releases the rest.
   */
  grant: CallGrant | undefined;
  /** HTTP requests sent for it so far, token requests not counted. */
  calls: number;
  /** `ININ-Correlation-Id` of the responses, for the vendor's support. */
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
 * The function has too little time left for the next call. The request is deferred and received again
 * immediately.
 */
export class OutOfTimeError extends Error {
  constructor(what: string) {
    super(`Not enough time left in this invocation for ${what}`);
    this.name = 'OutOfTimeError';
  }
}
