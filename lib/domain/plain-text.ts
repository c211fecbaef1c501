/** A text as it reads without its escapes and separators, in lower case. */
export interface PlainText {
  text: string;
  /** Where each of its characters begins and ends in the original. */
  starts: number[];
  ends: number[];
}

/**
 * Escapes of URLs, JSON, JavaScript and HTML, also escaped again, and a backslash before any other
 * character. `\n`, `\r` and `\t` are separators. Repetitions are bounded, so that the time to search a text
 * grows no faster than its length.
 */
const ESCAPES =
  /%(?:25){0,4}(?<url>[0-9a-f]{2})|\\{1,8}(?:u00(?<json>[0-9a-f]{2})|x(?<script>[0-9a-f]{2})|(?<separator>[nrt])|(?<escaped>[\ud800-\udbff][\udc00-\udfff]|[^\\]))|&(?:amp;){0,4}(?:#x0{0,6}(?<hex>[0-9a-f]{1,2})|#0{0,6}(?<decimal>\d{1,3})|(?<name>amp|lt|gt|quot|apos));/gi;

const HTML_NAMES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** White space, control characters, and characters that are not visible. */
const SEPARATOR = /[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;
const SEPARATORS = new RegExp(`${SEPARATOR.source}+`, 'gu');

/** Whether a text can read differently without escapes and separators. */
export function isDisguised(text: string): boolean {
  return /[\\%&]/.test(text) || SEPARATOR.test(text);
}

/** Escapes of escapes, of which more layers have not been seen. */
const MOST_LAYERS = 3;

/** Resolves escapes, whatever wrote them, and leaves out what separates characters. */
export function toPlainText(original: string): PlainText {
  let plain = locateOnce(original);
  for (let layers = 1; layers < MOST_LAYERS; layers += 1) {
    const { starts, ends } = plain;
    const next = locateOnce(plain.text);
    if (next.text === plain.text) return plain;
    plain = {
      text: next.text,
      starts: next.starts.map((at) => starts[at] ?? 0),
      ends: next.ends.map((at) => ends[at - 1] ?? 0),
    };
  }
  return plain;
}

/** The text of `toPlainText` alone, many times as fast: most texts of others contain no secret to locate. */
export function plainTextOf(original: string): string {
  let text = resolveOnce(original);
  for (let layers = 1; layers < MOST_LAYERS; layers += 1) {
    const next = resolveOnce(text);
    if (next === text) return text;
    text = next;
  }
  return text;
}

function resolveOnce(original: string): string {
  return original
    .replace(ESCAPES, (...match) => readEscape(match.at(-1)))
    .replace(SEPARATORS, '')
    .replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function locateOnce(original: string): PlainText {
  const plain: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const add = (character: string, start: number, end: number) => {
    if (SEPARATOR.test(character)) return;
    plain.push(character >= 'A' && character <= 'Z' ? character.toLowerCase() : character);
    // A character outside the basic plane has two code units.
    for (let unit = 0; unit < character.length; unit += 1) {
      starts.push(start);
      ends.push(end);
    }
  };
  const addAsItIs = (from: number, to: number) => {
    let at = from;
    for (const character of original.slice(from, to)) {
      add(character, at, at + character.length);
      at += character.length;
    }
  };
  let end = 0;
  for (const match of original.matchAll(ESCAPES)) {
    addAsItIs(end, match.index);
    end = match.index + match[0].length;
    add(readEscape(match.groups ?? {}), match.index, end);
  }
  addAsItIs(end, original.length);
  return { text: plain.join(''), starts, ends };
}

function readEscape(found: Record<string, string | undefined>): string {
  const { url, json, script, hex, decimal, name, separator, escaped = '' } = found;
  const code = url ?? json ?? script ?? hex;
  if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
  if (decimal !== undefined) return String.fromCharCode(Number(decimal));
  if (name !== undefined) return HTML_NAMES[name.toLowerCase()] ?? '';
  if (separator === undefined) return escaped;
  // `\N` is a letter: the expression ignores case, JSON does not.
  return /[NRT]/.test(separator) ? separator : ' ';
}
