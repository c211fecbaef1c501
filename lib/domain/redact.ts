import { encodingsOf } from './encodings-of.ts';

/** What stands where a secret stood. */
export const REDACTED = '[redacted]';

/** Shorter texts are not taken for secrets: replacing them would garble every message. */
const SHORTEST_SECRET = 4;
const SHORTEST_CLIENT_ID = 16;

/** A function that lives for weeks sees many tokens; the latest are kept. */
const MOST_SECRETS = 40;

const DEEPEST = 10;

/** Longer texts of others are cut before they are searched, so that no megabyte is searched in vain. */
const LONGEST_SEARCHED = 65_536;

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
   * is sent. Very short texts are ignored.
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
  let pattern: RegExp | undefined;
  let longestForm = 0;

  function compile(): RegExp {
    // The longest first: a form that contains another one is replaced as a whole.
    const all = [...new Set([...forms.values()].flat())].sort((a, b) => b.length - a.length);
    longestForm = all[0]?.length ?? 0;
    return new RegExp(all.map(escapePattern).join('|'), 'gi');
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
    if (known === undefined) pattern = undefined;
  }

  function redact(text: string): string {
    if (forms.size === 0) return text;
    pattern ??= compile();
    return text.replace(pattern, REDACTED);
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
      // A secret that the cut went through is not recognised.
      const whole =
        text.length > LONGEST_SEARCHED
          ? head.slice(0, Math.max(0, head.length - longestForm))
          : head;
      return cleanText(whole, maxLength);
    },
    redactDeep: (value) => redactDeep(value, redact, 0),
  };
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
