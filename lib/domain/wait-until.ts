/** Kept free at the end of an invocation for the last read and the response, in milliseconds. */
const RESPONSE_MARGIN_MS = 5_000;

/** API Gateway's integration timeout, in milliseconds. An older request has had its response. */
const LONGEST_PLAUSIBLE_AGE_MS = 30_000;

/** How long a caller wants to wait for a result, and since when. */
export interface Wait {
  seconds: number;
  /**
   * When API Gateway received the request, in milliseconds since the Unix epoch. Absent for callers
   * without API Gateway: the seconds count from when the wait begins.
   */
  receivedAtMs?: number | undefined;
  /** Milliseconds left of the invocation. Absent: no limit. */
  remainingMs?: (() => number | undefined) | undefined;
}

/**
 * When a wait ends, in milliseconds since the Unix epoch. The seconds count from when the request was
 * received (RFC 7240, section 4.3), so that they include a cold start and the response is sent before
 * API Gateway times out. The wait also ends before the invocation does.
 * @returns a time in the past if there is nothing left to wait
 */
export function waitUntil({ seconds, receivedAtMs, remainingMs }: Wait, nowMs: number): number {
  const ageMs = receivedAtMs === undefined ? 0 : nowMs - receivedAtMs;
  // Times in the future or the distant past are another clock's, or those of a sample event.
  const startMs = ageMs >= 0 && ageMs <= LONGEST_PLAUSIBLE_AGE_MS ? nowMs - ageMs : nowMs;
  const leftMs = remainingMs?.() ?? Number.POSITIVE_INFINITY;
  return Math.min(startMs + seconds * 1_000, nowMs + leftMs - RESPONSE_MARGIN_MS);
}
