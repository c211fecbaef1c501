import type { Random } from '../domain/clock.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Waits before the second, third, … try; the last one repeats (contract 5). */
const DELAYS_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
];
const JITTER = 0.2;

/** After so long an event is given up. */
export const GIVE_UP_AFTER_MS = 72 * HOUR_MS;

/**
 * SQS hides a message for at most twelve hours after its receive. Five minutes of that are left for
 * the time between the receive and the function, while Lambda holds a batch it cannot start yet.
 */
const LONGEST_WAIT_MS = 12 * HOUR_MS - 5 * MINUTE_MS;

export interface FailedTry {
  /** `ApproximateReceiveCount`, this receive included. */
  receiveCount: number;
  /** `SentTimestamp`, milliseconds since the epoch. */
  sentAtMs: number;
  /** When this batch came in: visibility time-outs count from there. */
  receivedAtMs: number;
  nowMs: number;
  /** The wait that the receiver asked for. */
  retryAfterMs?: number | undefined;
  random: Random;
}

/**
 * How long to wait before the next try, in milliseconds; `undefined` once the event is three days
 * old. The last wait is cut so that a last try falls on the end of the three days. A receiver's
 * `Retry-After` can make a wait longer, never shorter, and no wait is longer than SQS allows.
 */
export function nextTryDelayMs(state: FailedTry): number | undefined {
  const leftMs = state.sentAtMs + GIVE_UP_AFTER_MS - state.nowMs;
  if (leftMs <= 0) return undefined;
  const step = Math.min(Math.max(state.receiveCount, 1), DELAYS_MS.length) - 1;
  const jitter = 1 + JITTER * (2 * state.random() - 1);
  const scheduledMs = Math.min(
    (DELAYS_MS[step] ?? 0) * jitter,
    Math.max(leftMs, DELAYS_MS[0] ?? 0),
  );
  return capWait(Math.max(scheduledMs, state.retryAfterMs ?? 0), state);
}

/**
 * How long an event waits that could not even be tried, because its signing keys cannot be had: a
 * fault on our side, so it is looked after more often than the receiver's schedule has it, yet
 * seldom enough not to use up the queue's receive limit in three days.
 */
export function holdDelayMs(state: Omit<FailedTry, 'retryAfterMs'>): number | undefined {
  if (state.nowMs - state.sentAtMs >= GIVE_UP_AFTER_MS) return undefined;
  const doublings = Math.min(state.receiveCount - 1, 10);
  const delayMs = Math.min(30 * SECOND_MS * 2 ** doublings, HOUR_MS);
  return capWait(delayMs * (1 + JITTER * (2 * state.random() - 1)), state);
}

function capWait(delayMs: number, { receivedAtMs, nowMs }: FailedTry): number {
  return Math.min(delayMs, LONGEST_WAIT_MS - (nowMs - receivedAtMs));
}
