import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The part of JSON Schema that the definitions here use. */
export interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  enum?: readonly string[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  [keyword: string]: unknown;
}

const INTERFACE = /export interface (\w+) \{ ?\n(.*?)\n\t\}/gs;
const PROPERTY = /"([^"]+)"(\??): ([^;]+);/g;
/** How the platform names its times; all of them are RFC 3339. */
const IS_TIME = /(Time|Date|^date[A-Z]\w*|Speech(Start|End))$/;
const IS_NO_TIME = new Set(['dateHire', 'dateStart', 'dateEnd', 'callableTimeColumnName']);

/**
 * The types of the vendor's SDK as JSON Schemas: which properties each has, of what type, and which
 * are required. The SDK's declarations are generated and regular, so that two patterns read them.
 */
export function readSdkDefinitions(): Record<string, Schema> {
  const sdk = dirname(
    createRequire(import.meta.url).resolve('purecloud-platform-client-v2/package.json'),
  );
  const declarations = readFileSync(join(sdk, 'index.d.ts'), 'utf8');
  const definitions: Record<string, Schema> = {};
  for (const [, name = '', body = ''] of declarations.matchAll(INTERFACE)) {
    // A name that is declared twice means the first one; the others are nested in namespaces.
    definitions[name] ??= readInterface(body);
  }
  // A few types are referred to and not declared; nothing is known of their properties.
  for (const [, name = ''] of declarations.matchAll(/Models\.(\w+)/g)) {
    definitions[name] ??= { type: 'object' };
  }
  return definitions;
}

function readInterface(body: string): Schema {
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  for (const [, name = '', optional, type = ''] of body.matchAll(PROPERTY)) {
    properties[name] = readType(type, name);
    if (optional === '') required.push(name);
  }
  return { type: 'object', properties, ...(required.length > 0 ? { required } : {}) };
}

function readType(type: string, property: string): Schema {
  const item = /^Array<(.*)>$/.exec(type)?.[1];
  if (item !== undefined) return { type: 'array', items: readType(item, property) };
  const reference = /^Models\.(\w+)$/.exec(type)?.[1];
  if (reference !== undefined) return { $ref: `#/definitions/${reference}` };
  if (type === 'string' && IS_TIME.test(property) && !IS_NO_TIME.has(property)) {
    return { type, format: 'date-time' };
  }
  if (type === 'string' || type === 'number' || type === 'boolean') return { type };
  return { type: 'object' };
}
