import * as z from 'zod/mini';
import { IMPLAUSIBLE_WAIT_MS, LONGEST_PLAUSIBLE_MS, plausibleDelayMs } from './plausible-delay.ts';

/** A granted call is made within this time, so that it belongs to the minute in which it was counted. */
export const GRANT_LIFE_MS = 1_000;

/** The platform counts per minute. */
export const PLATFORM_WINDOW_MS = 60_000;
/** One minute, plus the life of a grant and the rounding to whole seconds. */
const WINDOW_SECONDS = (PLATFORM_WINDOW_MS + GRANT_LIFE_MS) / 1_000 + 1;
export const WINDOW_MS = WINDOW_SECONDS * 1_000;

const MINUTE_MS = 60_000;

/** Time for a probing request before another one probes. */
export const PROBE_MS = 15_000;

/** Two readings of the end of one platform window differ at most by this (rounding and latency). */
const SAME_WINDOW_MS = 5_000;
/**
 * A lower limit is implausible and ignored, because a wrong one would stop the service. The largest request
 * reserves 21 calls at once: one for each of 20 users, and one for the add.
 */
const LOWEST_PLAUSIBLE_LIMIT = 30;

/** Number of callers in the item. The least recent ones are dropped, to keep the item small. */
export const MOST_CALLERS = 40;

/** Calls in a second or a minute: its number since the epoch, and the calls. */
export type Counted = [number, number];

/** What is known of one caller. */
export interface CallerUse {
  /** Calls granted in each of the last two calendar minutes. */
  used: Counted[];
  /** Start and end of the time for which the caller counts as waiting. */
  waitingSinceMs: number;
  waitingUntilMs: number;
}

/** The platform's count, from its response headers. */
export const platformWindow = z.object({
  allowed: z.number(),
  /** Calls of others with the same token in the platform's current window. */
  foreign: z.number(),
  count: z.number(),
  endsAtMs: z.number(),
});

/** All calls stop after a 429. `probing`: after it, one request probes before the others follow. */
export const stop = z.object({ untilMs: z.number(), probing: z.boolean() });

/** The calls of the last minute, as one item of the table keeps them for all instances. */
export interface CallWindow {
  /** Calls granted in each second, in the order of time. Those that have left the window are removed later. */
  seconds: Counted[];
  callers: Record<string, CallerUse>;
  platform?: z.output<typeof platformWindow> | undefined;
  stop?: z.output<typeof stop> | undefined;
}

export const EMPTY_WINDOW: CallWindow = { seconds: [], callers: {} };

/** A window without free calls for a minute, to replace an unreadable one. */
export function fullWindow(budget: number, nowMs: number): CallWindow {
  return { seconds: [[toSecond(nowMs), budget]], callers: {} };
}

/** Returns calls that were granted and not made. */
export function returnCalls(
  window: CallWindow,
  { grantedAtMs }: { grantedAtMs: number },
  calls: number,
  callerId?: string,
): CallWindow {
  const returned = { ...window, seconds: subtract(window.seconds, toSecond(grantedAtMs), calls) };
  const known = knownUse(window, callerId);
  if (callerId === undefined || !known) return returned;
  const used = subtract(known.used, toMinute(grantedAtMs), calls);
  return withCaller(returned, callerId, { ...known, used });
}

function subtract(counts: readonly Counted[], at: number, calls: number): Counted[] {
  return addCounts(counts, [[at, -calls]]).filter(([, sum]) => sum > 0);
}

/** Adds calls to seconds or minutes, and keeps the order. */
export function addCounts(counts: readonly Counted[], added: readonly Counted[]): Counted[] {
  const sums = new Map(counts);
  for (const [at, calls] of added) sums.set(at, (sums.get(at) ?? 0) + calls);
  return [...sums].sort(([a], [b]) => a - b);
}

/** The platform's counters of its window, from one response. Absent values were not numbers. */
export interface PlatformCount {
  count: number | undefined;
  allowed: number | undefined;
  resetSeconds: number | undefined;
  /** The response was not a 429. */
  accepted: boolean;
  /** When the response arrived: `resetSeconds` counts from then. */
  atMs: number;
}

/** Corrects the window by the platform's counters. Implausible values are ignored. */
export function correctWindow(
  before: CallWindow,
  { count, allowed, resetSeconds, accepted, atMs }: PlatformCount,
  nowMs: number,
): CallWindow {
  const window = withoutOld(before, nowMs);
  const { stop } = window;
  // A response from before the stop, or to a request that was under way then, does not end it.
  const hasProbed = accepted && stop?.probing && stop.untilMs - nowMs <= PROBE_MS;
  const corrected = hasProbed ? { ...window, stop: undefined } : window;
  if (allowed === undefined || allowed < LOWEST_PLAUSIBLE_LIMIT) return corrected;
  const known = window.platform;
  const resetMs = (resetSeconds ?? Number.POSITIVE_INFINITY) * 1_000;
  if (count === undefined || resetMs > LONGEST_PLAUSIBLE_MS) {
    const platform = { foreign: 0, count: 0, endsAtMs: 0, ...known, allowed };
    return { ...corrected, platform };
  }
  const endsAtMs = atMs + resetMs;
  const sameWindow = known !== undefined && Math.abs(known.endsAtMs - endsAtMs) < SAME_WINDOW_MS;
  // Responses can arrive out of order.
  if (sameWindow && count < known.count) return { ...corrected, platform: { ...known, allowed } };
  const startedAt = toSecond(endsAtMs - PLATFORM_WINDOW_MS) - GRANT_LIFE_MS / 1_000;
  // Calls that were granted after the response are not in its count.
  const own = sumOf(window.seconds.filter(([at]) => at >= startedAt && at <= toSecond(atMs)));
  const foreign = Math.max(0, count - own);
  return { ...corrected, platform: { allowed, foreign, count, endsAtMs } };
}

