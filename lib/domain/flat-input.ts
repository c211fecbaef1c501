import * as z from 'zod/mini';

/**
 * Kinds of fields in the flat input of a data action. Architect cannot leave an input out: an empty
 * string and `null` mean that it is absent.
 */
const absent = (value: unknown) => value === '' || value === null || value === undefined;

/** A text as it stands. */
export const flatText = z.pipe(
  z.optional(z.unknown()),
  z.transform((value, ctx): string | undefined => {
    if (absent(value)) return undefined;
    if (typeof value === 'string') return value.trim();
    ctx.issues.push({ code: 'custom', input: value, message: 'must be a string' });
    return z.NEVER;
  }),
);

/** A number, or a text that is one. */
export const flatNumber = z.pipe(
  z.optional(z.unknown()),
  z.transform((value, ctx): number | undefined => {
    if (absent(value)) return undefined;
    const number = typeof value === 'string' ? Number(value) : value;
    if (typeof number === 'number' && Number.isFinite(number)) return number;
    ctx.issues.push({ code: 'custom', input: value, message: 'must be a number' });
    return z.NEVER;
  }),
);

/** A boolean, or the text `true` or `false`. */
export const flatFlag = z.pipe(
  z.optional(z.unknown()),
  z.transform((value, ctx): boolean | undefined => {
    if (absent(value)) return undefined;
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    ctx.issues.push({ code: 'custom', input: value, message: 'must be true or false' });
    return z.NEVER;
  }),
);

/** Entries separated by commas. */
export const flatList = z.pipe(
  flatText,
  z.transform((value: string | undefined) =>
    (value ?? '')
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
  ),
);
