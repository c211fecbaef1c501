import * as z from 'zod/mini';
import type { Random } from './clock.ts';
import { LONGEST_PLAUSIBLE_MS, plausibleDelayMs } from './plausible-delay.ts';

/** A granted call is made within this time, so that it falls into the minute it was counted for. */
export const GRANT_LIFE_MS = 1_000;

/** The platform counts per minute. */
const PLATFORM_WINDOW_MS = 60_000;
/** A minute, the life of a grant, and the rounding to whole seconds. */
const WINDOW_SECONDS = (PLATFORM_WINDOW_MS + GRANT_LIFE_MS) / 1_000 + 1;
const WINDOW_MS = WINDOW_SECONDS * 1_000;

/** Two readings of the end of the same platform window differ by rounding and latency, not by more. */
const SAME_WINDOW_MS = 5_000;
/** A lower limit than this is not believed; a wrong one would stop the service. */
const LOWEST_PLAUSIBLE_LIMIT = 10;

/** Requests that were refused come back spread over a time between these, the longer their caller has waited. */
const SHORTEST_SPREAD_MS = 1_000;
const LONGEST_SPREAD_MS = 60_000;
/** A caller that has had less than its share comes back sooner. */
const LONGEST_SPREAD_BELOW_SHARE_MS = 4_000;
/** A caller counts as waiting until a little after the time it was told to come back. */
const WAITING_GRACE_MS = 2_000;
/** A marker is extended when it is this much too short: not every refusal is worth a write. */
const MARKER_SLACK_MS = 1_000;

/** The outcome of a probing request is waited for this long before another one tries. */
const PROBE_MS = 15_000;
/** Callers beyond this number share as if they were fewer. Keeps the item small. */
const MOST_CALLERS = 40;

const callerUse = z.object({
  /** Calls granted in the last minute, decaying. */
  used: z.number(),
  usedAtMs: z.number(),
  /** While it is refused: since when, and until when it counts as waiting. */
  waitingSinceMs: z.number(),
  waitingUntilMs: z.number(),
});
type CallerUse = z.output<typeof callerUse>;

/** The calls of the last minute, as one item of the table keeps them for all instances. */
export const callWindow = z.object({
  /** Calls granted in each second of the last minute: seconds since the epoch, calls. */
  seconds: z.array(z.tuple([z.number(), z.number()])),
  callers: z.record(z.string(), callerUse),
  /** The platform's own count, as responses told it. */
  platform: z.optional(
    z.object({
      allowed: z.number(),
      /** Calls of others with the same token in the platform's current window. */
      foreign: z.number(),
      count: z.number(),
      endsAtMs: z.number(),
    }),
  ),
  /** Full stop after a 429. `probing`: after it, one request tries before the others follow. */
  stop: z.optional(z.object({ untilMs: z.number(), probing: z.boolean() })),
});
export type CallWindow = z.output<typeof callWindow>;

export const EMPTY_WINDOW: CallWindow = { seconds: [], callers: {} };

/** A window that leaves nothing for a minute: in place of one that cannot be read. */
export function fullWindow(budget: number, nowMs: number): CallWindow {
  return { seconds: [[toSecond(nowMs), budget]], callers: {} };
}

export interface CallsWanted {
  calls: number;
  callerId?: string | undefined;
  priority: 'normal' | 'low';
  /** A grant that has become too old; the new one takes its place. */
  replaces?: { calls: number; grantedAtMs: number } | undefined;
}

export interface DecideOptions {
  /** Calls per minute. */
  budget: number;
  nowMs: number;
  random: Random;
}

export type Decision =
  | { granted: true; calls: number; window: CallWindow }
  | {
      granted: false;
      reason: 'budget' | 'share' | 'stopped';
      retryAtMs: number;
      /** With the caller marked as waiting; absent where that is not worth a write. */
      window?: CallWindow;
    };

