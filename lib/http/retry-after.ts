/** A year. Longer waits overflow timers and dates. */
const MAX_WAIT_MS = 365 * 24 * 3_600_000;

/**
 * The wait that a `Retry-After` header names, in milliseconds: a number of seconds or an HTTP date
 * (RFC 9110, section 10.2.3). `undefined` where there is no header or it is neither.
 */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim();
  if (!text) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Number(text) * 1_000, MAX_WAIT_MS);
  // Date.parse alone would take "-5" or "2" for a year.
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.min(Math.max(0, dateMs - nowMs), MAX_WAIT_MS);
}
