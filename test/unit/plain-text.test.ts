import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { plainTextOf, toPlainText } from '../../lib/domain/plain-text.ts';

const PIECES = [
  ...[
    'a',
    'B',
    'É',
    '7',
    ' ',
    '\n',
    '\u200b',
    '\ud83d\ude00',
    '\ud83d',
    '\u{e0020}',
    '\ufe0f',
    '%',
    '\\',
    '&',
    '"',
  ],
  ...['%41', '%2541', '%20', '\\u0041', '\\\\u0041', '\\x41', '\\n', '\\"', '&amp;', '&#x41;'],
  ...['&#65;', '&amp;quot;', '&#32;', '&#65', '&nbsp;', '%u0041', '\\u{41}', '%E2%80%8B', '%c2%a0'],
];

describe('a text without its escapes and separators', () => {
  test('is the same whether its characters are located or not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 3 }))),
        (pieces) => {
          const text = pieces.join('');
          expect(plainTextOf(text)).toBe(toPlainText(text).text);
        },
      ),
    );
  });

  test.each([
    ['%61%2562&#x63;\\u0064 E\u200b&amp;amp;', 'abcde&'],
    ['\\\\n\\t x', 'x'],
    ['plain', 'plain'],
    ['\\N\\T\\n\\R', 'ntr'],
    ['t\u{e0020}a\u{e0041}g\\\u{e0020}s\ufe0f\u{1d173}', 'tags'],
  ])('%j reads as %j', (text, plain) => {
    expect(plainTextOf(text)).toBe(plain);
  });

  test('has the place of each character in the original', () => {
    expect(toPlainText('a%42 c')).toEqual({ text: 'abc', starts: [0, 1, 5], ends: [1, 4, 6] });
  });
});
