import { expect, test } from '@jest/globals';
import { readLetter } from '../../cli/dead-letters/read-letter.ts';
import { renderLetter, renderLetters } from '../../cli/dead-letters/render-letters.ts';

const letterOf = (body: string, detail: string) =>
  readLetter('requests', {
    MessageId: 'message-1',
    Body: body,
    MessageAttributes: {
      reason: { DataType: 'String', StringValue: 'INVALID_MESSAGE' },
      detail: { DataType: 'String', StringValue: detail },
    },
    Attributes: { SentTimestamp: '0' },
  });

/** CSI as one character, DEL, escape, line break, carriage return, and a mark that reverses text. */
const HOSTILE = 'a\u009b2Jb\u007fc\u001b[Hd\ne\rf\u202eg';
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be printed
const CARRIED_OUT = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;

test.each([
  ['text', HOSTILE],
  ['JSON', JSON.stringify({ note: HOSTILE })],
])(
  'show prints control characters of foreign text escaped, in its fields and its body: %s',
  (_name, body) => {
    const shown = renderLetter(letterOf(body, HOSTILE), 0);

    expect(shown).not.toMatch(CARRIED_OUT);
    expect(shown).toContain('\\u009b2J');
    expect(shown).toContain('a\\u009b2Jb\\u007fc\\u001b[Hd\\u000ae\\u000df\\u202eg');
    expect(shown.split('\n').filter((line) => line.startsWith('e'))).toEqual([]);
  },
);

test('list prints each letter on one line', () => {
  const [, line = '', next] = renderLetters([letterOf('x', HOSTILE)], 0, 240).split('\n');

  expect(line).not.toMatch(CARRIED_OUT);
  expect(next).toBe('');
});
