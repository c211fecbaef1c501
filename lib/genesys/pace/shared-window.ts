import { randomUUID } from 'node:crypto';
import {
  type CallWindow,
  callWindow,
  correctWindow,
  EMPTY_WINDOW,
  fullWindow,
  type PlatformCount,
} from '../../domain/call-window.ts';
import type { Clock, Random } from '../../domain/clock.ts';
import type { VersionedItem, VersionedValue } from '../../domain/versioned-item.ts';

/** A change is given up after this many write conflicts. Each one means that another instance made progress. */
const MOST_CONFLICTS = 10;
/** A change is also given up after this, because the function has to end in time. */
const LONGEST_CHANGE_MS = 3_000;
/** The pause after the first conflict is at most this, or as long as the last write took. */
const CONFLICT_PAUSE_MS = 20;
/** The maximum doubles with each further conflict, this many times. */
const MOST_DOUBLINGS = 3;
/** No pause is longer than this. */
const LONGEST_CONFLICT_PAUSE_MS = 1_000;
/** Other instances are likely to write for this long after a conflict. */
const CONFLICTS_LIKELY_MS = 10_000;
/** Meanwhile a window that was read longer ago than this is read again before it is written. */
const REREAD_AFTER_MS = 20;
/** More than others write while the SDK repeats a write. */
const MOST_WRITE_IDS = 40;

/**
 * One operation on the window. It runs again if another instance was faster.
 * @param readAtMs when the window was read or written, in milliseconds since the epoch
 * @returns the same window if it needs no write; `stale` if it needs a window that is read now
 */
export type WindowChange = (window: CallWindow, readAtMs: number) => CallWindow | 'stale';

/** The window of calls that all instances share, as one instance knows it. */
export interface SharedWindow {
  /**
   * Applies a change. Changes that arrive while another one is being written, or is about to be tried again, are
   * applied together with one write: an instance has no conflicts with itself, and fewer with others.
   * @returns whether it was applied; false after too many conflicts, or three seconds of them
   * @throws the item's errors
   */
  change(apply: WindowChange): Promise<boolean>;
  /** Corrects the window by the platform's count, with the next write. */
  correct(count: PlatformCount): void;
  /** The latest correction that was not written yet. */
  pendingCorrection(): PlatformCount | undefined;
  /** The window as it was read or written last. */
  latest(): CallWindow | undefined;
}

interface Known {
  window: CallWindow;
  version: number;
  readAtMs: number;
}

interface Waiting {
  apply: WindowChange;
  beganAtMs: number;
  /** Times that it had to be tried again. */
  conflicts: number;
  done: (isApplied: boolean) => void;
  failed: (error: unknown) => void;
}

