// Lenient readers for documents of Genesys Cloud: an odd field or entry must not hide the good ones. A
// schema that accepts everything would say no more (docs/decisions/libraries-first.md).

/** A JSON object's fields, each of any type. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * What a text says in JSON; `undefined` where it is none, such as a gateway's HTML. A byte order mark is
 * ignored, as in HTTP bodies.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch {
    return undefined;
  }
}

/** A JSON object, or nothing where there is something else. */
export function asObject(value: unknown): Fields | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Fields) : undefined;
}

/** A text, or nothing where there is something else. */
export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The objects in a list, without the entries that are none (null, say); nothing where it is no list. */
export function asArray(value: unknown): Fields[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.map(asObject).filter((entry) => entry !== undefined);
}
