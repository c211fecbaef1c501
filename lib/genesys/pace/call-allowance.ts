/** Calls to the Genesys Cloud API that may be made now. */
export interface CallGrant {
  granted: true;
  /** Calls granted and not yet made. Whoever makes one lowers it. */
  calls: number;
  /** Milliseconds since the epoch. A call made more than a second later needs a new grant. */
  grantedAtMs: number;
}

/**
 * Why no calls were granted:
 * - `budget`: the last minute's calls have used up the budget
 * - `share`: other callers are waiting who have had less
 * - `stopped`: the platform answered 429 and named a time
 */
export type RefusalReason = 'budget' | 'share' | 'stopped';

export interface CallRefusal {
  granted: false;
  reason: RefusalReason;
  /** When to ask again, in milliseconds since the epoch. Spread, so that not everybody asks at once. */
  retryAtMs: number;
}

export interface AcquireOptions {
  /** Whose request it is: callers share the budget equally while it is short. */
  callerId?: string | undefined;
  /** `low` only takes what no add is waiting for. Default `normal` */
  priority?: 'normal' | 'low';
  /** A grant that has become too old to be used. The new one takes its place in the budget. */
  replaces?: CallGrant | undefined;
}

/**
 * The budget of calls to Genesys Cloud, one for all instances (docs/performance.md). No sliding
 * minute sees more calls than `GENESYS_REQUESTS_PER_SECOND` allows for a minute, or than the platform
 * says it allows.
 */
export interface CallAllowance {
  /**
   * Asks for all the calls that a request is expected to need. One conditional write where they are
   * granted; a refusal makes no call and takes no place.
   * @throws AdderError `INTERNAL_ERROR`, to be retried, where the table cannot be reached: then
   * nothing may be called
   */
  acquire(calls: number, options?: AcquireOptions): Promise<CallGrant | CallRefusal>;
  /** Returns the calls of a grant that were not made. Best effort: never throws. */
  release(grant: CallGrant, callerId?: string): Promise<void>;
  /** Takes in the platform's own count of calls. Written with the next grant or release. */
  observe(response: { status: number; headers: Readonly<Record<string, string>> }): void;
  /**
   * Full stop after a 429, in all instances. A time that is not plausible is cut; after it, one
   * request tries before the others follow. Best effort: never throws.
   * @param untilMs milliseconds since the epoch
   */
  pauseUntil(untilMs: number): Promise<void>;
  /** How much of the budget the last minute used, in percent, as far as this instance knows. */
  usedPercent(): number;
}
