/** Base64 of a shorter text is too short to be told from an ordinary word. */
const SHORTEST_BASE64 = 8;

/**
 * A secret as it may come back: raw, in base64 at any offset, in hexadecimal, and each of these escaped for
 * a URL, a form, JSON or HTML. Letter case is up to the search.
 */
export function encodingsOf(secret: string): string[] {
  return plainFormsOf(secret).flatMap((form) => [form, ...ESCAPES.map((write) => write(form))]);
}

/** The same without escapes. */
export function plainFormsOf(secret: string): string[] {
  return [secret, ...base64Forms(secret), Buffer.from(secret).toString('hex')];
}

/** Escapes that servers, proxies and logs are known to apply to what they repeat. */
const ESCAPES: readonly ((text: string) => string)[] = [
  encodeUri,
  encodeUriStrictly,
  (text) => encodeUri(encodeUri(text)),
  (text) => new URLSearchParams({ '': text }).toString().slice(1),
  escapeJson,
  (text) => escapeJson(escapeJson(text)),
  (text) => escapeJson(text).replaceAll('/', '\\/'),
  (text) => text.replace(/[&<>"]/g, (character) => HTML_NAMES[character] ?? character),
  (text) => text.replace(/[&<>"'/`=]/g, (character) => HTML_NAMES[character] ?? character),
];

const HTML_NAMES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '/': '&#x2F;',
  '`': '&#x60;',
  '=': '&#x3D;',
};

/**
 * Base64 of the secret, and the part of the base64 of any longer text that only the secret decides:
 * it depends on the secret's offset modulo 3.
 */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const inner = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    return encoded.slice(
      Math.ceil((offset * 8) / 6),
      Math.floor(((offset + bytes.length) * 8) / 6),
    );
  });
  return [bytes.toString('base64'), ...inner]
    .filter((form) => form.length >= SHORTEST_BASE64)
    .flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')]);
}

/** Lone surrogates have no URI encoding. */
function encodeUri(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : text;
}

/** As RFC 3986 reserves them; `encodeURIComponent` leaves five of them. */
function encodeUriStrictly(text: string): string {
  return encodeUri(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
