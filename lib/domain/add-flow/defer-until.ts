import { afterStopDelayMs, deferDelayMs, LAST_TRY_BEFORE_DEADLINE_MS } from '../retry-policy.ts';
import { unresolvedPositions } from './open-positions.ts';
import type { FlowState } from './state.ts';

/** The wait before another look after the deadline, or just before it. */
const LATE_LOOK_MS = 5_000;

/**
 * The time of the next attempt after a temporary failure, in milliseconds since the epoch. It is the
 * deadline if no attempt fits before it.
 * @param namedMs the wait that the platform named, from now
 */
export function deferUntilMs(state: FlowState, nowMs: number, namedMs?: number): number {
  const { limits, deadlineMs } = state;
  const delayMs = deferDelayMs({
    nowMs,
    deadlineMs,
    receiveCount: limits.receiveCount,
    maxReceives: limits.maxReceives,
    retryAfterMs: namedMs,
    random: () => limits.jitter,
  });
  if (delayMs !== undefined) return nowMs + delayMs;
  if (unresolvedPositions(state).length > 0) return nowMs + Math.max(namedMs ?? 0, LATE_LOOK_MS);
  return deadlineMs;
}

/**
 * The next attempt after a 429 that names a time, in milliseconds since the epoch. Other requests may use the
 * time between the end of the stop and this attempt. The pause is cut so that one attempt fits before the deadline.
 * @param namedMs the wait that the platform named, from now
 */
export function afterStopMs(state: FlowState, nowMs: number, namedMs: number): number {
  const { receiveCount, jitter } = state.limits;
  const latestMs = state.deadlineMs - nowMs - LAST_TRY_BEFORE_DEADLINE_MS;
  const pausedMs = afterStopDelayMs(namedMs, receiveCount, () => jitter);
  const delayMs = Math.max(namedMs, Math.min(pausedMs, latestMs));
  return stoppedUntilMs(state, nowMs, deferUntilMs(state, nowMs, delayMs));
}

/** A last try is made only this long after the stop was seen. */
const SHORTEST_STOP_MS = 1_000;

/**
 * The next attempt during a stop of all calls, in milliseconds since the epoch. A stop can be lifted early, so
 * a request whose deadline falls into it is tried once more just before the deadline.
 */
export function stoppedUntilMs({ deadlineMs }: FlowState, nowMs: number, untilMs: number): number {
  const lastTryMs = deadlineMs - LAST_TRY_BEFORE_DEADLINE_MS;
  return untilMs >= deadlineMs && nowMs + SHORTEST_STOP_MS <= lastTryMs ? lastTryMs : untilMs;
}
