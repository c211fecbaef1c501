import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { CODES } from '../../lib/domain/codes.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

describe('the README', () => {
  test.each(Object.entries(CODES))(
    'lists %s with its cause and remedy',
    (code, { cause, remedy }) => {
      expect(readme).toContain(`| \`${code}\` | ${cause} | ${remedy} |`);
    },
  );

  test('lists no code that does not exist', () => {
    const listed = [...readme.matchAll(/^\| `([A-Z_]+)` \| [A-Z].*\.\s\|$/gm)].map(
      ([, code]) => code,
    );
    expect(listed.toSorted()).toEqual(Object.keys(CODES).toSorted());
  });
});
