import { explain, type Letter } from './read-letter.ts';

/** Control characters, line separators, and the marks that reverse the direction of text. */
const HARMFUL = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

type Column = readonly [title: string, of: (letter: Letter) => string];

const columns = (nowMs: number): Column[] => [
  ['ID', ({ id }) => id.slice(0, 8)],
  ['AGE', (letter) => age(nowMs - (Date.parse(letter.lastReceivedAt) || letter.sentAtMs))],
  ['REASON', ({ reason }) => reason],
  ['TRIES', ({ tries }) => String(tries)],
  ['REQUEST', ({ requestId }) => requestId],
  ['CONVERSATION', ({ conversationId }) => conversationId],
  ['DETAIL', ({ detail }) => detail],
];

/** A table of dead letters, then what each reason that occurs means and what to do about it. */
export function renderLetters(letters: readonly Letter[], nowMs: number, width: number): string {
  const table = columns(nowMs);
  const cells = letters.map((letter) => table.map(([, of]) => oneLine(of(letter)) || '-'));
  const rows = [table.map(([title]) => title), ...cells];
  const widths = table.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    cut(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
      width,
    ),
  );
  const reasons = [...new Set(letters.map(({ reason }) => reason))].sort();
  return [...lines, '', ...reasons.map(renderReason)].join('\n');
}

function renderReason(reason: string): string {
  const meaning = explain(reason);
  if (!meaning) return `${reason}: this version does not know the reason.`;
  return `${reason}: ${meaning.cause}\n  Do: ${meaning.remedy}`;
}

/** All that is known of one dead letter. */
export function renderLetter(letter: Letter, nowMs: number): string {
  const meaning = explain(letter.reason);
  const { deadlineMs } = letter;
  const facts: [string, string | undefined][] = [
    ['message', letter.id],
    ['queue', letter.queue],
    ['request', letter.requestId],
    ['correlation', letter.correlationId],
    ['conversation', letter.conversationId],
    ['event', letter.eventId],
    ['reason', letter.reason],
    ['detail', letter.detail],
    ['cause', meaning?.cause],
    ['remedy', meaning?.remedy],
    ['tries', String(letter.tries)],
    ['first try', letter.firstReceivedAt],
    ['last try', letter.lastReceivedAt],
    ['last status', letter.lastStatus],
    ['last error', letter.lastError === letter.detail ? undefined : letter.lastError],
    ['redriven', letter.redrive > 0 ? String(letter.redrive) : undefined],
    [
      'deadline',
      deadlineMs === undefined
        ? undefined
        : `${new Date(deadlineMs).toISOString()}${deadlineMs < nowMs ? ' (past: a redrive gives a new one)' : ''}`,
    ],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value ? [`${name.padEnd(13)} ${escapeControls(value)}`] : [],
  );
  return `${lines.join('\n')}\n\n${pretty(letter.body)}`;
}

function age(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  if (minutes < 1) return '<1m';
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}

/** The content of a message must not control the terminal. */
function oneLine(text: string): string {
  return text.replaceAll(HARMFUL, ' ').replaceAll(/ +/g, ' ').trim();
}

function cut(line: string, width: number): string {
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
}

function pretty(body: string): string {
  try {
    // JSON escapes C0 controls, but not DEL and C1.
    return escapeControls(JSON.stringify(JSON.parse(body), null, 2), '\n');
  } catch {
    return escapeControls(body);
  }
}

/** Shows control characters as `\\u009b`: neither lost nor carried out by the terminal. */
function escapeControls(text: string, except = ''): string {
  return text.replaceAll(HARMFUL, (character) =>
    except.includes(character)
      ? character
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
