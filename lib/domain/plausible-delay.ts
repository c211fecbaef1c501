/** Waits of five minutes and more are not believed: the platform counts per minute, and headers have been seen in milliseconds and in epoch seconds. */
export const LONGEST_PLAUSIBLE_MS = 5 * 60_000;
/** The wait in place of one that is not believed. Also the interval of the probing requests then. */
export const IMPLAUSIBLE_WAIT_MS = 60_000;

/** The wait that a header names, in milliseconds, or a minute if it cannot be meant. */
export function plausibleDelayMs(delayMs: number): number {
  return delayMs < LONGEST_PLAUSIBLE_MS ? Math.max(0, delayMs) : IMPLAUSIBLE_WAIT_MS;
}
