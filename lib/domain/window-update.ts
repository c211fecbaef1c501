import {
  addCounts,
  type CallerUse,
  type CallWindow,
  type Counted,
  hasLeft,
  knownUse,
  MOST_CALLERS,
  newCaller,
  sumOf,
  toMinute,
} from './call-window.ts';

/** An update is refused if others have taken more than this part of the limit since the window was read. */
const UNSEEN_PART = 0.2;
/** Old seconds are removed together, because updates that remove the same second conflict. */
const MOST_OLD_SECONDS = 15;
/** Callers that are forgotten together at most: an expression of DynamoDB may have 4 KB. */
const MOST_DROPPED_CALLERS = 20;

/**
 * A change of the shared window as one conditional update of its counters. Instances that add calls at the same
 * time do not conflict, unless the calls do not fit.
 */
export interface WindowUpdate {
  /** Calls added to a second. Negative: returned. Condition: the second still has those that are returned. */
  seconds: Counted[];
  /** Seconds to remove. Condition: each still has these calls. */
  dropped: Counted[];
  /** Condition: so many calls, old seconds included, at most after the update. Absent if not more calls are added than returned. */
  mostCalls?: number;
  callers: Record<string, CallerUpdate>;
  /** Callers to forget, and the minutes that are stored for each. */
  droppedCallers: [string, number[]][];
  platform?: NonNullable<CallWindow['platform']>;
  /** Condition: the stop is `before`. Absent if neither calls are added nor the stop changes. */
  stop?: { before: CallWindow['stop']; after: CallWindow['stop'] };
}

export interface CallerUpdate {
  /** Calls added to calendar minutes. Negative: returned. */
  used: Counted[];
  droppedMinutes: number[];
  waiting?: Pick<CallerUse, 'waitingSinceMs' | 'waitingUntilMs'>;
}

/** The window of calls in one item that all instances share. The methods throw the SDK's errors. */
export interface CallWindowItem {
  /** The latest window. `unreadable`: the item is in another format, or its sum is wrong. */
  read(): Promise<CallWindow | 'unreadable'>;
  /**
   * Makes an update if its conditions hold. It is made once, although the SDK repeats a request whose response was
   * lost. One update at a time.
   * @returns whether it was made, and the window afterwards
   */
  update(update: WindowUpdate): Promise<{ isMade: boolean; window: CallWindow | 'unreadable' }>;
  /** Replaces the whole item, whatever it contains, by the calls of some seconds. */
  replace(seconds: readonly Counted[]): Promise<void>;
}

/**
 * The update that makes `stored` into `next`.
 * @param limit calls that the window may have
 * @returns `undefined` if they are equal but for what has become too old
 */
export function updateBetween(
  stored: CallWindow,
  next: CallWindow,
  { nowMs, limit }: { nowMs: number; limit: number },
): WindowUpdate | undefined {
  const counts = ([second]: Counted) => !hasLeft(second, nowMs);
  const seconds = differences(stored.seconds.filter(counts), next.seconds.filter(counts));
  const added = sumOf(seconds);
  const unseen = Math.floor(limit * UNSEEN_PART);
  const old = stored.seconds.filter((each) => !counts(each));
  const total = sumOf(stored.seconds);
  const isCleaned =
    old.length > MOST_OLD_SECONDS ||
    sumOf(old) > unseen ||
    (sumOf(old) > 0 && added > 0 && total + added > limit);
  const dropped = isCleaned ? old : [];
  const adds = seconds.some(([, calls]) => calls > 0);
  const update: WindowUpdate = {
    seconds,
    dropped,
    ...(added > 0 ? { mostCalls: Math.min(limit, total - sumOf(dropped) + added + unseen) } : {}),
    ...callerUpdates(stored, next, { nowMs, isCleaned }),
    ...(isSamePlatform(stored.platform, next.platform) ? {} : { platform: next.platform }),
    ...(adds || !isSameStop(stored.stop, next.stop)
      ? { stop: { before: stored.stop, after: next.stop } }
      : {}),
  };
  return isEmpty(update) ? undefined : update;
}

/** What has to be added to `before` to make it `after`. */
function differences(before: readonly Counted[], after: readonly Counted[]): Counted[] {
  const known = new Map(before);
  const next = new Map(after);
  return [...new Set([...known.keys(), ...next.keys()])]
    .map((at): Counted => [at, (next.get(at) ?? 0) - (known.get(at) ?? 0)])
    .filter(([, calls]) => calls !== 0);
}

