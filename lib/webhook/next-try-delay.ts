import type { Random } from '../domain/clock.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Waits before the second, third, … try; the last one repeats. */
const DELAYS_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
];
const JITTER = 0.2;

/** After this time an event is given up. */
export const GIVE_UP_AFTER_MS = 72 * HOUR_MS;

/**
 * SQS hides a message for at most twelve hours after its receive. Five minutes are kept for the time
 * that Lambda holds a batch before it starts the function.
 */
const LONGEST_WAIT_MS = 12 * HOUR_MS - 5 * MINUTE_MS;

export interface FailedTry {
  /** Tries to post the event, this one included. Receives without a post do not count. */
  tries: number;
  /** `ApproximateReceiveCount`, this receive included. */
  receiveCount: number;
  /** `SentTimestamp`, milliseconds since the epoch. */
  sentAtMs: number;
  /** When this batch was received: visibility time-outs count from there. */
  receivedAtMs: number;
  nowMs: number;
  /** The wait that the receiver asked for. */
  retryAfterMs?: number | undefined;
  random: Random;
}

/**
 * How long to wait before the next try, in milliseconds; `undefined` once the event is three days
 * old. The last wait is shortened so that the last try falls on the end of the three days. A
 * receiver's `Retry-After` can make a wait longer, never shorter, and no wait is longer than SQS
 * allows.
 */
export function nextTryDelayMs(state: FailedTry): number | undefined {
  const leftMs = state.sentAtMs + GIVE_UP_AFTER_MS - state.nowMs;
  if (leftMs <= 0) return undefined;
  const step = Math.min(Math.max(state.tries, 1), DELAYS_MS.length) - 1;
  const jitter = 1 + JITTER * (2 * state.random() - 1);
  const scheduledMs = Math.min(
    (DELAYS_MS[step] ?? 0) * jitter,
    Math.max(leftMs, DELAYS_MS[0] ?? 0),
  );
  return capWait(Math.max(scheduledMs, state.retryAfterMs ?? 0), state);
}

/**
 * How long to wait if the event could not be posted for a reason on our side: no signing key, or the
 * table or a secret cannot be read. From 30 seconds to an hour, so that three days of waiting do not
 * use up the queue's receives. `undefined` once the event is three days old.
 */
export function deferredDelayMs(state: Omit<FailedTry, 'retryAfterMs'>): number | undefined {
  if (state.nowMs - state.sentAtMs >= GIVE_UP_AFTER_MS) return undefined;
  const doublings = Math.min(state.receiveCount - 1, 10);
  const delayMs = Math.min(30 * SECOND_MS * 2 ** doublings, HOUR_MS);
  return capWait(delayMs * (1 + JITTER * (2 * state.random() - 1)), state);
}

function capWait(delayMs: number, { receivedAtMs, nowMs }: FailedTry): number {
  return Math.min(delayMs, LONGEST_WAIT_MS - (nowMs - receivedAtMs));
}
