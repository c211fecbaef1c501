import type { Random } from './clock.ts';

/** Longest wait inside the function. For longer waits the message is deferred. */
export const SHORT_WAIT_MS = 5_000;

/**
 * Longest wait inside the function while all calls stop after a 429. No other request could use the function
 * meanwhile, and through the queue a request is a second or more later.
 */
export const WAIT_FOR_STOP_MS = 4_000;

/** Retries within the function after a temporary failure. */
export const RETRIES_IN_PLACE = 3;

/** A request with less time than this before its deadline is not retried. */
export const LAST_TRY_BEFORE_DEADLINE_MS = 3_000;

/** Receives that deferrals do not use up: the last one, which only sends a result, and some for crashes. */
const RESERVED_RECEIVES = 5;

/** Minimum delay, so that `Retry-After: 0` cannot use up the queue's receives. */
const SHORTEST_HAND_BACK_MS = 1_000;
const FIRST_HAND_BACK_MS = 5_000;
const LONGEST_HAND_BACK_MS = 60_000;
/** Pause after the time that a 429 names, at the first receive. */
const FIRST_PAUSE_AFTER_STOP_MS = 3_000;

/** Half fixed, half random: spreads retries of instances that failed together, and is never zero. */
function equalJitter(delayMs: number, random: Random): number {
  return Math.round(delayMs / 2 + (delayMs / 2) * random());
}

/** The wait before the retry with this number (from 0), in milliseconds: 1 s, 2 s, 4 s with equal jitter. */
export function retryInPlaceDelayMs(retry: number, random: Random): number {
  return equalJitter(1_000 * 2 ** retry, random);
}

/**
 * The wait of a request after a 429 that names a time, in milliseconds: that time, and a pause that doubles
 * with each receive. All calls stop for the named time, so a request that is refused each time has to leave
 * the other requests room between its attempts.
 * @param receiveCount SQS `ApproximateReceiveCount`, this receive included
 */
export function afterStopDelayMs(namedMs: number, receiveCount: number, random: Random): number {
  return namedMs + doubledDelayMs(FIRST_PAUSE_AFTER_STOP_MS, receiveCount, random);
}

/** Doubles with each receive, up to a minute, with equal jitter. */
function doubledDelayMs(firstMs: number, receiveCount: number, random: Random): number {
  const doubledMs = firstMs * 2 ** Math.min(receiveCount - 1, 10);
  return equalJitter(Math.min(doubledMs, LONGEST_HAND_BACK_MS), random);
}

/**
 * Whether a message can be received and carried out once more. The last receive only sends a result: if
 * the function crashed in it, the queue would move the message to the dead-letter queue without one.
 */
export function hasAnotherTry(receiveCount: number, maxReceives: number): boolean {
  return receiveCount < maxReceives - 1;
}

export interface DeferState {
  nowMs: number;
  deadlineMs: number;
  /** SQS `ApproximateReceiveCount`, this receive included. */
  receiveCount: number;
  /** The queue's redrive limit. */
  maxReceives: number;
  /** The wait that the other side named, if it did. */
  retryAfterMs?: number | undefined;
  random: Random;
}

/**
 * How long a deferred request stays hidden, in milliseconds. `undefined` if no attempt fits before the
 * deadline.
 *
 * A wait that the other side named is used. Otherwise the wait doubles from 5 s to a minute, and is cut so
 * that one attempt fits before the deadline. Deferrals are spread over the remaining time, so that they do
 * not use up the receives.
 */
export function deferDelayMs(state: DeferState): number | undefined {
  const leftMs = state.deadlineMs - state.nowMs;
  const receivesLeft = Math.max(1, state.maxReceives - state.receiveCount - RESERVED_RECEIVES);
  const spreadMs = leftMs / receivesLeft;
  const latestMs = leftMs - LAST_TRY_BEFORE_DEADLINE_MS;
  const named = state.retryAfterMs;
  if (named !== undefined && named > Math.max(latestMs, SHORTEST_HAND_BACK_MS)) {
    return named < leftMs ? named : undefined;
  }
  if (latestMs < SHORTEST_HAND_BACK_MS) return undefined;
  const wantedMs = named ?? doubledDelayMs(FIRST_HAND_BACK_MS, state.receiveCount, state.random);
  return Math.min(Math.max(wantedMs, spreadMs, SHORTEST_HAND_BACK_MS), latestMs);
}