function callerUpdates(
  stored: CallWindow,
  next: CallWindow,
  { nowMs, isCleaned }: { nowMs: number; isCleaned: boolean },
): Pick<WindowUpdate, 'callers' | 'droppedCallers'> {
  const first = toMinute(nowMs) - 1;
  const updates: [string, CallerUpdate][] = [];
  for (const [id, use] of Object.entries(next.callers)) {
    const known = knownUse(stored, id);
    const isLive = ([minute]: Counted) => minute >= first;
    const used = differences(known?.used.filter(isLive) ?? [], use.used.filter(isLive));
    const { waitingSinceMs, waitingUntilMs } = use;
    const waits =
      waitingUntilMs !== (known?.waitingUntilMs ?? 0) ||
      (waitingUntilMs > 0 && waitingSinceMs !== known?.waitingSinceMs);
    const old = isCleaned ? (known?.used ?? []).filter((each) => !isLive(each)) : [];
    if (used.length === 0 && !waits && old.length === 0) continue;
    const droppedMinutes = old.map(([minute]) => minute);
    const waiting = waits ? { waiting: { waitingSinceMs, waitingUntilMs } } : {};
    updates.push([id, { used, droppedMinutes, ...waiting }]);
  }
  const callers = Object.fromEntries(updates);
  const gone = Object.entries(stored.callers)
    .filter(([id]) => !knownUse(next, id))
    .map(([id, { used }]): [string, number[]] => [id, used.map(([minute]) => minute)]);
  const isCrowded = Object.keys({ ...stored.callers, ...callers }).length > MOST_CALLERS;
  const droppedCallers = isCleaned || isCrowded ? gone.slice(0, MOST_DROPPED_CALLERS) : [];
  return { callers, droppedCallers };
}

/** A count without calls of others limits nothing, so it is not written again and again. */
function isSamePlatform(
  before: CallWindow['platform'],
  after: CallWindow['platform'],
): after is undefined {
  if (!after) return true;
  if (after.allowed !== before?.allowed || after.foreign !== before.foreign) return false;
  return after.foreign === 0 || after.endsAtMs === before.endsAtMs;
}

function isSameStop(before: CallWindow['stop'], after: CallWindow['stop']): boolean {
  return before?.untilMs === after?.untilMs && before?.probing === after?.probing;
}

function isEmpty({ seconds, dropped, callers, droppedCallers, platform, stop }: WindowUpdate) {
  const entries = seconds.length + dropped.length + droppedCallers.length;
  return entries + Object.keys(callers).length === 0 && !platform && !stop;
}

/** The window after an update; `undefined` if a condition of the update does not hold. */
export function withUpdate(window: CallWindow, update: WindowUpdate): CallWindow | undefined {
  const { seconds, dropped, mostCalls, callers, droppedCallers, platform, stop } = update;
  const known = new Map(window.seconds);
  const total = sumOf(window.seconds) + sumOf(seconds) - sumOf(dropped);
  const holds =
    dropped.every(([second, calls]) => known.get(second) === calls) &&
    seconds.every(([second, calls]) => calls >= 0 || (known.get(second) ?? 0) >= -calls) &&
    (mostCalls === undefined || total <= mostCalls) &&
    (!stop || isSameStop(window.stop, stop.before));
  if (!holds) return undefined;
  const gone = dropped.map(([second]) => second);
  const kept = window.seconds.filter(([second]) => !gone.includes(second));
  return {
    ...window,
    seconds: addCounts(kept, seconds),
    callers: withCallers(window.callers, callers, droppedCallers),
    ...(platform ? { platform } : {}),
    ...(stop ? { stop: stop.after } : {}),
  };
}

function withCallers(
  before: CallWindow['callers'],
  updates: WindowUpdate['callers'],
  dropped: WindowUpdate['droppedCallers'],
): CallWindow['callers'] {
  const gone = dropped.map(([id]) => id);
  const after = new Map(Object.entries(before).filter(([id]) => !gone.includes(id)));
  for (const [id, { used, droppedMinutes, waiting }] of Object.entries(updates)) {
    const known = after.get(id) ?? newCaller();
    const kept = known.used.filter(([minute]) => !droppedMinutes.includes(minute));
    after.set(id, { ...known, ...waiting, used: addCounts(kept, used) });
  }
  return Object.fromEntries(after);
}
