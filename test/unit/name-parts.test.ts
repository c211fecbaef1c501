import { expect, test } from '@jest/globals';
import { nameParts } from '../../scripts/schemas/name-parts.ts';

const schemas = () => ({
  A: { properties: { x: { type: 'string', description: 'Of A.' }, y: { type: 'integer' } } },
  B: { properties: { x: { type: 'string' } } },
});
const PATHS = { x: 'A/properties/x', y: 'A/properties/y', other: 'B/properties/x' };

test('a named part leaves a reference, and its description, where it was', () => {
  const named = schemas();
  nameParts(named, { [PATHS.x]: 'Text', [PATHS.other]: 'Text' });
  const $ref = '#/components/schemas/Text';
  expect(named).toEqual({
    A: { properties: { x: { $ref, description: 'Of A.' }, y: { type: 'integer' } } },
    B: { properties: { x: { $ref } } },
    Text: { type: 'string' },
  });
});

test('two different parts cannot have one name', () => {
  expect(() => nameParts(schemas(), { [PATHS.x]: 'Text', [PATHS.y]: 'Text' })).toThrow(
    'A/properties/y differs from the other Text',
  );
});

test('a part that is not there is an error', () => {
  expect(() => nameParts(schemas(), { 'A/items/x': 'Text' })).toThrow('there is no A/items/x');
});
