import * as z from 'zod/mini';

/** A UUID of any version. Lower case inside, because ids are compared. */
export const uuid = z.pipe(
  z.guid({ error: 'must be a UUID' }),
  z.transform((id: string) => id.toLowerCase()),
);
