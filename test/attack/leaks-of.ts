/** How something between us and Genesys Cloud may write what it was sent. */
export const ENCODINGS: Record<string, (text: string) => string> = {
  raw: (text) => text,
  'upper case': (text) => text.toUpperCase(),
  base64: (text) => Buffer.from(text).toString('base64'),
  base64url: (text) => Buffer.from(text).toString('base64url'),
  'base64 of more': (text) => Buffer.from(`x:${text}:y`).toString('base64'),
  hexadecimal: (text) => Buffer.from(text).toString('hex'),
  'URL-encoded': encodeURIComponent,
  'URL-encoded twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'form-encoded': (text) => new URLSearchParams({ '': text }).toString().slice(1),
  'JSON-escaped': (text) => JSON.stringify(text).slice(1, -1),
  'JSON in JSON': (text) => JSON.stringify(JSON.stringify(text)).slice(3, -3),
  'JSON with escaped slashes': (text) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  HTML: (text) =>
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;'),
  'URL-encoded throughout': (text) => each(text, (code) => `%${hexOf(code).toUpperCase()}`),
  'URL-encoded throughout, twice': (text) => each(text, (code) => `%25${hexOf(code)}`),
  'JSON-escaped throughout': (text) => each(text, (code) => `\\u00${hexOf(code)}`),
  'JSON-escaped as some servers do': (text) =>
    text.replace(/[<>&='+]/g, (character) => each(character, (code) => `\\u00${hexOf(code)}`)),
  'escaped as in scripts': (text) => each(text, (code) => `\\x${hexOf(code)}`),
  'HTML throughout': (text) => each(text, (code) => `&#${code};`),
  'upper-case hexadecimal': (text) => Buffer.from(text).toString('hex').toUpperCase(),
  'hexadecimal dump': (text) => Buffer.from(text).toString('hex').replace(/../g, '$& '),
  'letter-spaced': (text) => [...text].join(' '),
  'in lines': (text) => text.replace(/.{6}/g, '$&\r\n '),
  'base64 in lines': (text) => Buffer.from(text).toString('base64').replace(/.{8}/g, '$&\n'),
  'with invisible characters': (text) => text.replace(/.{4}/g, '$&\u200b'),
};

const each = (text: string, write: (code: number) => string) =>
  [...text].map((character) => write(character.charCodeAt(0))).join('');
const hexOf = (code: number) => code.toString(16).padStart(2, '0');

/** Fewer characters in a row give nothing away. */
const WINDOW = 10;
/** Where each character of a secret is written with several. */
const WIDE_WINDOW = 40;

/** Parts of secrets, in any of the encodings, that a reader of the text can find. */
export function leaksOf(text: string, secrets: readonly string[]): string[] {
  const decoded = (text.match(/[\w+/-]{14,}/g) ?? []).flatMap((part) =>
    [0, 1, 2, 3].map((offset) => Buffer.from(part.slice(offset), 'base64').toString('latin1')),
  );
  const places = [text, ...decoded].map((place) => place.toLowerCase());
  const seen = new Map(
    [WINDOW, WIDE_WINDOW].map((size) => [
      size,
      new Set(places.flatMap((place) => windowsOf(place, size))),
    ]),
  );
  return secrets.flatMap((secret) =>
    Object.entries(ENCODINGS).flatMap(([name, encode]) => {
      const encoded = encode(secret).toLowerCase();
      const size = encoded.length > 3 * secret.length ? WIDE_WINDOW : WINDOW;
      return windowsOf(encoded, size)
        .filter((part) => seen.get(size)?.has(part))
        .map((part) => `${name}: ${part}`);
    }),
  );
}

/** All its parts of one length. A shorter text has none. */
function windowsOf(text: string, size: number): string[] {
  const count = Math.max(0, text.length - size + 1);
  return Array.from({ length: count }, (_, at) => text.slice(at, at + size));
}
