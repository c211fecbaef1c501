import type { ParsedAddress } from './parse-address.ts';

/** A phone number that a gateway may dial for a SIP address. */
export interface DialledNumber {
  digits: string;
  /** The digits begin with a country code. Otherwise only a guess: a PBX may read them differently. */
  isGlobal: boolean;
}

/** Fewer digits are an extension, also after `+`. */
const SHORTEST_NUMBER = 8;

/**
 * Fewer digits without `+` and without a prefix are a national number: 888-555-1234 is toll-free in North
 * America, +888 is international premium rate.
 */
const SHORTEST_UNMARKED_NUMBER = 11;

/** International call prefixes of most countries, of North America and of Australia. */
const INTERNATIONAL_PREFIXES = ['00', '011', '0011'];
/** What many PBXs want to be dialled first for an outside line. */
const OUTSIDE_LINES = ['', '0', '9'];
/** A national number of North America with its prefix, after an outside line. */
const AFTER_OUTSIDE_LINE = /^[09](1\d{10})$/;
/** A service of the exchange, such as `*67`, which hides the caller's number. */
const SERVICE_CODE = /^\*\d\d/;

/**
 * The numbers that a gateway may dial for a SIP address: its user part, that part completed by its
 * `phone-context` (RFC 3966, section 5.1.5), and numbers in parameters, such as the routing number `rn`
 * (RFC 4694), which replaces the user part and has a context of its own.
 */
export function dialledNumbers({
  user,
  parameters,
}: Pick<Extract<ParsedAddress, { kind: 'sip' }>, 'user' | 'parameters'>): DialledNumber[] {
  const [main = '', ...own] = user.split(';');
  const all = [...own.map(splitParameter), ...parameters];
  const local = [main, ...all.filter(([name]) => name === 'rn').map(([, value]) => value)];
  const contexts = all
    .filter(([name, value]) => /^(?:phone|rn)-context$/.test(name) && value.startsWith('+'))
    .map(([, value]) => value);
  const completed = contexts.flatMap((context) => local.map((number) => context + number));
  return [main, ...completed, ...all.flat()].flatMap(numbersIn);
}

function splitParameter(parameter: string): readonly [string, string] {
  const [name = '', ...value] = parameter.split('=');
  return [name, value.join('=')];
}

function numbersIn(text: string): DialledNumber[] {
  // Also a text that only starts with a number, because a gateway may dial that part.
  const global = text.startsWith('+') ? [{ digits: digitsOf(text), isGlobal: true }] : [];
  const [unmarked = '', ...marked] = text.replace(SERVICE_CODE, '').split('+');
  // What follows the first `+` is the global number.
  const afterPlus = marked.slice(global.length).map(digitsOf);
  const parts = unmarked.split(/[a-z,*#]+/).map(digitsOf);
  // A comma can also be a pause within the number.
  const whole = digitsOf(unmarked.split(/[a-z]/)[0] ?? '');
  const plain = [whole, ...parts].filter(({ length }) => length >= SHORTEST_UNMARKED_NUMBER);
  const guesses = [
    ...plain,
    ...afterPlus,
    ...[whole, ...parts, ...afterPlus].flatMap(withoutPrefix),
  ].filter(({ length }) => length >= SHORTEST_NUMBER);
  return [...global, ...guesses.map((digits) => ({ digits, isGlobal: false }))];
}

/** The number with its country code, for each prefix that it may begin with. */
function withoutPrefix(digits: string): string[] {
  const prefixes = OUTSIDE_LINES.flatMap((line) =>
    INTERNATIONAL_PREFIXES.map((prefix) => line + prefix),
  );
  const national = AFTER_OUTSIDE_LINE.exec(digits)?.[1];
  return [
    ...prefixes
      .filter((prefix) => digits.startsWith(prefix))
      .map(({ length }) => digits.slice(length)),
    ...(national === undefined ? [] : [national]),
  ];
}

function digitsOf(text: string): string {
  return text.replace(/\D/g, '');
}
