/** Longest wait, so that API Gateway's own 30 s are never reached. */
export const MAX_WAIT_SECONDS = 20;

/**
 * Reads `wait` of a Prefer header (RFC 7240): whole seconds, at most `MAX_WAIT_SECONDS`. An
 * unreadable preference is ignored, and the first one of several counts (RFC 7240, section 2).
 */
export function readPreferWait(header: string | undefined): number | undefined {
  for (const preference of header?.split(',') ?? []) {
    const [name = '', value = ''] = (preference.split(';')[0] ?? '').split('=');
    if (name.trim().toLowerCase() !== 'wait') continue;
    const seconds = /^(?:(\d+)|"(\d+)")$/.exec(value.trim());
    return seconds ? toWaitSeconds(Number(seconds[1] ?? seconds[2])) : undefined;
  }
  return undefined;
}

/** @returns at most `MAX_WAIT_SECONDS`; nothing where there is nothing to wait for */
export function toWaitSeconds(seconds: number): number | undefined {
  return seconds >= 1 ? Math.min(seconds, MAX_WAIT_SECONDS) : undefined;
}
