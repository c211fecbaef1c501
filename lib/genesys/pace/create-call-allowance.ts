import { AdderError } from '../../domain/adder-error.ts';
import {
  type CallWindow,
  callWindow,
  correctWindow,
  EMPTY_WINDOW,
  fullWindow,
  type PlatformCount,
  returnCalls,
  stopCalls,
  usedPercentOf,
} from '../../domain/call-window.ts';
import type { Clock, Random } from '../../domain/clock.ts';
import { decideCalls } from '../../domain/decide-calls.ts';
import type { VersionedItem } from '../../domain/versioned-item.ts';
import type { AcquireOptions, CallAllowance, CallGrant, CallRefusal } from './call-allowance.ts';
import { readRateLimit } from './rate-limit-headers.ts';

/** A refusal by the last known window is trusted for this long before the item is read again. */
const REFUSAL_IS_CURRENT_MS = 250;
/** Write conflicts with other instances. Each one means that another instance made progress. */
const MOST_CONFLICTS = 10;
const CONFLICT_PAUSE_MS = 20;
/** Refusals of a caller count with a decay of this time. */
const REFUSALS_COUNT_MS = 10_000;
const MOST_CALLERS_COUNTED = 1_000;
/** Delay of a retry if the table cannot be reached. */
const TABLE_RETRY_MS = 5_000;

export interface CallAllowanceOptions {
  /** Keeps the window for all instances. */
  item: VersionedItem;
  /** `GENESYS_REQUESTS_PER_SECOND`: the budget, over a minute. */
  requestsPerSecond: number;
  clock: Clock;
  random: Random;
}

interface Known {
  window: CallWindow;
  version: number;
  readAtMs: number;
}

/** The budget in one item of the table: decided by lib/domain/decide-calls.ts, written by compare-and-swap. */
export function createCallAllowance(options: CallAllowanceOptions): CallAllowance {
  const { item, clock, random } = options;
  const budget = Math.max(1, Math.floor(options.requestsPerSecond * 60));
  let known: Known | undefined;
  /** What responses said since the last write. */
  let observed: PlatformCount | undefined;
  const refusals = createRefusalCount(clock);
  let line: Promise<unknown> = Promise.resolve();

  /** Serializes an instance's operations, so that it has no conflicts with itself. */
  function inLine<T>(task: () => Promise<T>): Promise<T> {
    const turn = line.then(task);
    line = turn.catch(() => undefined);
    return turn;
  }

  async function read(): Promise<Known> {
    const found = await item.read();
    const parsed = found && callWindow.safeParse(found.value);
    const window = parsed ? (parsed.data ?? fullWindow(budget, clock.now())) : EMPTY_WINDOW;
    known = { window, version: found?.version ?? 0, readAtMs: clock.now() };
    return known;
  }

  /** @returns false where another instance was faster */
  async function write(window: CallWindow, version: number): Promise<boolean> {
    const written = await item.write(window, version).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    known = written === undefined ? undefined : { window, version: written, readAtMs: clock.now() };
    return written !== undefined;
  }

  function corrected({ window }: Known): CallWindow {
    return observed ? correctWindow(window, observed, clock.now()) : window;
  }

  async function decide(
    calls: number,
    { callerId, priority = 'normal', replaces, slackMs }: AcquireOptions,
  ): Promise<CallGrant | CallRefusal> {
    const caller = callerId?.slice(0, 16);
    for (let conflicts = 0; conflicts < MOST_CONFLICTS; conflicts += 1) {
      const current = known ?? (await read());
      const nowMs = clock.now();
      const decision = decideCalls(
        corrected(current),
        {
          calls,
          callerId: caller,
          priority,
          replaces,
          slackMs,
          refusedLately: refusals.count(callerId),
        },
        { budget, nowMs, random },
      );
      if (!decision.granted && nowMs - current.readAtMs > REFUSAL_IS_CURRENT_MS) {
        known = undefined;
        continue;
      }
      const { window } = decision;
      if (window === undefined || (await write(window, current.version))) {
        if (window !== undefined) observed = undefined;
        if (decision.granted) return { granted: true, calls: decision.calls, grantedAtMs: nowMs };
        const { reason, retryAtMs } = decision;
        return { granted: false, reason, retryAtMs };
      }
      await clock.sleep(CONFLICT_PAUSE_MS * random());
    }
    return { granted: false, reason: 'budget', retryAtMs: clock.now() + 1_000 * (1 + random()) };
  }

  /** Applies an unconditional change. Best effort. */
  async function change(apply: (window: CallWindow) => CallWindow): Promise<void> {
    try {
      for (let conflicts = 0; conflicts < MOST_CONFLICTS; conflicts += 1) {
        const current = known ?? (await read());
        const before = corrected(current);
        const after = apply(before);
        if (after === current.window) return;
        if (await write(after, current.version)) {
          observed = undefined;
          return;
        }
        await clock.sleep(CONFLICT_PAUSE_MS * random());
      }
    } catch {
      // The calls stay counted for a minute, or this instance finds out about the 429 again.
    }
  }

  return {
    acquire: (calls, acquireOptions = {}) =>
      inLine(async () => {
        try {
          const outcome = await decide(calls, acquireOptions);
          if (!outcome.granted) refusals.add(acquireOptions.callerId);
          return outcome;
        } catch (cause) {
          throw new AdderError('The table that holds the call budget cannot be reached', {
            code: 'INTERNAL_ERROR',
            disposition: 'retry',
            retryAfterMs: TABLE_RETRY_MS,
            cause,
          });
        }
      }),

    release: (grant, callerId) =>
      inLine(async () => {
        const unused = grant.calls;
        grant.calls = 0;
        const caller = callerId?.slice(0, 16);
        const probed = observed?.accepted && known?.window.stop?.probing;
        if (unused <= 0 && !probed) return;
        await change((window) => returnCalls(window, grant, unused, caller));
      }),

    observe({ status, headers }) {
      const count = readRateLimit(headers);
      if (status === 429 && observed) return;
      observed = { ...count, accepted: status !== 429, atMs: clock.now() };
    },

    pauseUntil: (untilMs) =>
      inLine(() => change((window) => stopCalls(window, untilMs, clock.now()))),

    usedPercent: () => (known ? usedPercentOf(known.window, budget, clock.now()) : 0),
  };
}

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
