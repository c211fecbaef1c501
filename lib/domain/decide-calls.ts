import {
  addCounts,
  type CallWindow,
  callerOf,
  limitOf,
  PLATFORM_WINDOW_MS,
  PROBE_MS,
  returnCalls,
  toMinute,
  toSecond,
  usedBy,
  usedOf,
  WINDOW_MS,
  withCaller,
  withoutOld,
} from './call-window.ts';
import type { Random } from './clock.ts';

/** Refused requests retry after a random time between these. It grows with the time their caller has waited. */
const SHORTEST_SPREAD_MS = 1_000;
const LONGEST_SPREAD_MS = 180_000;
/** The maximum for a caller that has used less than its share. */
const LONGEST_SPREAD_BELOW_SHARE_MS = 4_000;
/**
 * Other instances refuse requests of the same caller, and this one does not see them. With fewer instances than
 * this, requests wait somewhat longer than they have to; with more, more of their attempts are refused.
 */
const INSTANCES_WITH_REFUSALS = 4;
/** The spread is at most this part of the time until the deadline, so that a request retries several times before it. */
const LONGEST_PART_OF_SLACK = 0.25;
/** A caller counts as waiting until this long after its retry time. */
const WAITING_GRACE_MS = 2_000;
/** The waiting time of a caller is written only if less than this is left of the time that is known, to save writes. */
const MARKER_LASTS_MS = 10_000;

/**
 * A caller above its share may use this part of the limit in this time. An even use of the minute means that
 * calls become free at any moment for a caller that comes later.
 */
const SMOOTH_MS = 10_000;
const SMOOTH_PART = 0.2;

/** The budget is short if more than this part of it is used. */
const SHORT_PART = 0.5;
/** Calls of low priority get this part of the limit at most. */
const LOW_PRIORITY_PART = 0.5;

export interface CallsWanted {
  calls: number;
  callerId?: string | undefined;
  priority: 'normal' | 'low';
  /** Milliseconds until the deadline. */
  slackMs?: number | undefined;
  /** Refusals of this caller that the instance has seen in the last seconds. Default 0 */
  refusedLately?: number | undefined;
  /** A grant that is too old. The new one replaces it. */
  replaces?: { calls: number; grantedAtMs: number } | undefined;
}

export interface DecideOptions {
  /** Calls per minute. */
  budget: number;
  nowMs: number;
  random: Random;
}

export type Decision =
  | {
      granted: true;
      calls: number;
      window: CallWindow;
      /** Calls that the window may have with these: more would exceed the limit. */
      mostCalls: number;
      /** More than half of the limit is used with these, or the priority is low: shares and waiting callers matter. */
      isShort: boolean;
    }
  | {
      granted: false;
      reason: 'budget' | 'share' | 'stopped';
      retryAtMs: number;
      /** With the caller marked as waiting. Absent if no write is needed. */
      window?: CallWindow;
    };

/**
 * Decides whether calls may be made now.
 *
 * The budget is divided into equal shares for the callers that use it or wait for it, plus one share for a
 * new caller. A caller below its share gets calls immediately. The rest is spread over the minute and goes to
 * the callers that have used least.
 */
export function decideCalls(
  before: CallWindow,
  wanted: CallsWanted,
  options: DecideOptions,
): Decision {
  const { nowMs, random } = options;
  const window = withoutOld(before, nowMs);
  const { stop } = window;
  if (stop && nowMs < stop.untilMs) {
    return {
      granted: false,
      reason: 'stopped',
      retryAtMs: stop.untilMs + random() * SHORTEST_SPREAD_MS,
    };
  }
  const limit = limitOf(window, options.budget, nowMs);
  const calls = Math.min(wanted.calls, options.budget);
  const { replaces } = wanted;
  const without = replaces && withoutGrant(window, replaces, wanted.callerId);
  // Calls that were granted before only move to another second.
  const isMoved = without !== undefined && calls <= (replaces?.calls ?? 0);
  const current = without ?? window;
  const reason = isMoved ? undefined : reasonToRefuse(current, { ...wanted, calls }, limit, nowMs);
  if (reason !== undefined) {
    return refuse(window, { ...wanted, calls }, { ...options, limit, reason });
  }
  const granted = addCalls(current, calls, wanted.callerId, nowMs);
  const probing = stop?.probing ? { untilMs: nowMs + PROBE_MS, probing: true } : undefined;
  const isLow = wanted.priority === 'low' && !isMoved;
  const mostCalls = isLow ? limit * LOW_PRIORITY_PART : limit;
  const isShort = wanted.priority === 'low' || usedOf(window) + wanted.calls > limit * SHORT_PART;
  return { granted: true, calls, window: { ...granted, stop: probing }, mostCalls, isShort };
}

/**
 * Removes the calls of a grant that were not made from their second. Calls that were made stay counted.
 * `undefined` if that second has left the window.
 */
function withoutGrant(
  window: CallWindow,
  old: { calls: number; grantedAtMs: number },
  callerId: string | undefined,
): CallWindow | undefined {
  const counted = window.seconds.find(([at]) => at === toSecond(old.grantedAtMs))?.[1] ?? 0;
  return counted < old.calls ? undefined : returnCalls(window, old, old.calls, callerId);
}

