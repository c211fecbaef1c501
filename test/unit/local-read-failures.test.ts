import { describe, expect, test } from '@jest/globals';
import { readFailures } from '../../local/event-source-mapping/read-failures.ts';

const batch = ['m1', 'm2'];

describe('the whole batch has succeeded', () => {
  test.each([
    ['nothing', undefined],
    ['null', null],
    ['an empty object', {}],
    ['an empty list', { batchItemFailures: [] }],
    ['a null list', { batchItemFailures: null }],
  ])('where the response is %s', (_name, response) => {
    expect(readFailures(response, batch)).toEqual({ all: false, ids: new Set() });
  });
});

test('the messages that are named have failed, and no others', () => {
  const response = { batchItemFailures: [{ itemIdentifier: 'm2' }] };

  expect(readFailures(response, batch)).toEqual({ all: false, ids: new Set(['m2']) });
});

describe('the whole batch has failed', () => {
  test.each([
    ['a text', 'done'],
    ['a list', []],
    ['an object with another key', { failures: [] }],
    ['an object whose list is a string', { batchItemFailures: 'm1' }],
    ['a failure with an empty id', { batchItemFailures: [{ itemIdentifier: '' }] }],
    ['a failure with a null id', { batchItemFailures: [{ itemIdentifier: null }] }],
    ['a failure with another key', { batchItemFailures: [{ id: 'm1' }] }],
    ['a null failure', { batchItemFailures: [null] }],
    [
      'a failure of a message that was not in it',
      { batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm3' }] },
    ],
  ])('where the response is %s', (_name, response) => {
    expect(readFailures(response, batch)).toMatchObject({ all: true });
  });
});
