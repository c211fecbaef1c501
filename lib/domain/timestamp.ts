import * as z from 'zod/mini';

/** An RFC 3339 time, read as milliseconds since the epoch. */
export const timestamp = z.pipe(
  z.iso.datetime({ offset: true, error: 'must be an RFC 3339 time' }),
  z.transform((time: string) => Date.parse(time)),
);
