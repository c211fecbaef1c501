import type { JsonObject } from './json-schema.ts';
import { reference } from './reference.ts';

/**
 * Moves parts of the named schemas into named schemas of their own, because client generators otherwise
 * invent a name for each inline object and enumeration. A description stays where the part was.
 * @param names the new name of each part, by its path from the schemas; inner parts come first
 * @throws Error if there is no such part, or if two parts with one name differ
 */
export function nameParts(schemas: JsonObject, names: Record<string, string>): void {
  for (const [path, name] of Object.entries(names)) {
    const steps = path.split('/');
    const key = steps.pop() ?? '';
    const parent = steps.reduce<JsonObject | undefined>(
      (place, step) => place?.[step] as JsonObject | undefined,
      schemas,
    );
    const part = parent?.[key] as JsonObject | undefined;
    if (!parent || !part) throw new Error(`there is no ${path}`);
    const { description, ...schema } = part;
    const known = schemas[name];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
      throw new Error(`${path} differs from the other ${name}`);
    }
    schemas[name] = schema;
    parent[key] = { ...reference(name), ...(description === undefined ? {} : { description }) };
  }
}
