/** The platform's counters of its current window, in every response (docs/genesys.md, "Rate limits"). */
export interface RateLimit {
  /** Requests counted so far. */
  count: number | undefined;
  /** Requests allowed in a window. */
  allowed: number | undefined;
  /** Seconds until the window ends. */
  resetSeconds: number | undefined;
}

/** @param headers names in lower case; a value that is not a number counts as absent */
export function readRateLimit(headers: Record<string, string>): RateLimit {
  return {
    count: toNumber(headers['inin-ratelimit-count']),
    allowed: toNumber(headers['inin-ratelimit-allowed']),
    resetSeconds: toNumber(headers['inin-ratelimit-reset']),
  };
}

/** DynamoDB cannot store every number: larger and smaller ones count as absent. */
function toNumber(text = ''): number | undefined {
  const trimmed = text.trim();
  return /^\d{1,15}(\.\d{1,9})?$/.test(trimmed) ? Number(trimmed) : undefined;
}
