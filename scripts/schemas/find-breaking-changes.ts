import type { JsonObject } from './json-schema.ts';

/** Sender of a document: callers (`request`), the service (`result`), or either (`both`). */
export type Direction = 'request' | 'result' | 'both';

interface Comparison {
  /** The whole documents, in which references are looked up. */
  before: JsonObject;
  after: JsonObject;
  direction: Direction;
  changes: string[];
  /** References being compared, so that recursive schemas end. */
  seen: Set<string>;
}

const FIXED_KEYWORDS = ['type', 'format', 'pattern', 'const'];
const UPPER_LIMITS = ['maximum', 'maxLength', 'maxItems'];
const LOWER_LIMITS = ['minimum', 'minLength', 'minItems'];
const COMBINATIONS = ['oneOf', 'anyOf', 'allOf'];
/** Maps whose entries must not be removed, because clients use them. */
const NAMED_PARTS = ['properties', 'paths', 'responses', 'content', '$defs', 'schemas'];
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const SINGLE_PARTS = ['items', 'additionalProperties', 'schema', 'requestBody', 'components'];

/**
 * Compares two versions of a JSON Schema or an OpenAPI document.
 * @returns the changes that break a sender or a receiver, each with a JSON Pointer; docs/releasing.md
 *   has the rules
 */
export function findBreakingChanges(
  before: JsonObject,
  after: JsonObject,
  direction: Direction,
): string[] {
  const changes: string[] = [];
  compare(before, after, '', { before, after, direction, changes, seen: new Set() });
  return changes;
}

function compare(old: unknown, now: unknown, at: string, comparison: Comparison): void {
  if (!isObject(old) || !isObject(now)) return;
  const reference = `${old.$ref} ${now.$ref}`;
  if (old.$ref !== undefined || now.$ref !== undefined) {
    if (comparison.seen.has(reference)) return;
    comparison.seen.add(reference);
    compare(resolve(old, comparison.before), resolve(now, comparison.after), at, comparison);
    comparison.seen.delete(reference);
    return;
  }
  compareValues(old, now, at, comparison);
  compareLimits(old, now, at, comparison);
  for (const part of NAMED_PARTS) compareNamed(old[part], now[part], `${at}/${part}`, comparison);
  const methods = METHODS.filter((method) => isObject(old[method]));
  compareNamed(pick(old, methods), pick(now, methods), at, comparison);
  for (const part of SINGLE_PARTS) compare(old[part], now[part], `${at}/${part}`, comparison);
  for (const part of COMBINATIONS) compareNamed(old[part], now[part], `${at}/${part}`, comparison);
}

function compareValues(old: JsonObject, now: JsonObject, at: string, comparison: Comparison): void {
  const { changes, direction } = comparison;
  for (const keyword of FIXED_KEYWORDS) {
    const isGone = old[keyword] !== undefined && now[keyword] === undefined;
    const isNew = old[keyword] === undefined && now[keyword] !== undefined;
    if (isGone && direction === 'request') continue;
    if (isNew && direction === 'result') continue;
    if (JSON.stringify(old[keyword]) !== JSON.stringify(now[keyword])) {
      changes.push(`${at}: ${keyword} has changed`);
    }
  }
  if (direction !== 'result' && Array.isArray(old.enum) && Array.isArray(now.enum)) {
    const left = now.enum;
    for (const value of old.enum.filter((one) => !left.includes(one))) {
      changes.push(`${at}: the value ${value} is gone`);
    }
  }
  compareRequired(old, now, at, comparison);
}

function compareRequired(
  old: JsonObject,
  now: JsonObject,
  at: string,
  { changes, direction }: Comparison,
): void {
  const required = (schema: JsonObject) => (Array.isArray(schema.required) ? schema.required : []);
  if (direction !== 'result') {
    for (const name of required(now).filter((one) => !required(old).includes(one))) {
      changes.push(`${at}: ${name} has become required`);
    }
  }
  if (direction !== 'request') {
    for (const name of required(old).filter((one) => !required(now).includes(one))) {
      changes.push(`${at}: ${name} is no longer required`);
    }
  }
}

function compareLimits(old: JsonObject, now: JsonObject, at: string, comparison: Comparison): void {
  if (comparison.direction === 'result') return;
  const limits = [
    ...UPPER_LIMITS.map((keyword) => ({ keyword, sign: 1, open: Number.POSITIVE_INFINITY })),
    ...LOWER_LIMITS.map((keyword) => ({ keyword, sign: -1, open: Number.NEGATIVE_INFINITY })),
  ];
  for (const { keyword, sign, open } of limits) {
    const limitOf = (schema: JsonObject) => sign * Number(schema[keyword] ?? open);
    if (limitOf(now) < limitOf(old)) comparison.changes.push(`${at}: ${keyword} is narrower`);
  }
}

function compareNamed(old: unknown, now: unknown, at: string, comparison: Comparison): void {
  if (typeof old !== 'object' || old === null) return;
  const parts = typeof now === 'object' && now !== null ? (now as JsonObject) : {};
  for (const [name, part] of Object.entries(old)) {
    const pointer = `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (Object.hasOwn(parts, name)) compare(part, parts[name], pointer, comparison);
    else comparison.changes.push(`${pointer} is gone`);
  }
}

function resolve(schema: JsonObject, document: JsonObject): unknown {
  if (typeof schema.$ref !== 'string') return schema;
  return schema.$ref
    .split('/')
    .slice(1)
    .reduce<unknown>((part, name) => (isObject(part) ? part[name] : undefined), document);
}

const pick = (from: JsonObject, names: string[]) =>
  Object.fromEntries(names.flatMap((name) => (name in from ? [[name, from[name]]] : [])));

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
