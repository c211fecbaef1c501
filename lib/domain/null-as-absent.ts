import * as z from 'zod/mini';

/** An optional field whose `null` means that it is absent. */
export const nullAsAbsent = <Schema extends z.ZodMiniType>(schema: Schema) =>
  z.optional(
    z.pipe(
      z.nullish(schema),
      z.transform((value: z.output<Schema> | null | undefined) => value ?? undefined),
    ),
  );

/** An optional flag that is false where it is absent or `null`. */
export const nullAsFalse = (error: string) =>
  z.pipe(
    z.nullish(z.boolean({ error })),
    z.transform((value: boolean | null | undefined) => value ?? false),
  );