export function createSharedWindow(deps: {
  /** Keeps the window for all instances. */
  item: VersionedItem;
  /** Calls per minute. */
  budget: number;
  clock: Clock;
  random: Random;
}): SharedWindow {
  const { item, budget, clock, random } = deps;
  const instance = randomUUID().slice(0, 8);
  let known: Known | undefined;
  let correction: PlatformCount | undefined;
  let waiting: Waiting[] = [];
  let writeCount = 0;
  let isWriting = false;
  let writeTookMs = 0;
  let lastConflictMs = Number.NEGATIVE_INFINITY;

  function toKnown(found: VersionedValue | undefined): Known {
    const parsed = found && callWindow.safeParse(found.value);
    const window = parsed ? (parsed.data ?? fullWindow(budget, clock.now())) : EMPTY_WINDOW;
    return { window, version: found?.version ?? 0, readAtMs: clock.now() };
  }

  /** @returns undefined if the window has to be read again first */
  function applyTo(
    { window: before, readAtMs }: Known,
    changes: readonly Waiting[],
    count: PlatformCount | undefined,
  ): { window: CallWindow; isChanged: boolean } | undefined {
    const corrected = count ? correctWindow(before, count, clock.now()) : before;
    let window = corrected;
    for (const { apply } of changes) {
      const next = apply(window, readAtMs);
      if (next === 'stale') return undefined;
      window = next;
    }
    const isChanged = window !== corrected;
    return isChanged && isLikelyOld(readAtMs) ? undefined : { window, isChanged };
  }

  /** A read costs less than a write that fails. */
  function isLikelyOld(readAtMs: number): boolean {
    const nowMs = clock.now();
    return nowMs - lastConflictMs < CONFLICTS_LIKELY_MS && nowMs - readAtMs > REREAD_AFTER_MS;
  }

  /** @returns whether all changes are applied; false if they have to be tried again */
  async function tryToApply(changes: readonly Waiting[]): Promise<boolean> {
    const applied = correction;
    let changed = known && applyTo(known, changes, applied);
    if (!known || !changed) {
      known = toKnown(await item.read());
      changed = applyTo(known, changes, applied);
    }
    if (!changed) return false;
    if (!changed.isChanged) return true;
    const { isWritten, now } = await write(changed.window, known.version);
    known = now;
    if (isWritten && correction === applied) correction = undefined;
    return isWritten;
  }

  /** @returns whether it was written, and the window as it is now */
  async function write(
    window: CallWindow,
    version: number,
  ): Promise<{ isWritten: boolean; now: Known }> {
    writeCount += 1;
    const id = `${instance}.${writeCount.toString(36)}`;
    const signed = { ...window, writes: [id, ...(window.writes ?? [])].slice(0, MOST_WRITE_IDS) };
    const startedAtMs = clock.now();
    const written = await item.write(signed, version).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    writeTookMs = clock.now() - startedAtMs;
    if (written.isWritten) {
      const now = { window: signed, version: written.version, readAtMs: clock.now() };
      return { isWritten: true, now };
    }
    lastConflictMs = clock.now();
    const now = toKnown(written.current);
    // The SDK repeats a write whose response was lost, and another instance can have written in between.
    return { isWritten: now.window.writes?.includes(id) ?? false, now };
  }

  /** @returns the changes that have to be tried again, after a conflict. Never rejects */
  async function apply(changes: readonly Waiting[]): Promise<Waiting[]> {
    try {
      if (!(await tryToApply(changes))) return changes.filter(countConflict);
      for (const { done } of changes) done(true);
    } catch (error) {
      for (const { failed } of changes) failed(error);
    }
    return [];
  }

  /** Counts a conflict, and gives the change up after too many. @returns whether it is tried again */
  function countConflict(change: Waiting): boolean {
    change.conflicts += 1;
    const isLate = clock.now() - change.beganAtMs > LONGEST_CHANGE_MS;
    if (change.conflicts < MOST_CONFLICTS && !isLate) return true;
    change.done(false);
    return false;
  }

  async function applyWaiting(): Promise<void> {
    if (isWriting) return;
    isWriting = true;
    for (let conflicts = 0; waiting.length > 0; ) {
      const changes = waiting;
      waiting = [];
      const again = await apply(changes);
      conflicts = again.length > 0 ? conflicts + 1 : 0;
      if (again.length > 0) await clock.sleep(pauseMs(conflicts));
      waiting.unshift(...again);
    }
    isWriting = false;
  }

  function pauseMs(conflicts: number): number {
    const doublings = Math.min(conflicts - 1, MOST_DOUBLINGS);
    const doubledMs = Math.max(CONFLICT_PAUSE_MS, writeTookMs) * 2 ** doublings;
    return Math.min(doubledMs, LONGEST_CONFLICT_PAUSE_MS) * random();
  }

  return {
    change: (change) =>
      new Promise((done, failed) => {
        waiting.push({ apply: change, beganAtMs: clock.now(), conflicts: 0, done, failed });
        void applyWaiting();
      }),
    correct(count) {
      correction = count;
    },
    pendingCorrection: () => correction,
    latest: () => known?.window,
  };
}
