// Lenient readers for documents of Genesys Cloud: a malformed field must not hide the valid ones. A
// schema that accepts everything would be no better (docs/decisions/libraries-first.md).

/** A JSON object's fields, each of any type. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Parses JSON. `undefined` if the text is not JSON, such as a gateway's HTML. A byte order mark is ignored, as
 * in HTTP bodies.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch {
    return undefined;
  }
}

/** The value, if it is a JSON object. */
export function asObject(value: unknown): Fields | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Fields) : undefined;
}

/** The value, if it is a string. An empty string counts as absent. */
export function asString(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The objects in a list, without other entries such as null. Empty if the value is not a list. */
export function asArray(value: unknown): Fields[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.map(asObject).filter((entry) => entry !== undefined);
}
