import {
  type CallWindow,
  correctWindow,
  fullWindow,
  limitOf,
  type PlatformCount,
  usedOf,
} from '../../domain/call-window.ts';
import type { Clock } from '../../domain/clock.ts';
import { type CallWindowItem, updateBetween } from '../../domain/window-update.ts';

/** A change is given up after so many tries. Each failed one means that another instance made progress. */
const MOST_TRIES = 10;
/** A change is also given up after this, because the function has to end in time. */
const LONGEST_CHANGE_MS = 3_000;
/** Later the platform's count says too little about its current window. */
const CORRECTION_IS_VALID_MS = 5_000;

/** What a change has to know about the window that it is applied to. */
export interface Seen {
  /** When the window was read or written, in milliseconds since the epoch. */
  readAtMs: number;
  /** The platform's count was taken after `readAtMs`, so calls of other instances may count as foreign. */
  isLimitTooLow: boolean;
}

/** @returns the same window if it needs no write; `stale` if it needs a window that is read now */
export type WindowChange = (
  window: CallWindow,
  seen: Seen,
) => { window: CallWindow; mostCalls?: number } | 'stale';

/** The window of calls that all instances share, as one instance knows it. */
export interface SharedWindow {
  /**
   * Applies a change. Changes that arrive while another one is being written are applied together with one write.
   * @returns whether it was applied; false after too many failed conditions, or three seconds of them
   * @throws the item's errors
   */
  change(apply: WindowChange): Promise<boolean>;
  /** Corrects the window by the platform's count, with a later write. */
  correct(count: PlatformCount): void;
  /** The latest correction that was not written yet. */
  pendingCorrection(): PlatformCount | undefined;
  /** The window as it was read or written last. */
  latest(): CallWindow | undefined;
}

interface Known {
  window: CallWindow;
  readAtMs: number;
}

interface Waiting {
  apply: WindowChange;
  beganAtMs: number;
  /** Times that it was tried in vain. */
  tries: number;
  done: (isApplied: boolean) => void;
  failed: (error: unknown) => void;
}

export function createSharedWindow(deps: {
  /** Keeps the window for all instances. */
  item: CallWindowItem;
  /** Calls per minute. */
  budget: number;
  clock: Pick<Clock, 'now'>;
  /** Called if the item cannot be read. It is replaced, and no calls are granted for a minute. Default: nothing */
  onUnreadable?: (() => void) | undefined;
}): SharedWindow {
  const { item, budget, clock, onUnreadable = () => {} } = deps;
  let known: Known | undefined;
  let correction: PlatformCount | undefined;
  let waiting: Waiting[] = [];
  let isWriting = false;

  async function toKnown(found: CallWindow | 'unreadable'): Promise<Known> {
    if (found !== 'unreadable') return { window: found, readAtMs: clock.now() };
    onUnreadable();
    const window = fullWindow(budget, clock.now());
    await item.replace(window.seconds);
    return { window, readAtMs: clock.now() };
  }

  function currentCorrection(): PlatformCount | undefined {
    if (correction && clock.now() - correction.atMs > CORRECTION_IS_VALID_MS)
      correction = undefined;
    return correction;
  }

  /** @returns undefined if the window has to be read again first */
  function applyTo(
    { window: before, readAtMs }: Known,
    changes: readonly Waiting[],
    count: PlatformCount | undefined,
  ): { window: CallWindow; mostCalls: number } | undefined {
    const nowMs = clock.now();
    const corrected = count ? correctWindow(before, count, nowMs) : before;
    const isOlder = count !== undefined && readAtMs < count.atMs;
    const isLimitTooLow =
      isOlder && limitOf(corrected, budget, nowMs) < limitOf(before, budget, nowMs);
    let window = corrected;
    let mostCalls = budget;
    for (const { apply } of changes) {
      const changed = apply(window, { readAtMs, isLimitTooLow });
      if (changed === 'stale') return undefined;
      // The limit of an earlier change does not apply to the calls of this one.
      const added = Math.max(0, usedOf(changed.window) - usedOf(window));
      mostCalls = Math.min(mostCalls + added, changed.mostCalls ?? budget);
      window = changed.window;
    }
    if (window === corrected) return { window: before, mostCalls };
    return { window: isOlder ? withForeignOf(before, window) : window, mostCalls };
  }

  /** @returns whether all changes are applied; false if they have to be tried again */
  async function tryToApply(changes: readonly Waiting[]): Promise<boolean> {
    const applied = currentCorrection();
    let changed = known && applyTo(known, changes, applied);
    if (!known || !changed) {
      known = await toKnown(await item.read());
      changed = applyTo(known, changes, applied);
    }
    if (!changed) return false;
    const { window, readAtMs } = known;
    const update =
      changed.window === window
        ? undefined
        : updateBetween(window, changed.window, { nowMs: clock.now(), limit: changed.mostCalls });
    if (!update) return true;
    const { isMade, window: written } = await item.update(update);
    known = await toKnown(written);
    const isWritten = isMade && applied !== undefined && readAtMs >= applied.atMs;
    if (isWritten && correction === applied) correction = undefined;
    return isMade;
  }

  /** @returns the changes that have to be tried again. Never rejects */
  async function apply(changes: readonly Waiting[]): Promise<Waiting[]> {
    try {
      if (!(await tryToApply(changes))) return changes.filter(countTry);
      for (const { done } of changes) done(true);
    } catch (error) {
      // The update may have been made.
      known = undefined;
      for (const { failed } of changes) failed(error);
    }
    return [];
  }

  /** Gives the change up after too many tries. @returns whether it is tried again */
  function countTry(change: Waiting): boolean {
    change.tries += 1;
    const isLate = clock.now() - change.beganAtMs > LONGEST_CHANGE_MS;
    if (change.tries < MOST_TRIES && !isLate) return true;
    change.done(false);
    return false;
  }

  async function applyWaiting(): Promise<void> {
    if (isWriting) return;
    isWriting = true;
    while (waiting.length > 0) {
      const changes = waiting;
      waiting = [];
      const again = await apply(changes);
      waiting.unshift(...again);
    }
    isWriting = false;
  }

  return {
    change: (change) =>
      new Promise((done, failed) => {
        waiting.push({ apply: change, beganAtMs: clock.now(), tries: 0, done, failed });
        void applyWaiting();
      }),
    correct(count) {
      // A response without counters, such as that of a token request, says nothing about the limit.
      const known = count.allowed === undefined ? currentCorrection() : undefined;
      correction = known ? { ...known, accepted: count.accepted } : count;
    },
    pendingCorrection: currentCorrection,
    latest: () => known?.window,
  };
}

/** `window` without what it determined about the calls of others. */
function withForeignOf({ platform: before }: CallWindow, window: CallWindow): CallWindow {
  const { platform } = window;
  if (!platform) return window;
  const none = { foreign: 0, count: 0, endsAtMs: 0 };
  return { ...window, platform: { ...none, ...before, allowed: platform.allowed } };
}
