import * as z from 'zod/mini';

// The platform's documents are read leniently: an odd field or entry must not hide the good ones.

/** A text, or nothing where there is something else. */
export const optionalText = z.catch(z.optional(z.string()), undefined);

/** A list without the entries that are none (null, say). */
export function entriesOf<Schema extends z.ZodMiniType>(entry: Schema) {
  return z.pipe(
    z.array(z.catch(z.nullable(entry), null)),
    z.transform((entries) => entries.filter((one) => one !== null)),
  );
}
