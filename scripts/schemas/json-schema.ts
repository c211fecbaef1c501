import * as z from 'zod/mini';

/** Documents are plain JSON. */
export type JsonObject = { [key: string]: unknown };

/**
 * JSON Schema (2020-12) of a zod schema's input. It allows unknown fields, because fields of a later
 * version must not fail a check against this one.
 */
export function toJsonSchema(schema: z.core.$ZodType): JsonObject {
  return z.toJSONSchema(schema, {
    io: 'input',
    override({ jsonSchema }) {
      // Drop the date pattern and the limits of safe integers, which do not help a reader.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  }) as JsonObject;
}

/** Adds descriptions to a schema's properties, by the path of their names. @throws Error on a path that is not there */
export function describeProperties(
  schema: JsonObject,
  descriptions: Record<string, string>,
): JsonObject {
  for (const [path, description] of Object.entries(descriptions)) {
    let place = schema;
    for (const name of path.split('.')) {
      const within = (name === '[]' ? place.items : (place.properties as JsonObject)?.[name]) as
        | JsonObject
        | undefined;
      if (!within) throw new Error(`the schema has no property ${path}`);
      place = within;
    }
    place.description = description;
  }
  return schema;
}