/**
 * Decides whether calls may be made now.
 *
 * A caller below its part of the budget (equal parts for those who use it or wait for it, one part
 * left for a newcomer) gets calls at once. What is left beyond that is spread over the minute and
 * goes to those who have had least.
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
  return { granted: true, calls, window: { ...granted, stop: probing } };
}

/**
 * Takes the calls of a grant that were not made out of their second, and no others: those that were
 * made stay counted. `undefined` where that second has left the window.
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
    if (othersWaiting(window, callerId, Number.POSITIVE_INFINITY, nowMs)) return 'share';
    return used + calls > limit / 2 ? 'budget' : undefined;
  }
  const active = activeCallers(window, callerId);
  const mine = usedBy(window, callerId, nowMs);
  if (mine < limit / (active + 1)) return undefined;
  if (othersWaiting(window, callerId, mine, nowMs)) return 'share';
  // From what the callers may take at once, the line rises to the whole limit in a minute.
  const oldest = window.seconds[0]?.[0] ?? toSecond(nowMs);
  const elapsed = Math.min(1, (nowMs - oldest * 1_000) / PLATFORM_WINDOW_MS);
  const line = (limit * (active + elapsed)) / (active + 1);
  return used < line ? undefined : 'budget';
}

function addCalls(
  window: CallWindow,
  calls: number,
  callerId: string | undefined,
  nowMs: number,
): CallWindow {
  const second = toSecond(nowMs);
  const others = window.seconds.filter(([at]) => at !== second);
  const sum = calls + (window.seconds.find(([at]) => at === second)?.[1] ?? 0);
  const seconds = [...others, [second, sum] as [number, number]].sort(([a], [b]) => a - b);
  const added = { ...window, seconds };
  if (callerId === undefined) return added;
  const used = usedBy(window, callerId, nowMs) + calls;
  return withCaller(added, callerId, { ...callerOf(window, callerId), used, usedAtMs: nowMs });
}

function refuse(
  window: CallWindow,
  { calls, callerId, priority }: CallsWanted,
  { nowMs, random, limit, reason }: DecideOptions & { limit: number; reason: 'budget' | 'share' },
): Decision {
  const known = callerOf(window, callerId);
  const isWaiting = known.waitingUntilMs > nowMs;
  const sinceMs = isWaiting ? known.waitingSinceMs : nowMs;
  const belowShare =
    usedBy(window, callerId, nowMs) < limit / (activeCallers(window, callerId) + 1);
  const longestMs = belowShare ? LONGEST_SPREAD_BELOW_SHARE_MS : LONGEST_SPREAD_MS;
  const spreadMs = Math.min(longestMs, Math.max(SHORTEST_SPREAD_MS, nowMs - sinceMs));
  const retryAtMs = freeAtMs(window, calls, limit, nowMs) + Math.ceil(random() * spreadMs);
  const refusal = { granted: false, reason, retryAtMs } as const;
  if (callerId === undefined || priority === 'low') return refusal;
  const waitingUntilMs = retryAtMs + WAITING_GRACE_MS;
  if (isWaiting && known.waitingUntilMs >= waitingUntilMs - MARKER_SLACK_MS) return refusal;
  return {
    ...refusal,
    window: withCaller(window, callerId, { ...known, waitingSinceMs: sinceMs, waitingUntilMs }),
  };
}

/** When the oldest calls have left the window, so that these fit in. Not before now. */
function freeAtMs(window: CallWindow, calls: number, limit: number, nowMs: number): number {
  let excess = usedOf(window) + calls - limit;
  const { platform } = window;
  // More than the oldest calls have to go: the others' calls end with the platform's window.
  if (platform && calls > limit && platform.endsAtMs > nowMs) return platform.endsAtMs;
  for (const [second, sum] of window.seconds) {
    if (excess <= 0) break;
    excess -= sum;
    if (excess <= 0) return Math.max(nowMs, second * 1_000 + WINDOW_MS);
  }
  return nowMs;
}

/** Gives calls back that were granted and not made. */
export function returnCalls(
  window: CallWindow,
  { grantedAtMs }: { grantedAtMs: number },
  calls: number,
  callerId?: string,
): CallWindow {
  const second = toSecond(grantedAtMs);
  const seconds = window.seconds
    .map(([at, sum]): [number, number] => [at, at === second ? Math.max(0, sum - calls) : sum])
    .filter(([, sum]) => sum > 0);
  const returned = { ...window, seconds };
  const known = callerId === undefined ? undefined : window.callers[callerId];
  if (callerId === undefined || !known) return returned;
  return withCaller(returned, callerId, { ...known, used: Math.max(0, known.used - calls) });
}

/** The platform's account of its window, as a response carries it. Absent values were not numbers. */
export interface PlatformCount {
  count: number | undefined;
  allowed: number | undefined;
  resetSeconds: number | undefined;
  /** The response was not a 429. */
  accepted: boolean;
  /** When the response arrived: `resetSeconds` counts from then. */
  atMs: number;
}

