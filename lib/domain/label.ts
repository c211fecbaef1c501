import * as z from 'zod/mini';

/** A text that goes into headers and log lines: 1 to `max` printable ASCII characters. */
export const label = (max: number) =>
  z
    .string({ error: 'must be a string' })
    .check(
      z.regex(/^[\x20-\x7e]*$/, { error: 'must be printable ASCII' }),
      z.minLength(1, { error: 'must not be empty' }),
      z.maxLength(max, { error: `must be at most ${max} characters` }),
    );
