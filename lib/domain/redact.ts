import { encodingsOf, plainFormsOf } from './encodings-of.ts';
import { isDisguised, plainTextOf, toPlainText } from './plain-text.ts';

/** What stands where a secret stood. */
export const REDACTED = '[redacted]';

/** Shorter texts are not taken for secrets: replacing them would garble every message. */
const SHORTEST_SECRET = 4;
const SHORTEST_CLIENT_ID = 16;
/** Shorter ones may be found across the words of an ordinary sentence, once its spaces are left out. */
const SHORTEST_DISGUISED = 8;

/** A function that lives for weeks sees many tokens; the latest are kept. */
const MOST_SECRETS = 40;

const DEEPEST = 10;

/**
 * Longer texts of others are cut before they are searched, so that no megabyte is searched for nothing. In a
 * longer text only the known encodings are searched for, not those that `toPlainText` resolves.
 */
export const LONGEST_SEARCHED = 65_536;

/** Control characters (C0, DEL, C1), line and paragraph separators, and marks that change the direction of text. */
const CONTROLS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+/g;

/** Lone surrogates: half a character is not valid in JSON that others read. */
const LONE_SURROGATES = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * Takes the secrets that a function knows out of everything that others wrote. Genesys Cloud, or
 * something in front of it, may repeat what it was sent.
 */
export interface Redactor {
  /**
   * A text that must not be seen outside: from now on it is redacted in every encoding in which it
   * is sent, and with characters escaped or separated. Very short texts are ignored.
   */
  addSecret(secret: string): void;
  /** Adds the OAuth client: both parts, and the pair as HTTP Basic sends it. */
  addClient(clientId: string, clientSecret: string): void;
  /** Replaces every known secret, and changes nothing else. */
  redact(text: string): string;
  /** Redacts, replaces control characters by a space, and cuts. */
  clean(text: string, maxLength: number): string;
  /** Redacts every string in a value, keys included, however deep. Errors become plain objects. */
  redactDeep(value: unknown): unknown;
}

export function createRedactor(): Redactor {
  /** Secrets and their encoded forms, the oldest first. */
  const forms = new Map<string, string[]>();
  let patterns: Patterns | undefined;

  function compile(): Patterns {
    const all = [...forms.values()].flat();
    const plain = [...forms.keys()]
      .flatMap(plainFormsOf)
      .map(plainTextOf)
      .filter(({ length }) => length >= SHORTEST_DISGUISED);
    return {
      encoded: toPattern(all),
      plain: plain.length > 0 ? toPattern(plain) : undefined,
      longestEncoded: Math.max(...all.map(({ length }) => length)),
      plainForms: plain,
    };
  }

  function addSecret(secret: string): void {
    if (secret.length < SHORTEST_SECRET) return;
    const known = forms.get(secret);
    // Again at the end, so that a secret in use is not the one that is forgotten.
    forms.delete(secret);
    forms.set(
      secret,
      known ?? encodingsOf(secret).filter(({ length }) => length >= SHORTEST_SECRET),
    );
    const [oldest] = forms.keys();
    if (forms.size > MOST_SECRETS && oldest !== undefined) forms.delete(oldest);
    if (known === undefined) patterns = undefined;
  }

  function redact(text: string): string {
    if (forms.size === 0) return text;
    patterns ??= compile();
    const redacted = text.replace(patterns.encoded, REDACTED);
    const { plain } = patterns;
    const isSearched = plain && text.length <= LONGEST_SEARCHED && isDisguised(redacted);
    return isSearched ? redactDisguised(redacted, plain) : redacted;
  }

  return {
    addSecret,
    addClient(clientId, clientSecret) {
      // A short id may be a word that occurs in every document.
      if (clientId.length >= SHORTEST_CLIENT_ID) addSecret(clientId);
      addSecret(clientSecret);
      addSecret(Buffer.from(`${clientId}:${clientSecret}`).toString('base64'));
    },
    redact,
    clean(text, maxLength) {
      const head = redact(text.slice(0, LONGEST_SEARCHED));
      const isCut = text.length > LONGEST_SEARCHED;
      return cleanText(isCut && patterns ? withoutCutSecret(head, patterns) : head, maxLength);
    },
    redactDeep: (value) => redactDeep(value, redact, 0),
  };
}

interface Patterns {
  /** Secrets as they are known to be encoded. */
  encoded: RegExp;
  /** Secrets without escapes and separators; `undefined` if all are short. */
  plain: RegExp | undefined;
  /** Length of the longest text in `encoded`. */
  longestEncoded: number;
  /** The texts in `plain`. */
  plainForms: readonly string[];
}

/** Longest beginning of an escape, as it reads in a plain text. */
const CUT_ESCAPE = 24;

/**
 * Removes the beginning of a secret at the end of a text that was cut, because it is not recognised as a
 * secret. A disguised one can be of any length.
 */
function withoutCutSecret(cut: string, { longestEncoded, plainForms }: Patterns): string {
  const rest = cut.slice(0, Math.max(0, cut.length - longestEncoded));
  const { text, starts } = toPlainText(rest);
  const whole = text.slice(0, Math.max(0, text.length - CUT_ESCAPE));
  const longest = Math.max(0, ...plainForms.map(({ length }) => length));
  let end = Math.max(0, whole.length - longest);
  while (!plainForms.some((form) => form.startsWith(whole.slice(end))) && end < whole.length)
    end += 1;
  return rest.slice(0, starts[end] ?? 0);
}

function toPattern(texts: readonly string[]): RegExp {
  // The longest first: a form that contains another one is replaced as a whole.
  const all = [...new Set(texts)].sort((a, b) => b.length - a.length);
  return new RegExp(all.map(escapePattern).join('|'), 'gi');
}

/** Replaces secrets whose characters are escaped or separated, in whatever mixture. */
function redactDisguised(original: string, pattern: RegExp): string {
  if (plainTextOf(original).search(pattern) < 0) return original;
  const { text, starts, ends } = toPlainText(original);
  let redacted = '';
  let end = 0;
  for (const { index, 0: found } of text.matchAll(pattern)) {
    redacted += original.slice(end, starts[index]) + REDACTED;
    end = ends[index + found.length - 1] ?? original.length;
  }
  return redacted + original.slice(end);
}

/** Replaces control characters by a space, and cuts: for texts of others that are redacted already. */
export function cleanText(text: string, maxLength: number): string {
  const cleaned = text
    .slice(0, LONGEST_SEARCHED)
    .replace(CONTROLS, ' ')
    .replace(LONE_SURROGATES, '\ufffd')
    .trim();
  return shorten(cleaned, maxLength);
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** Cuts a text and says so, without leaving half a character. */
function shorten(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return `${text.slice(0, Math.max(0, maxLength - 1)).replace(/[\ud800-\udbff]$/, '')}…`;
}

function redactDeep(value: unknown, redact: (text: string) => string, depth: number): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEEPEST) return '[too deep]';
  if (Array.isArray(value)) return value.map((entry) => redactDeep(entry, redact, depth + 1));
  if (value instanceof Date) return value;
  const entries: [string, unknown][] = Object.entries(value);
  if (value instanceof Error) {
    const { name, message, stack, cause } = value;
    entries.unshift(['name', name], ['message', message], ['stack', stack]);
    if (cause !== undefined) entries.push(['cause', cause]);
  }
  return Object.fromEntries(
    entries.map(([key, entry]) => [redact(key), redactDeep(entry, redact, depth + 1)]),
  );
}
