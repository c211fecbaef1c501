import { AdderError } from '../../domain/adder-error.ts';
import { returnCalls, stopCalls, usedPercentOf } from '../../domain/call-window.ts';
import type { Clock, Random } from '../../domain/clock.ts';
import { decideCalls } from '../../domain/decide-calls.ts';
import type { CallWindowItem } from '../../domain/window-update.ts';
import type { AcquireOptions, CallAllowance, CallGrant, CallRefusal } from './call-allowance.ts';
import { readRateLimit } from './rate-limit-headers.ts';
import { createSharedWindow, type Seen } from './shared-window.ts';

/** While the budget is short, a decision needs a window that is not older than this. */
const CURRENT_MS = 1_000;
/** After a refusal, further requests are likely to be refused for this long. */
const REFUSALS_LIKELY_MS = 30_000;
/** Refusals of a caller count with a decay of this time. */
const REFUSALS_COUNT_MS = 10_000;
const MOST_CALLERS_COUNTED = 1_000;
/** Delay of a retry if the table cannot be reached. */
const TABLE_RETRY_MS = 5_000;

export interface CallAllowanceOptions {
  /** Keeps the window for all instances. */
  item: CallWindowItem;
  /** `GENESYS_REQUESTS_PER_SECOND`: the budget, over a minute. */
  requestsPerSecond: number;
  clock: Clock;
  random: Random;
  /** Called if the item is in another format. No calls are granted for a minute then. Default: nothing */
  onUnreadable?: () => void;
}

/** The budget in one item of the table: decided by lib/domain/decide-calls.ts, written by conditional updates. */
export function createCallAllowance(options: CallAllowanceOptions): CallAllowance {
  const { item, clock, random, onUnreadable } = options;
  const budget = Math.max(1, Math.floor(options.requestsPerSecond * 60));
  const shared = createSharedWindow({ item, budget, clock, onUnreadable });
  const refusals = createRefusalCount(clock);

  let lastRefusalMs = Number.NEGATIVE_INFINITY;

  const isOld = ({ readAtMs }: Seen, nowMs: number) => nowMs - readAtMs > CURRENT_MS;

  /** @param apply `look`: decides without taking calls */
  async function decide(
    calls: number,
    { callerId, priority = 'normal', replaces, slackMs }: AcquireOptions,
    apply: 'acquire' | 'look',
  ): Promise<CallGrant | CallRefusal> {
    let outcome: CallGrant | CallRefusal | undefined;
    const isDecided = await shared.change((window, seen) => {
      const nowMs = clock.now();
      const decision = decideCalls(
        window,
        {
          calls,
          callerId: shorten(callerId),
          priority,
          replaces,
          slackMs,
          refusedLately: refusals.count(callerId),
        },
        { budget, nowMs, random },
      );
      if (!decision.granted) {
        if (seen.isLimitTooLow || isOld(seen, nowMs)) return 'stale';
        const { reason, retryAtMs } = decision;
        outcome = { granted: false, reason, retryAtMs };
        return { window: decision.window ?? window };
      }
      if (decision.isShort && isOld(seen, nowMs)) return 'stale';
      outcome = { granted: true, calls: decision.calls, grantedAtMs: nowMs };
      if (apply === 'look') return { window };
      return { window: decision.window, mostCalls: decision.mostCalls };
    });
    if (isDecided && outcome) return outcome;
    return { granted: false, reason: 'budget', retryAtMs: clock.now() + 1_000 * (1 + random()) };
  }

  function count(outcome: CallGrant | CallRefusal, callerId: string | undefined): void {
    if (outcome.granted) return;
    lastRefusalMs = clock.now();
    refusals.add(callerId);
  }

  return {
    async acquire(calls, acquireOptions = {}) {
      try {
        const outcome = await decide(calls, acquireOptions, 'acquire');
        count(outcome, acquireOptions.callerId);
        return outcome;
      } catch (cause) {
        const message =
          cause instanceof AdderError
            ? cause.message
            : 'The table that holds the call budget cannot be reached';
        throw new AdderError(message, {
          code: 'INTERNAL_ERROR',
          disposition: 'retry',
          retryAfterMs: TABLE_RETRY_MS,
          cause,
        });
      }
    },

    wasRefusedLately: () => clock.now() - lastRefusalMs <= REFUSALS_LIKELY_MS,

    async expectRefusal(calls, acquireOptions) {
      const outcome = await decide(calls, acquireOptions, 'look').catch(() => undefined);
      if (!outcome || outcome.granted) return undefined;
      count(outcome, acquireOptions.callerId);
      return outcome;
    },

    async release(grant, callerId) {
      const unused = grant.calls;
      grant.calls = 0;
      const hasProbed = shared.pendingCorrection()?.accepted && shared.latest()?.stop?.probing;
      if (unused <= 0 && !hasProbed) return;
      // If this fails, the calls stay counted for a minute.
      await shared
        .change((window) => ({ window: returnCalls(window, grant, unused, shorten(callerId)) }))
        .catch(() => undefined);
    },

    observe({ status, headers }) {
      if (status === 429 && shared.pendingCorrection()) return;
      shared.correct({
        ...readRateLimit(headers),
        accepted: status !== 429,
        atMs: clock.now(),
      });
    },

    async pauseUntil(untilMs) {
      // If this fails, this instance finds out about the 429 again.
      await shared
        .change((window) => ({ window: stopCalls(window, untilMs, clock.now()) }))
        .catch(() => undefined);
    },

    usedPercent() {
      const window = shared.latest();
      return window ? usedPercentOf(window, budget, clock.now()) : 0;
    },
  };
}

/** Enough to tell callers apart, and keeps the item small. */
const shorten = (callerId: string | undefined) => callerId?.slice(0, 16).toWellFormed();

/** Refusals of each caller in about the last ten seconds: how many of its requests wait, at least. */
function createRefusalCount(clock: Pick<Clock, 'now'>) {
  const counts = new Map<string, { count: number; atMs: number }>();
  const count = (caller = '') => {
    const known = counts.get(caller);
    return known ? known.count * Math.exp((known.atMs - clock.now()) / REFUSALS_COUNT_MS) : 0;
  };
  return {
    count,
    add(caller = '') {
      if (counts.size > MOST_CALLERS_COUNTED) counts.clear();
      counts.set(caller, { count: count(caller) + 1, atMs: clock.now() });
    },
  };
}