/** Stops all calls until a time, in milliseconds since the epoch. The longest stop applies. */
export function stopCalls(window: CallWindow, untilMs: number, nowMs: number): CallWindow {
  const wantedMs = untilMs - nowMs;
  if (!(wantedMs > 0)) return window;
  const delayMs = plausibleDelayMs(wantedMs);
  // One request probes after a time that was cut here, and after a long one: the client cuts as well.
  const probing = delayMs < wantedMs || delayMs > IMPLAUSIBLE_WAIT_MS;
  const known = window.stop;
  if (known && !known.probing && known.untilMs >= nowMs + delayMs) return window;
  return { ...window, stop: { untilMs: nowMs + delayMs, probing } };
}

/** The share of the limit that was used in the last minute, in percent. */
export function usedPercentOf(window: CallWindow, budget: number, nowMs: number): number {
  const limit = Math.max(1, limitOf(window, budget, nowMs));
  return Math.min(100, (100 * usedOf(withoutOld(window, nowMs))) / limit);
}

export function limitOf({ platform }: CallWindow, budget: number, nowMs: number): number {
  if (!platform) return budget;
  const foreign = platform.endsAtMs > nowMs ? platform.foreign : 0;
  return Math.min(budget, platform.allowed - foreign);
}

export function withoutOld(window: CallWindow, nowMs: number): CallWindow {
  const callers = Object.entries(window.callers).filter(
    ([id, use]) => use.waitingUntilMs > nowMs || usedBy(window, id, nowMs) >= 1,
  );
  const { stop } = window;
  const isOver = stop !== undefined && !stop.probing && stop.untilMs <= nowMs;
  return {
    ...window,
    seconds: window.seconds.filter(([second, calls]) => calls > 0 && !hasLeft(second, nowMs)),
    callers: Object.fromEntries(callers),
    stop: isOver ? undefined : stop,
  };
}

/** Whether calls of this second no longer count. */
export function hasLeft(second: number, nowMs: number): boolean {
  return second <= toSecond(nowMs) - WINDOW_SECONDS;
}

export function usedOf({ seconds }: CallWindow): number {
  return sumOf(seconds);
}

export function sumOf(counts: readonly Counted[]): number {
  return counts.reduce((sum, [, calls]) => sum + calls, 0);
}

export function callerOf(window: CallWindow, callerId: string | undefined): CallerUse {
  return knownUse(window, callerId) ?? newCaller();
}

/** A caller that has used no calls. */
export function newCaller(): CallerUse {
  return { used: [], waitingSinceMs: 0, waitingUntilMs: 0 };
}

/** Own properties only, so that a caller named `constructor` is not found. */
export function knownUse(
  { callers }: Pick<CallWindow, 'callers'>,
  callerId: string | undefined,
): CallerUse | undefined {
  return callerId !== undefined && Object.hasOwn(callers, callerId) ? callers[callerId] : undefined;
}

/**
 * Calls of a caller in the last minute. Those of the previous calendar minute count by the part of it that
 * the last minute overlaps. Precise enough to compare callers.
 */
export function usedBy(window: CallWindow, callerId: string | undefined, nowMs: number): number {
  const minute = toMinute(nowMs);
  const overlap = 1 - (nowMs % MINUTE_MS) / MINUTE_MS;
  return callerOf(window, callerId).used.reduce((sum, [at, calls]) => {
    if (at >= minute) return sum + calls;
    return at === minute - 1 ? sum + calls * overlap : sum;
  }, 0);
}

export function withCaller(window: CallWindow, callerId: string, use: CallerUse): CallWindow {
  const entries = Object.entries({ ...window.callers, [callerId]: use });
  if (entries.length <= MOST_CALLERS) return { ...window, callers: Object.fromEntries(entries) };
  const latest = ({ used, waitingUntilMs }: CallerUse) =>
    Math.max((used.at(-1)?.[0] ?? 0) * MINUTE_MS, waitingUntilMs);
  entries.sort(([, a], [, b]) => latest(b) - latest(a));
  return { ...window, callers: Object.fromEntries(entries.slice(0, MOST_CALLERS)) };
}

/** Calendar minutes since the epoch. */
export function toMinute(timeMs: number): number {
  return Math.floor(timeMs / MINUTE_MS);
}

export function toSecond(timeMs: number): number {
  return Math.floor(timeMs / 1_000);
}
