import * as z from 'zod/mini';

/** The document itself (RFC 9457, with `errors` as an extension). */
export const problemDocument = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  errors: z.optional(
    z.array(
      z.object({
        pointer: z.string(),
        header: z.optional(z.string()),
        parameter: z.optional(z.string()),
        detail: z.string(),
      }),
    ),
  ),
});
export type ProblemDocument = z.output<typeof problemDocument>;
