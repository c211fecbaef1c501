/** A text as it reads without its escapes and separators, in lower case. */
export interface PlainText {
  text: string;
  /** Where each of its characters begins and ends in the original. */
  starts: number[];
  ends: number[];
}

/** Escapes of one kind. Repetitions are bounded, so that the time to search a text grows no faster than its length. */
const KINDS = [
  // Invisible characters in a URL, in UTF-8: spaces, soft hyphen, marks of no width, byte order mark.
  '%(?:25){0,4}(?<invisible>c2%(?:25){0,4}a[0d]|e2%(?:25){0,4}8[01]%(?:25){0,4}[8a][0-9a-f]|ef%(?:25){0,4}bb%(?:25){0,4}bf)',
  // URLs, and `%u0041` as older JavaScript writes it.
  '%(?:25){0,4}(?:u00)?(?<url>[0-9a-f]{2})',
  // JSON and JavaScript: `\u0041`, `\u{41}`, `\x41`. `\n`, `\r` and `\t` are separators.
  '\\\\{1,8}(?:u00(?<json>[0-9a-f]{2})|u\\{0{0,4}(?<point>[0-9a-f]{1,2})\\}|x(?<script>[0-9a-f]{2})|(?<separator>[nrt])|(?<escaped>[\ud800-\udbff][\udc00-\udfff]|[^\\\\]))',
  // HTML. Browsers accept most entities without the semicolon.
  '&(?:amp;?){0,4}(?:#x0{0,6}(?<hex>[0-9a-f]{1,2})|#0{0,6}(?<decimal>\\d{1,3})|(?<name>amp|lt|gt|quot|apos)|(?<space>nbsp|shy|zwn?j|zerowidthspace|tab|newline));?',
];
/** Escapes, also escaped again, and a backslash before any other character. */
const ESCAPES = new RegExp(KINDS.join('|'), 'gi');

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
  const { url, json, point, script, hex, decimal, name, separator, escaped } = found;
  const code = url ?? json ?? point ?? script ?? hex;
  if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
  if (decimal !== undefined) return String.fromCharCode(Number(decimal));
  if (name !== undefined) return HTML_NAMES[name.toLowerCase()] ?? '';
  // `\N` is a letter: the expression ignores case, JSON does not.
  if (separator !== undefined && /[NRT]/.test(separator)) return separator;
  return escaped ?? ' ';
}
