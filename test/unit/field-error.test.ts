import { describe, expect, test } from '@jest/globals';
import { toFieldErrors } from '../../lib/domain/field-error.ts';

describe('a field error', () => {
  test('points with a JSON Pointer, its slashes and tildes escaped (RFC 6901)', () => {
    expect(toFieldErrors([{ path: ['a/b', 'c~d', 0, '~1', ''], message: 'is wrong' }])).toEqual([
      { pointer: '/a~1b/c~0d/0/~01/', detail: 'is wrong' },
    ]);
  });

  test('of the whole document has the empty pointer', () => {
    expect(toFieldErrors([{ message: 'is wrong' }])).toEqual([{ pointer: '', detail: 'is wrong' }]);
  });

  test('of unknown fields is one for each of them', () => {
    const issue = { code: 'unrecognized_keys', path: ['a'], keys: ['b', 'c'], message: 'unknown' };
    expect(toFieldErrors([issue]).map(({ pointer }) => pointer)).toEqual(['/a/b', '/a/c']);
  });
});
