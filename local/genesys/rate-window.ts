/**
 * The platform's rate limit: a number of requests in a window of one minute, which begins with the first
 * request after the previous window. Refused requests count too.
 */
export interface RateWindow {
  /** Counts `requests` and returns the state of the window. */
  count(nowMs: number, requests?: number): RateStatus;
}

export interface RateStatus {
  count: number;
  /** Whole seconds until the window ends, at least 1. */
  resetSeconds: number;
}

const WINDOW_MS = 60_000;

export function createRateWindow(): RateWindow {
  let startedAtMs = Number.NEGATIVE_INFINITY;
  let count = 0;
  return {
    count(nowMs, requests = 1) {
      if (nowMs >= startedAtMs + WINDOW_MS) {
        startedAtMs = nowMs;
        count = 0;
      }
      count += requests;
      return {
        count,
        resetSeconds: Math.max(1, Math.ceil((startedAtMs + WINDOW_MS - nowMs) / 1000)),
      };
    },
  };
}
