import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { CODES } from '../../lib/domain/codes.ts';

const page = readFileSync(new URL('../../docs/results-and-codes.md', import.meta.url), 'utf8');

describe('docs/results-and-codes.md', () => {
  test.each(Object.entries(CODES))(
    'lists %s with its cause and remedy',
    (code, { cause, remedy }) => {
      expect(page).toContain(`| \`${code}\` | ${cause} | ${remedy} |`);
    },
  );

  test('lists no code that does not exist', () => {
    const listed = [...page.matchAll(/^\| `([A-Z_]+)` \| [A-Z].*\.\s\|$/gm)].map(
      ([, code]) => code,
    );
    expect(listed.toSorted()).toEqual(Object.keys(CODES).toSorted());
  });
});
