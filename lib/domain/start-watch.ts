import { addOf, isEveryoneDecided } from './observe-connections.ts';
import type { RequestRecord, Watch } from './request-record.ts';

/** Looks, counted from the result. */
const LOOKS_AFTER_MS = [15_000, 40_000, 75_000];
/** The connection event is sent at the latest this long after the result. */
export const WATCH_ENDS_MS = 90_000;
/** The last time for a look that the budget refused before: time for the call and for the event. */
const LAST_CHANCE_MS = 80_000;
/** A watch that was interrupted by a crash is ended this long after the result, with a last look. */
const CLOSING_LOOK_MS = 84_000;
/** Two looks are at least this far apart. */
const SHORTEST_PAUSE_MS = 5_000;
/** A look that the budget refused is tried again no sooner. */
const SHORTEST_RETRY_MS = 2_000;

/**
 * The watch of a request that gets its result now: of the people who ring, or may ring, in a call of
 * the live platform. `undefined` where this run has rung none.
 */
export function startWatch(
  record: Pick<RequestRecord, 'participants' | 'adds' | 'run'>,
  nowMs: number,
): Watch | undefined {
  const rungInThisRun = record.participants.some(
    (_, position) => addOf(record, position)?.run === record.run,
  );
  if (!rungInThisRun) return undefined;
  const firstAfterMs = isEveryoneDecided(record) ? 0 : (LOOKS_AFTER_MS[0] ?? 0);
  return { looks: 0, nextLookAtMs: nowMs + firstAfterMs, untilMs: nowMs + WATCH_ENDS_MS };
}

/**
 * The times of the messages that start a watch: the first look, and one shortly before the end. Each look
 * schedules the next. If one crashes, its message returns too late, and the last message ends the watch.
 */
export function firstMessagesMs({ nextLookAtMs, untilMs }: Watch): number[] {
  const startedAtMs = untilMs - WATCH_ENDS_MS;
  // Everyone is decided already. If this message is lost, the reconciler still ends the watch in time.
  if (nextLookAtMs === startedAtMs) return [nextLookAtMs];
  return [nextLookAtMs, startedAtMs + CLOSING_LOOK_MS];
}

/**
 * When the next look is due, in milliseconds since the epoch; `undefined` where the watch is over.
 * @param looks looks made, the last one included
 * @param retryAtMs the last look was not made, and may be tried again then
 */
export function nextLookMs(
  { untilMs }: Pick<Watch, 'untilMs'>,
  { looks, nowMs, retryAtMs }: { looks: number; nowMs: number; retryAtMs?: number | undefined },
): number | undefined {
  const startedAtMs = untilMs - WATCH_ENDS_MS;
  if (looks >= LOOKS_AFTER_MS.length) return undefined;
  if (retryAtMs !== undefined) {
    const lastChanceMs = startedAtMs + LAST_CHANCE_MS;
    if (nowMs >= lastChanceMs) return undefined;
    return Math.round(Math.min(lastChanceMs, Math.max(retryAtMs, nowMs + SHORTEST_RETRY_MS)));
  }
  return LOOKS_AFTER_MS.map((afterMs) => startedAtMs + afterMs).find(
    (lookAtMs) => lookAtMs >= nowMs + SHORTEST_PAUSE_MS,
  );
}

/** Whether looks are left. */
export function mayLook({ looks }: Pick<Watch, 'looks'>): boolean {
  return looks < LOOKS_AFTER_MS.length;
}
