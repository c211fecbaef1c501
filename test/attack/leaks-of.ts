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
};

/** Fewer characters in a row give nothing away. */
const WINDOW = 10;

/** Parts of secrets, in any of the encodings, that a reader of the text can find. */
export function leaksOf(text: string, secrets: readonly string[]): string[] {
  const decoded = (text.match(/[\w+/-]{14,}/g) ?? []).flatMap((part) =>
    [0, 1, 2, 3].map((offset) => Buffer.from(part.slice(offset), 'base64').toString('latin1')),
  );
  const seen = new Set([text, ...decoded].flatMap((place) => windowsOf(place.toLowerCase())));
  return secrets.flatMap((secret) =>
    Object.entries(ENCODINGS).flatMap(([name, encode]) =>
      windowsOf(encode(secret).toLowerCase())
        .filter((part) => seen.has(part))
        .map((part) => `${name}: ${part}`),
    ),
  );
}

/** All its parts of one length. A shorter text has none. */
function windowsOf(text: string): string[] {
  const count = Math.max(0, text.length - WINDOW + 1);
  return Array.from({ length: count }, (_, at) => text.slice(at, at + WINDOW));
}
