import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRedactor, LONGEST_SEARCHED, REDACTED } from '../../lib/domain/redact.ts';

const SECRET = 's3cret+/="<&>ü value';

/** How an echo may carry a secret, with text around it. */
const ECHOES: Record<string, (secret: string) => string> = {
  raw: (secret) => `you sent ${secret}!`,
  'upper case': (secret) => `you sent ${secret.toUpperCase()}!`,
  base64: (secret) => Buffer.from(secret).toString('base64'),
  base64url: (secret) => Buffer.from(secret).toString('base64url'),
  'base64 of a longer text': (secret) => Buffer.from(`a:${secret}:b`).toString('base64'),
  'Basic pair': (secret) => `Basic ${Buffer.from(`the-client:${secret}`).toString('base64')}`,
  'URL-encoded': (secret) => `?q=${encodeURIComponent(secret)}&r=1`,
  'form-encoded': (secret) => new URLSearchParams({ client_secret: secret }).toString(),
  'URL-encoded base64': (secret) =>
    encodeURIComponent(Buffer.from(`the-client:${secret}`).toString('base64')),
  'JSON-escaped': (secret) => JSON.stringify({ client_secret: secret }),
  'JSON in JSON': (secret) => JSON.stringify(JSON.stringify({ a: secret }).slice(6, -2)),
};

/** Whether a text still gives the secret away to someone who decodes it in the usual ways. */
function reveals(text: string, secret: string): boolean {
  const decoded = [
    text,
    decode(text),
    text.replaceAll('+', ' '),
    decode(text.replaceAll('+', ' ')),
  ];
  const base64 = decoded.flatMap((each) => each.match(/[\w+/-]{8,}={0,2}/g) ?? []);
  return [...decoded, ...base64.map((each) => Buffer.from(each, 'base64').toString())].some(
    (each) => each.toLowerCase().includes(secret.toLowerCase()),
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

describe('secrets in foreign text', () => {
  test.each(Object.entries(ECHOES))('a secret that comes back %s is redacted', (_, echo) => {
    const redactor = createRedactor();
    expect(redactor.redact(echo(SECRET))).toBe(echo(SECRET));
    redactor.addClient('the-client', SECRET);
    const cleaned = redactor.clean(echo(SECRET), 1_000);
    expect(cleaned).toContain(REDACTED);
    expect(reveals(cleaned, SECRET)).toBe(false);
  });

  test('any secret of at least eight characters is redacted in every encoding', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 8, maxLength: 60, unit: 'grapheme-ascii' }),
        fc.constantFrom(...Object.values(ECHOES)),
        (secret, echo) => {
          fc.pre(secret.trim() === secret);
          const redactor = createRedactor();
          redactor.addClient('the-client', secret);
          expect(reveals(redactor.redact(echo(secret)), secret)).toBe(false);
        },
      ),
    );
  });

  test('an old token stays redacted after a new one is added', () => {
    const redactor = createRedactor();
    redactor.addSecret('old-token-1');
    redactor.addSecret('new-token-2');
    expect(redactor.redact('old-token-1 new-token-2')).toBe(`${REDACTED} ${REDACTED}`);
  });

  test('a secret that is still in use is kept, however many tokens come after it', () => {
    const redactor = createRedactor();
    redactor.addSecret('the-client-secret');
    for (let token = 0; token < 200; token += 1) {
      redactor.addSecret(`token number ${token}`);
      redactor.addSecret('the-client-secret');
    }
    expect(redactor.redact('the-client-secret, token number 199')).toBe(`${REDACTED}, ${REDACTED}`);
  });

  test('an empty or very short text is not taken for a secret', () => {
    const redactor = createRedactor();
    redactor.addSecret('');
    redactor.addSecret('abc');
    expect(redactor.redact('abc and more')).toBe('abc and more');
  });

  test('a secret that is cut off by the limit leaves no part of itself', () => {
    const redactor = createRedactor();
    redactor.addSecret('a-token-of-some-length-that-is-cut');
    const text = 'a-token-of-some-length-that-is-cut '.repeat(10_000);
    const cleaned = redactor.clean(text, 100_000);
    expect(cleaned).toContain(REDACTED);
    expect(cleaned).not.toContain('a-');
  });

  // Bug: as many characters were left out at the cut as the longest encoding has, and a secret that is
  // disguised is longer. Fix: its beginning is looked for at the cut.
  test.each([
    ['spaced', (character: string) => `${character}        `],
    ['escaped in JSON', (character: string) => `\\u00${Buffer.from(character).toString('hex')}`],
    [
      'escaped in HTML',
      (character: string) => `&amp;#x0000${Buffer.from(character).toString('hex')};`,
    ],
    [
      'escaped for a URL, twice',
      (character: string) => `%25${Buffer.from(character).toString('hex')}`,
    ],
    [
      'escaped for a URL and in JSON',
      (character: string) => `\\u0025${Buffer.from(character).toString('hex')}`,
    ],
  ])('neither does one that is %s', (_, disguise) => {
    const redactor = createRedactor();
    redactor.addSecret('a-token-of-some-length-that-is-cut');
    const echoed = [...'a-token-of-some-length-that-is-cut'].map(disguise).join('');
    for (let inside = 1; inside < echoed.length; inside += 11) {
      const before = 'x'.repeat(100).padEnd(LONGEST_SEARCHED - inside);
      expect(redactor.clean(`${before}${echoed} and more`, 1_000)).toMatch(/^x+$/);
    }
  });
});