function reasonToRefuse(
  window: CallWindow,
  { calls, callerId, priority }: CallsWanted,
  limit: number,
  nowMs: number,
): 'budget' | 'share' | undefined {
  const used = usedOf(window);
  if (used + calls > limit) return 'budget';
  if (priority === 'low') {
    // An add of the same caller counts as well.
    if (othersWaiting(window, undefined, Number.POSITIVE_INFINITY, nowMs)) return 'share';
    return used + calls > limit * LOW_PRIORITY_PART ? 'budget' : undefined;
  }
  const active = activeCallers(window, callerId);
  const mine = usedBy(window, callerId, nowMs);
  if (mine <= limit / (active + 1)) return undefined;
  if (othersWaiting(window, callerId, mine, nowMs)) return 'share';
  // The allowed total rises within a minute from the callers' shares to the whole limit.
  const oldest = window.seconds[0]?.[0] ?? toSecond(nowMs);
  const elapsed = Math.min(1, (nowMs - oldest * 1_000) / PLATFORM_WINDOW_MS);
  const line = (limit * (active + elapsed)) / (active + 1);
  if (used >= line) return 'budget';
  return usedLately(window, nowMs) < limit * SMOOTH_PART ? undefined : 'budget';
}

/** Calls of all callers in the last seconds. */
function usedLately({ seconds }: CallWindow, nowMs: number): number {
  const first = toSecond(nowMs - SMOOTH_MS);
  return seconds.reduce((sum, [second, calls]) => sum + (second > first ? calls : 0), 0);
}

function addCalls(
  window: CallWindow,
  calls: number,
  callerId: string | undefined,
  nowMs: number,
): CallWindow {
  const added = { ...window, seconds: addCounts(window.seconds, [[toSecond(nowMs), calls]]) };
  if (callerId === undefined) return added;
  const known = callerOf(window, callerId);
  const used = addCounts(known.used, [[toMinute(nowMs), calls]]);
  return withCaller(added, callerId, { ...known, used });
}

function refuse(
  window: CallWindow,
  wanted: CallsWanted,
  { nowMs, random, limit, reason }: DecideOptions & { limit: number; reason: 'budget' | 'share' },
): Decision {
  const {
    calls,
    callerId,
    priority,
    slackMs = Number.POSITIVE_INFINITY,
    refusedLately = 0,
  } = wanted;
  const known = callerOf(window, callerId);
  const isWaiting = known.waitingUntilMs > nowMs;
  const sinceMs = isWaiting ? known.waitingSinceMs : nowMs;
  const belowShare =
    usedBy(window, callerId, nowMs) < limit / (activeCallers(window, callerId) + 1);
  const longestMs = belowShare ? LONGEST_SPREAD_BELOW_SHARE_MS : LONGEST_SPREAD_MS;
  // The refused requests would need this long one after the other: an earlier attempt would be refused.
  const backlogMs =
    (INSTANCES_WITH_REFUSALS * refusedLately * calls * PLATFORM_WINDOW_MS) / Math.max(1, limit);
  const spreadMs = Math.max(
    SHORTEST_SPREAD_MS,
    Math.min(longestMs, Math.max(nowMs - sinceMs, backlogMs), slackMs * LONGEST_PART_OF_SLACK),
  );
  const retryAtMs = freeAtMs(window, calls, limit, nowMs) + Math.ceil(random() * spreadMs);
  const refusal = { granted: false, reason, retryAtMs } as const;
  if (callerId === undefined || priority === 'low') return refusal;
  const waitingUntilMs = retryAtMs + WAITING_GRACE_MS;
  if (known.waitingUntilMs >= Math.min(waitingUntilMs, nowMs + MARKER_LASTS_MS)) return refusal;
  return {
    ...refusal,
    window: withCaller(window, callerId, { ...known, waitingSinceMs: sinceMs, waitingUntilMs }),
  };
}

/** The time at which enough of the oldest calls have left the window. Not before now. */
function freeAtMs(window: CallWindow, calls: number, limit: number, nowMs: number): number {
  let excess = usedOf(window) + calls - limit;
  const { platform } = window;
  // Other clients' calls leave no room until the platform's window ends.
  if (platform && calls > limit && platform.endsAtMs > nowMs) return platform.endsAtMs;
  for (const [second, sum] of window.seconds) {
    if (excess <= 0) break;
    excess -= sum;
    if (excess <= 0) return Math.max(nowMs, second * 1_000 + WINDOW_MS);
  }
  return nowMs;
}

/** The number of callers that use the budget or wait for it, including this one. */
function activeCallers({ callers }: CallWindow, callerId = ''): number {
  return new Set([...Object.keys(callers), callerId]).size;
}

function othersWaiting(
  window: CallWindow,
  callerId: string | undefined,
  usedLessThan: number,
  nowMs: number,
): boolean {
  return Object.entries(window.callers).some(
    ([id, { waitingUntilMs }]) =>
      id !== callerId && waitingUntilMs > nowMs && usedBy(window, id, nowMs) < usedLessThan,
  );
}
