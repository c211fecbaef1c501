import { parseRetryAfter } from '../../http/retry-after.ts';
import type { HttpResponse } from '../../http/send-http.ts';
import { readRateLimit } from '../pace/rate-limit-headers.ts';

/** No response stops calls for longer. After that, one call probes. */
export const MAX_NAMED_DELAY_MS = 5 * 60_000;

/** A delay in seconds above this is implausible; read as milliseconds it may be plausible. */
const IMPLAUSIBLE_SECONDS = 10_000;
/** 2001: from here on a number of seconds is a time, not a delay. */
const EPOCH_SECONDS = 1e9;
const EPOCH_MILLISECONDS = 1e12;

/**
 * The delay that a response names, in milliseconds, at most five minutes: `Retry-After`; for a 429
 * without it the text of the message, or the end of the window if the headers say that it is used up.
 * `Retry-After` has been seen in milliseconds and as a time in epoch seconds; both are understood.
 * @param said the vendor's message
 */
export function namedDelayMs(
  { status, headers }: HttpResponse,
  said: string | undefined,
  nowMs: number,
): number | undefined {
  const seconds = secondsOf(headers['retry-after']);
  const headerMs =
    seconds === undefined
      ? parseRetryAfter(headers['retry-after'], nowMs)
      : fromSeconds(seconds, nowMs);
  const delayMs =
    headerMs ?? (status === 429 ? (fromText(said) ?? untilReset(headers)) : undefined);
  return delayMs === undefined ? undefined : Math.min(Math.max(0, delayMs), MAX_NAMED_DELAY_MS);
}

function secondsOf(header: string | undefined): number | undefined {
  const text = header?.trim() ?? '';
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

function fromSeconds(seconds: number, nowMs: number): number {
  if (seconds >= EPOCH_MILLISECONDS) return seconds - nowMs;
  if (seconds >= EPOCH_SECONDS) return seconds * 1000 - nowMs;
  return seconds >= IMPLAUSIBLE_SECONDS ? seconds : seconds * 1000;
}

/** `Retry the request in [42] seconds` */
function fromText(said: string | undefined): number | undefined {
  const [, seconds] =
    /\b(?:in|after|for) \[?(\d{1,6})\]? ?(?:s|secs?|seconds?)\b/i.exec(said ?? '') ?? [];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

function untilReset(headers: Record<string, string>): number | undefined {
  const { count, allowed, resetSeconds } = readRateLimit(headers);
  const usedUp = count !== undefined && allowed !== undefined && count >= allowed;
  return usedUp && resetSeconds !== undefined ? resetSeconds * 1000 : undefined;
}
