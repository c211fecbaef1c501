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

/** Write conflicts with other instances. Each one means that another instance made progress. */
const MOST_CONFLICTS = 10;
/** At most, after the first conflict. It doubles with each further one. Meanwhile other changes join. */
const CONFLICT_PAUSE_MS = 20;
const LONGEST_CONFLICT_PAUSE_MS = 160;

/**
 * One operation on the window. It runs again if another instance was faster.
 * @param readAtMs when the window was read or written, in milliseconds since the epoch
 * @returns the same window if it needs no write; `stale` if it needs a window that is read now
 */
export type WindowChange = (window: CallWindow, readAtMs: number) => CallWindow | 'stale';

/** The window of calls that all instances share, as one instance knows it. */
export interface SharedWindow {
  /**
   * Applies a change. Changes that arrive while another one is being written are applied together, with one
   * write: an instance has no conflicts with itself, and fewer with others.
   * @returns whether it was applied; false after too many conflicts
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
  let known: Known | undefined;
  let correction: PlatformCount | undefined;
  let waiting: Waiting[] = [];
  let isWriting = false;

  function toKnown(found: VersionedValue | undefined): Known {
    const parsed = found && callWindow.safeParse(found.value);
    const window = parsed ? (parsed.data ?? fullWindow(budget, clock.now())) : EMPTY_WINDOW;
    return { window, version: found?.version ?? 0, readAtMs: clock.now() };
  }

  /** @returns whether all changes are applied; false if they have to be tried again */
  async function tryToApply(changes: readonly Waiting[]): Promise<boolean> {
    known ??= toKnown(await item.read());
    const { window: before, version, readAtMs } = known;
    const applied = correction;
    const corrected = applied ? correctWindow(before, applied, clock.now()) : before;
    let window = corrected;
    for (const { apply } of changes) {
      const next = apply(window, readAtMs);
      if (next === 'stale') {
        known = undefined;
        return false;
      }
      window = next;
    }
    if (window === corrected) return true;
    const written = await item.write(window, version).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    if (!written.isWritten) {
      known = toKnown(written.current);
      return false;
    }
    known = { window, version: written.version, readAtMs: clock.now() };
    if (correction === applied) correction = undefined;
    return true;
  }

  async function apply(changes: readonly Waiting[]): Promise<void> {
    try {
      for (let tries = 0; tries < MOST_CONFLICTS; tries += 1) {
        if (await tryToApply(changes)) {
          for (const { done } of changes) done(true);
          return;
        }
        const longestMs = Math.min(CONFLICT_PAUSE_MS * 2 ** tries, LONGEST_CONFLICT_PAUSE_MS);
        // What is stale is read again at once.
        if (known) await clock.sleep(longestMs * random());
      }
      for (const { done } of changes) done(false);
    } catch (error) {
      for (const { failed } of changes) failed(error);
    }
  }

  async function applyWaiting(): Promise<void> {
    if (isWriting) return;
    isWriting = true;
    while (waiting.length > 0) {
      const changes = waiting;
      waiting = [];
      await apply(changes);
    }
    isWriting = false;
  }

  return {
    change: (change) =>
      new Promise((done, failed) => {
        waiting.push({ apply: change, done, failed });
        void applyWaiting();
      }),
    correct(count) {
      correction = count;
    },
    pendingCorrection: () => correction,
    latest: () => known?.window,
  };
}
