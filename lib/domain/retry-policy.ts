import type { Random } from './clock.ts';

/** Waits up to this are slept through in the function; longer ones go back to the queue (contract 8). */
export const SHORT_WAIT_MS = 5_000;

/** Retries in place for a call that failed in passing (contract 8). */
export const RETRIES_IN_PLACE = 3;

/** A request that has less time than this left is not worth another try. */
const LAST_TRY_BEFORE_DEADLINE_MS = 3_000;

/** Receives that waiting leaves alone: the last one, which only reports, and some for crashes. */
const RESERVED_RECEIVES = 5;

/** Whoever says "at once" is not taken at his word: the queue's receives are not for hammering. */
const SHORTEST_HAND_BACK_MS = 1_000;
const FIRST_HAND_BACK_MS = 5_000;
const LONGEST_HAND_BACK_MS = 60_000;

/** Half fixed, half random: spreads instances that failed together without ever waiting nothing. */
function equalJitter(delayMs: number, random: Random): number {
  return Math.round(delayMs / 2 + (delayMs / 2) * random());
}

/** The wait before the retry with this number (from 0), in milliseconds: 1 s, 2 s, 4 s with equal jitter. */
export function retryInPlaceDelayMs(retry: number, random: Random): number {
  return equalJitter(1_000 * 2 ** retry, random);
}

/**
 * Whether a message can be received once more and still be tried then. The very last receive is
 * not for trying: if the function died in it, the queue would give the message up in silence. So
 * that receive sends a result and nothing else, and the one before it is the last try (contract 3).
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
 * How long a request that is to be tried again stays hidden, in milliseconds; `undefined` where no
 * further try fits before the deadline, so that the request ends now, while its cause is known.
 *
 * A wait that the other side named is kept. Otherwise the wait doubles from 5 s to a minute, cut so
 * that one try still falls before the deadline. Receives are spread over the time that is left, so
 * that no number of waits uses up the redrive limit (contract 8).
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
  const wantedMs =
    named ??
    equalJitter(
      Math.min(
        FIRST_HAND_BACK_MS * 2 ** Math.min(state.receiveCount - 1, 10),
        LONGEST_HAND_BACK_MS,
      ),
      state.random,
    );
  return Math.min(Math.max(wantedMs, spreadMs, SHORTEST_HAND_BACK_MS), latestMs);
}
