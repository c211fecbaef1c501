import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  type Direction,
  findBreakingChanges,
} from '../../scripts/schemas/find-breaking-changes.ts';
import type { JsonObject } from '../../scripts/schemas/json-schema.ts';

const schemas = new URL('../../schemas/', import.meta.url);
const read = (path: string) =>
  JSON.parse(readFileSync(new URL(path, schemas), 'utf8')) as JsonObject;

const DIRECTIONS: Record<string, Direction> = {
  'request-message.schema.json': 'request',
  'audit-event.schema.json': 'result',
  'openapi.json': 'both',
};

const parts = (version: string) => version.split('.').map(Number) as [number, number, number];
const byVersion = (a: string, b: string) =>
  parts(a)
    .map((part, index) => part - (parts(b)[index] ?? 0))
    .find((difference) => difference !== 0) ?? 0;

/** Whether a version may break what an earlier one promised: a new major, or a new minor before 1.0. */
const mayBreak = (version: string, released: string) =>
  parts(version)[0] > parts(released)[0] ||
  (parts(version)[0] === 0 && parts(released)[0] === 0 && parts(version)[1] > parts(released)[1]);

describe('the published schemas against those of the last release', () => {
  const released = readdirSync(new URL('released/', schemas)).sort(byVersion).at(-1) ?? '';
  const { version } = read('../package.json') as { version: string };

  test.each(Object.entries(DIRECTIONS))(
    '%s breaks nothing, or the version says so',
    (file, direction) => {
      const changes = findBreakingChanges(
        read(`released/${released}/${file}`),
        read(file),
        direction,
      );
      // Raise the version in package.json if the change is meant (docs/releasing.md).
      expect({ version, changes: mayBreak(version, released) ? [] : changes }).toEqual({
        version,
        changes: [],
      });
    },
  );

  test.each([
    ['0.1.0', '0.1.1', false],
    ['0.1.0', '0.2.0', true],
    ['0.2.0', '1.0.0', true],
    ['1.0.0', '1.1.0', false],
    ['1.1.0', '2.0.0', true],
  ])('after %s, version %s may break something: %s', (last, next, expected) => {
    expect(mayBreak(next, last)).toBe(expected);
  });
});

describe('a change of a schema', () => {
  const object = (properties: JsonObject, required: string[] = []) => ({
    type: 'object',
    properties,
    required,
  });
  const text = { type: 'string' };
  const changes: [string, JsonObject, JsonObject, request: string[], result: string[]][] = [
    ['an added property', object({}), object({ a: text }), [], []],
    [
      'a removed property',
      object({ a: text }),
      object({}),
      ['/properties/a is gone'],
      ['/properties/a is gone'],
    ],
    [
      'another type',
      object({ a: text }),
      object({ a: { type: 'integer' } }),
      ['/properties/a: type has changed'],
      ['/properties/a: type has changed'],
    ],
    ['a removed value', { enum: ['a', 'b'] }, { enum: ['a'] }, [': the value b is gone'], []],
    ['an added value', { enum: ['a'] }, { enum: ['a', 'b'] }, [], []],
    [
      'a newly required property',
      object({ a: text }),
      object({ a: text }, ['a']),
      [': a has become required'],
      [],
    ],
    [
      'a property that is no longer required',
      object({ a: text }, ['a']),
      object({ a: text }),
      [],
      [': a is no longer required'],
    ],
    ['a lower maximum', { maxItems: 20 }, { maxItems: 10 }, [': maxItems is narrower'], []],
    ['a higher minimum', { minimum: 1 }, { minimum: 5 }, [': minimum is narrower'], []],
    ['a new limit', {}, { maxLength: 5 }, [': maxLength is narrower'], []],
    ['a wider limit', { maxItems: 20, minimum: 5 }, { minimum: 1 }, [], []],
    [
      'a removed method behind a path',
      { paths: { '/a': { get: { responses: {} }, post: {} } } },
      { paths: { '/a': { get: { responses: {} } } } },
      ['/paths/~1a/post is gone'],
      ['/paths/~1a/post is gone'],
    ],
    [
      'a change behind a reference',
      { $ref: '#/$defs/A', $defs: { A: object({ a: text, again: { $ref: '#/$defs/A' } }) } },
      { $ref: '#/$defs/B', $defs: { B: object({ again: { $ref: '#/$defs/B' } }) } },
      ['/properties/a is gone'],
      ['/properties/a is gone'],
    ],
  ];

  test.each(changes)('%s', (_, before, after, request, result) => {
    expect(findBreakingChanges(before, after, 'request')).toEqual(request);
    expect(findBreakingChanges(before, after, 'result')).toEqual(result);
    expect(findBreakingChanges(before, after, 'both').sort()).toEqual(
      [...new Set([...request, ...result])].sort(),
    );
  });

  test('an unchanged document has none', () => {
    for (const file of Object.keys(DIRECTIONS)) {
      expect(findBreakingChanges(read(file), read(file), 'both')).toEqual([]);
    }
  });
});
