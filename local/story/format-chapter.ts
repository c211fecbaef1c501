import { stripVTControlCharacters, styleText } from 'node:util';
import type { Chapter } from './chapter.ts';

/** Everything the local system prints fits into a terminal of this width. */
export const TERMINAL_COLUMNS = 80;

const TIME_WIDTH = 10;
const ID_WIDTH = 8;
const WHAT_WIDTH = 10;
const TEXT_COLUMN = TIME_WIDTH + ID_WIDTH + WHAT_WIDTH + 3;

type Colour = Parameters<typeof styleText>[0];

const COLOURS: Record<string, Colour> = {
  ERROR: 'red',
  warning: 'yellow',
  refused: 'yellow',
  deferred: 'yellow',
  failed: 'red',
  expired: 'red',
  cancelled: 'yellow',
  replayed: 'magenta',
  added: 'green',
  delivered: 'green',
  rang: 'cyan',
};

/**
 * `18:02:11.1 3f2a9c41 accepted  3 people for the platform call`, wrapped at 80 columns. The second
 * word is the start of the request id.
 * @param colours whether the output is a terminal that shows them
 */
export function formatChapter(chapter: Chapter, colours = false): string {
  const { atMs, what, requestId = '' } = chapter;
  const time = new Date(atMs).toISOString().slice(11, 11 + TIME_WIDTH);
  const paint = (colour: Colour | undefined, text: string) =>
    colours && colour !== undefined ? styleText(colour, text, { validateStream: false }) : text;
  const [first = '', ...rest] = wrap(oneLine(chapter.text), TERMINAL_COLUMNS - TEXT_COLUMN);
  const head = [
    paint('dim', time),
    paint('dim', requestId.slice(0, ID_WIDTH).padEnd(ID_WIDTH)),
    paint(COLOURS[what], what.padEnd(WHAT_WIDTH)),
    first,
  ].join(' ');
  return [head.trimEnd(), ...rest.map((line) => ' '.repeat(TEXT_COLUMN) + line)].join('\n');
}

/** Breaks a text between words, and inside a word that is longer than a line. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    while (word.length > width) {
      lines.push(word.slice(0, width));
      word = word.slice(width);
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Text from elsewhere must not move the cursor. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to be replaced
  return stripVTControlCharacters(text).replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ');
}

/** Whether a stream shows colours. `NO_COLOR` (no-color.org) turns them off. */
export function showsColours(
  stream: { isTTY?: boolean },
  environment: Record<string, string | undefined>,
): boolean {
  return stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';
}
