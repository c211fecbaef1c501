import * as z from 'zod/mini';

/** Longest texts that go into headers and log lines, in characters. */
export const MAX_LENGTH = { idempotencyKey: 255, correlationId: 128, requestedBy: 2_048 } as const;

/** A text that goes into headers and log lines: 1 to `max` printable ASCII characters. */
export function label(max: number) {
  return z
    .string({ error: 'must be a string' })
    .check(
      z.regex(/^[\x20-\x7e]*$/, { error: 'must be printable ASCII' }),
      z.minLength(1, { error: 'must not be empty' }),
      z.maxLength(max, { error: `must be at most ${max} characters` }),
    );
}
