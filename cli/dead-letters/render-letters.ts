import { explain, type Letter } from './read-letter.ts';

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
        : `${new Date(deadlineMs).toISOString()}${deadlineMs < nowMs ? ' (past: a redrive ends as EXPIRED without --deadline-seconds)' : ''}`,
    ],
  ];
  const lines = facts.flatMap(([name, value]) => (value ? [`${name.padEnd(13)} ${value}`] : []));
  return `${lines.join('\n')}\n\n${pretty(letter.body)}`;
}

function age(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  if (minutes < 1) return '<1m';
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}

/** Whatever a message holds, it must not move a terminal's cursor. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to be replaced
  return text.replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').trim();
}

function cut(line: string, width: number): string {
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: all but line breaks and tabs
    return body.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, ' ');
  }
}
