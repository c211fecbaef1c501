import * as z from 'zod/mini';
import { labelFaults, PRINTABLE_ASCII } from './label.ts';

/** A text that goes into headers and log lines: 1 to `max` printable ASCII characters. */
export function label(max: number) {
  const faults = labelFaults(max);
  return z
    .string({ error: faults.noText })
    .check(
      z.regex(PRINTABLE_ASCII, { error: faults.pattern }),
      z.minLength(1, { error: faults.empty }),
      z.maxLength(max, { error: faults.tooLong }),
    );
}
