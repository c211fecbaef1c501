/** Longer waits are implausible: the platform counts per minute, and headers have been seen in milliseconds and in epoch seconds. */
export const LONGEST_PLAUSIBLE_MS = 5 * 60_000;
/** Replaces an implausible wait. Also the interval between probing requests. */
export const IMPLAUSIBLE_WAIT_MS = 60_000;

/** The wait that a header names, in milliseconds, or one minute if it is implausible. */
export function plausibleDelayMs(delayMs: number): number {
  return delayMs <= LONGEST_PLAUSIBLE_MS ? Math.max(0, delayMs) : IMPLAUSIBLE_WAIT_MS;
}
