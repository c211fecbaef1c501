import * as z from 'zod/mini';
import { IMPLAUSIBLE_WAIT_MS, LONGEST_PLAUSIBLE_MS, plausibleDelayMs } from './plausible-delay.ts';

/** A granted call is made within this time, so that it belongs to the minute in which it was counted. */
export const GRANT_LIFE_MS = 1_000;

/** The platform counts per minute. */
export const PLATFORM_WINDOW_MS = 60_000;
/** One minute, plus the life of a grant and the rounding to whole seconds. */
const WINDOW_SECONDS = (PLATFORM_WINDOW_MS + GRANT_LIFE_MS) / 1_000 + 1;
export const WINDOW_MS = WINDOW_SECONDS * 1_000;

/** Two readings of the end of one platform window differ at most by this (rounding and latency). */
const SAME_WINDOW_MS = 5_000;
/**
 * A lower limit is implausible and ignored, because a wrong one would stop the service. The largest request
 * reserves 21 calls at once: one for each of 20 users, and one for the add.
 */
const LOWEST_PLAUSIBLE_LIMIT = 30;

/** Number of callers in the item. The least recent ones are dropped, to keep the item small. */
const MOST_CALLERS = 40;

const callerUse = z.object({
  /** Calls granted in the last minute, with exponential decay. */
  used: z.number(),
  usedAtMs: z.number(),
  /** Start and end of the time for which the caller counts as waiting. */
  waitingSinceMs: z.number(),
  waitingUntilMs: z.number(),
});
type CallerUse = z.output<typeof callerUse>;

/** The calls of the last minute, as one item of the table keeps them for all instances. */
export const callWindow = z.object({
  /** Calls granted in each second of the last minute: seconds since the epoch, calls. */
  seconds: z.array(z.tuple([z.number(), z.number()])),
  callers: z.record(z.string(), callerUse),
  /** The platform's count, from its response headers. */
  platform: z.optional(
    z.object({
      allowed: z.number(),
      /** Calls of others with the same token in the platform's current window. */
      foreign: z.number(),
      count: z.number(),
      endsAtMs: z.number(),
    }),
  ),
  /** All calls stop after a 429. `probing`: after it, one request probes before the others follow. */
  stop: z.optional(z.object({ untilMs: z.number(), probing: z.boolean() })),
  /** Ids of the last writes, the latest first: a write whose response was lost is found here. */
  writes: z.optional(z.array(z.string())),
});
export type CallWindow = z.output<typeof callWindow>;

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
  const second = toSecond(grantedAtMs);
  const seconds = window.seconds
    .map(([at, sum]): [number, number] => [at, at === second ? Math.max(0, sum - calls) : sum])
    .filter(([, sum]) => sum > 0);
  const returned = { ...window, seconds };
  const known = callerId === undefined ? undefined : window.callers[callerId];
  if (callerId === undefined || !known) return returned;
  return withCaller(returned, callerId, { ...known, used: Math.max(0, known.used - calls) });
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
  // Responses can arrive out of order.
  if (sameWindow && count < known.count) return { ...corrected, platform: { ...known, allowed } };
  const startedAt = toSecond(endsAtMs - PLATFORM_WINDOW_MS) - GRANT_LIFE_MS / 1_000;
  const own = window.seconds.reduce((sum, [at, calls]) => sum + (at >= startedAt ? calls : 0), 0);
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

export function usedOf({ seconds }: CallWindow): number {
  return seconds.reduce((sum, [, calls]) => sum + calls, 0);
}

export function callerOf({ callers }: CallWindow, callerId: string | undefined): CallerUse {
  const known = callerId === undefined ? undefined : callers[callerId];
  return known ?? { used: 0, usedAtMs: 0, waitingSinceMs: 0, waitingUntilMs: 0 };
}

/** Calls of a caller in the last minute, with exponential decay. Precise enough to compare callers. */
export function usedBy(window: CallWindow, callerId: string | undefined, nowMs: number): number {
  const { used, usedAtMs } = callerOf(window, callerId);
  return used * Math.exp(Math.min(0, usedAtMs - nowMs) / PLATFORM_WINDOW_MS);
}

export function withCaller(window: CallWindow, callerId: string, use: CallerUse): CallWindow {
  const entries = Object.entries({ ...window.callers, [callerId]: use });
  if (entries.length <= MOST_CALLERS) return { ...window, callers: Object.fromEntries(entries) };
  const latest = (each: CallerUse) => Math.max(each.usedAtMs, each.waitingUntilMs);
  entries.sort(([, a], [, b]) => latest(b) - latest(a));
  return { ...window, callers: Object.fromEntries(entries.slice(0, MOST_CALLERS)) };
}

export function toSecond(timeMs: number): number {
  return Math.floor(timeMs / 1_000);
}