/** Corrects the window by what the platform says. Values that cannot be meant are ignored. */
export function correctWindow(
  before: CallWindow,
  { count, allowed, resetSeconds, accepted, atMs }: PlatformCount,
  nowMs: number,
): CallWindow {
  const window = withoutOld(before, nowMs);
  const corrected = accepted && window.stop?.probing ? { ...window, stop: undefined } : window;
  if (allowed === undefined || allowed < LOWEST_PLAUSIBLE_LIMIT) return corrected;
  const known = window.platform;
  const resetMs = (resetSeconds ?? Number.POSITIVE_INFINITY) * 1_000;
  if (count === undefined || resetMs > LONGEST_PLAUSIBLE_MS) {
    const platform = { foreign: 0, count: 0, endsAtMs: 0, ...known, allowed };
    return { ...corrected, platform };
  }
  const endsAtMs = atMs + resetMs;
  const sameWindow = known !== undefined && Math.abs(known.endsAtMs - endsAtMs) < SAME_WINDOW_MS;
  // Responses may overtake each other.
  if (sameWindow && count < known.count) return { ...corrected, platform: { ...known, allowed } };
  const startedAt = toSecond(endsAtMs - PLATFORM_WINDOW_MS) - GRANT_LIFE_MS / 1_000;
  const own = window.seconds.reduce((sum, [at, calls]) => sum + (at >= startedAt ? calls : 0), 0);
  const foreign = Math.max(0, count - own);
  return { ...corrected, platform: { allowed, foreign, count, endsAtMs } };
}

/** Full stop until a time, in milliseconds since the epoch. The longest stop counts. */
export function stopCalls(window: CallWindow, untilMs: number, nowMs: number): CallWindow {
  const wantedMs = untilMs - nowMs;
  if (!(wantedMs > 0)) return window;
  const delayMs = plausibleDelayMs(wantedMs);
  // A time that was cut is not over with it: one request finds out.
  const probing = delayMs < wantedMs;
  const known = window.stop;
  if (known && !known.probing && known.untilMs >= nowMs + delayMs) return window;
  return { ...window, stop: { untilMs: nowMs + delayMs, probing } };
}

/** How much of the limit the last minute used, in percent. */
export function usedPercentOf(window: CallWindow, budget: number, nowMs: number): number {
  const limit = Math.max(1, limitOf(window, budget, nowMs));
  return Math.min(100, (100 * usedOf(withoutOld(window, nowMs))) / limit);
}

function limitOf({ platform }: CallWindow, budget: number, nowMs: number): number {
  if (!platform) return budget;
  const foreign = platform.endsAtMs > nowMs ? platform.foreign : 0;
  return Math.min(budget, platform.allowed - foreign);
}

function withoutOld(window: CallWindow, nowMs: number): CallWindow {
  const first = toSecond(nowMs) - WINDOW_SECONDS;
  const callers = Object.entries(window.callers).filter(
    ([id, use]) => use.waitingUntilMs > nowMs || usedBy(window, id, nowMs) >= 1,
  );
  const { stop } = window;
  const isOver = stop !== undefined && !stop.probing && stop.untilMs <= nowMs;
  return {
    ...window,
    seconds: window.seconds.filter(([second]) => second > first),
    callers: Object.fromEntries(callers),
    stop: isOver ? undefined : stop,
  };
}

function usedOf({ seconds }: CallWindow): number {
  return seconds.reduce((sum, [, calls]) => sum + calls, 0);
}

function callerOf({ callers }: CallWindow, callerId: string | undefined): CallerUse {
  const known = callerId === undefined ? undefined : callers[callerId];
  return known ?? { used: 0, usedAtMs: 0, waitingSinceMs: 0, waitingUntilMs: 0 };
}

/** Calls of a caller in the last minute, decaying: exact enough to tell who has had less. */
function usedBy(window: CallWindow, callerId: string | undefined, nowMs: number): number {
  const { used, usedAtMs } = callerOf(window, callerId);
  return used * Math.exp(Math.min(0, usedAtMs - nowMs) / PLATFORM_WINDOW_MS);
}

/** Callers who use the budget or wait for it, this one included. */
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

function withCaller(window: CallWindow, callerId: string, use: CallerUse): CallWindow {
  const entries = Object.entries({ ...window.callers, [callerId]: use });
  if (entries.length <= MOST_CALLERS) return { ...window, callers: Object.fromEntries(entries) };
  const latest = (each: CallerUse) => Math.max(each.usedAtMs, each.waitingUntilMs);
  entries.sort(([, a], [, b]) => latest(b) - latest(a));
  return { ...window, callers: Object.fromEntries(entries.slice(0, MOST_CALLERS)) };
}

function toSecond(timeMs: number): number {
  return Math.floor(timeMs / 1_000);
}
