/** Calls to the Genesys Cloud API that may be made now. */
export interface CallGrant {
  granted: true;
  /** Calls granted and not yet made. Decremented with each call. */
  calls: number;
  /** Milliseconds since the epoch. A call made more than a second later needs a new grant. */
  grantedAtMs: number;
}

/**
 * Why no calls were granted:
 * - `budget`: the last minute's calls have used up the budget
 * - `share`: other callers that have used less are waiting
 * - `stopped`: the platform sent a 429 with a time
 */
export type RefusalReason = 'budget' | 'share' | 'stopped';

/** The reasons in words, for records and logs. */
export const REFUSAL_DETAILS: Readonly<Record<RefusalReason, string>> = {
  budget: 'The call budget is used up',
  share: 'Other callers are waiting for the call budget',
  stopped: 'Genesys Cloud asked for a pause',
};

export interface CallRefusal {
  granted: false;
  reason: RefusalReason;
  /** When to ask again, in milliseconds since the epoch. Spread, so that callers do not ask simultaneously. */
  retryAtMs: number;
}

export interface AcquireOptions {
  /** The caller of the request. Callers share the budget equally while it is short. */
  callerId?: string | undefined;
  /** `low` only takes what no add is waiting for. Default `normal` */
  priority?: 'normal' | 'low';
  /** Milliseconds until the deadline. A refused request with less time left retries sooner. */
  slackMs?: number | undefined;
  /** A grant that is too old to be used. The new one replaces it in the budget. */
  replaces?: CallGrant | undefined;
}

/**
 * The budget of calls to Genesys Cloud, one for all instances (docs/performance.md). No sliding
 * minute sees more calls than `GENESYS_REQUESTS_PER_SECOND` allows for a minute, or than the platform
 * says it allows.
 */
export interface CallAllowance {
  /**
   * Asks for all the calls that a request is expected to need. One conditional write if they are
   * granted. A refusal does not use the budget.
   * @throws AdderError `INTERNAL_ERROR`, to be retried, if the table cannot be reached. Genesys Cloud must not
   * be called then
   */
  acquire(calls: number, options?: AcquireOptions): Promise<CallGrant | CallRefusal>;
  /** Whether this instance was refused calls in the last 30 s, so that others are likely to be refused. */
  wasRefusedLately(): boolean;
  /**
   * The refusal that a request for calls would get now, without acquiring any.
   * @returns `undefined` if they may be granted. Best effort: never throws
   */
  expectRefusal(calls: number, options: AcquireOptions): Promise<CallRefusal | undefined>;
  /** Returns the calls of a grant that were not made. Best effort: never throws. */
  release(grant: CallGrant, callerId?: string): Promise<void>;
  /** Takes in the platform's own count of calls. Written with the next grant or release. */
  observe(response: { status: number; headers: Readonly<Record<string, string>> }): void;
  /**
   * Stops all instances after a 429. An implausible time is cut. After it, one request probes before the
   * others follow. Best effort: never throws.
   * @param untilMs milliseconds since the epoch
   */
  pauseUntil(untilMs: number): Promise<void>;
  /** How much of the budget the last minute used, in percent, as far as this instance knows. */
  usedPercent(): number;
}