// Bug: encodings of the whole secret were searched for, so one character written in another way hid it.
// Fix: the text is also searched without escapes and separators.
test.each([
  ['every character escaped for a URL', '%73%33%63%72%65%74%2b%2F%3d-%6ey'],
  ['some characters escaped for a URL, twice', 's3cr%2565t%252B/=-n%2579'],
  ['every character escaped in JSON', '\\u0073\\u0033\\u0063\\u0072\\u0065\\u0074\\u002B/=-ny'],
  ['escaped in JSON twice', 's3cret\\\\u002b/=-ny'],
  ['escaped in a script', '\\x73\\x33cret+/=-ny'],
  ['escaped in HTML', '&#115;&#x33;cret&amp;#43;/=-ny'],
  ['a line break within', 's3cret\r\n\t+/=-ny'],
  ['an escaped line break within', 's3cret\\n+/=-ny'],
  ['spaced', 's 3 c r e t + / = - n y'],
  ['a control character within', 's3cr\u0000et+/=-n\u009by'],
  ['an invisible character within', 's3cr\u200bet+/=-n\u00ady'],
  ['base64 in lines', 'czNjcmV0\r\nKy89LW55'],
  ['some characters escaped for a URL as older scripts do', 's3%u0063ret+/=-n%u0079'],
  ['escaped in JSON with braces', 's3\\u{63}ret\\u{002b}/=-ny'],
  ['escaped in HTML without semicolons', '&#115&#x33cret&#43/=-ny'],
  ['a space of HTML within', 's3cr&nbsp;et+&amp;shy;/=-&zwnj;ny'],
  [
    'an invisible character, escaped for a URL, within',
    's3c%E2%80%8Bret%c2%ad+/=%25E2%2581%25A0-ny',
  ],
  ['a hexadecimal dump', '73 33 63 72 65 74 2B 2F 3D 2D 6E 79'],
])('a secret is redacted with %s', (_, echoed) => {
  const redactor = createRedactor();
  redactor.addSecret('s3cret+/=-ny');
  expect(redactor.redact(`you sent (${echoed})!`)).toBe(`you sent (${REDACTED})!`);
  expect(redactor.clean(`you sent (${echoed})!`, 100)).toBe(`you sent (${REDACTED})!`);
});

test('escapes and separators that hide no secret stay as they are', () => {
  const redactor = createRedactor();
  redactor.addSecret('s3cret+/=-ny');
  redactor.addSecret('than');
  const text = 'A % of \\u0041 &amp; more %41\r\n th an \\"this\\"';
  expect(redactor.redact(text)).toBe(text);
});

describe('cleaned text', () => {
  test.each([
    ['C0 controls', 'a\r\nb\u0000c', 'a b c'],
    ['C1 controls', 'a\u009b31mb', 'a 31mb'],
    ['marks of direction', 'a\u202eb\u2066c', 'a b c'],
    ['line separators', 'a\u2028b', 'a b'],
    ['half a character', 'a\ud83d b', 'a\ufffd b'],
  ])('%s are taken out', (_, text, cleaned) => {
    expect(createRedactor().clean(text, 100)).toBe(cleaned);
  });

  test('a text is cut to the length given, and never within a character', () => {
    expect(createRedactor().clean('x'.repeat(200), 10)).toBe('xxxxxxxxx…');
    expect(createRedactor().clean('12345678😀', 9)).toBe('12345678…');
  });
});

describe('redacting a value', () => {
  test('strings are redacted in objects, arrays, keys and errors with their causes', () => {
    const redactor = createRedactor();
    redactor.addSecret('the-token');
    const error = new Error('with the-token', { cause: new Error('of the-token') });
    const value = { list: ['the-token', 1, null], 'the-token': { error } };
    const text = JSON.stringify(redactor.redactDeep(value));
    expect(text).not.toContain('the-token');
    expect(text).toContain('with [redacted]');
    expect(text).toContain('of [redacted]');
  });

  test('a value that contains itself comes to an end', () => {
    const value: Record<string, unknown> = {};
    value.self = value;
    expect(JSON.stringify(createRedactor().redactDeep(value))).toContain('[too deep]');
  });
});
