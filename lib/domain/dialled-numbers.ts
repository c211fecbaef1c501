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

/** International call prefixes of most countries and of North America. */
const INTERNATIONAL_PREFIX = /^(?:00|011)/;

/**
 * The numbers that a gateway may dial for a SIP address: its user part, that part completed by its
 * `phone-context` (RFC 3966, section 5.1.5), and numbers in parameters, such as the routing number `rn`
 * (RFC 4694), which replaces the user part.
 */
export function dialledNumbers({
  user,
  parameters,
}: Pick<Extract<ParsedAddress, { kind: 'sip' }>, 'user' | 'parameters'>): DialledNumber[] {
  const [main = '', ...own] = user.split(';');
  const all = [...own.map(splitParameter), ...parameters];
  const [, context = ''] = all.find(([name]) => name === 'phone-context') ?? [];
  const texts = [main, ...(context.startsWith('+') ? [`${context}${main}`] : [])];
  return [...texts, ...all.map(([, value]) => value)].flatMap(numbersIn);
}

function splitParameter(parameter: string): readonly [string, string] {
  const [name = '', ...value] = parameter.split('=');
  return [name, value.join('=')];
}

function numbersIn(text: string): DialledNumber[] {
  // Also a text that only starts with a number, because a gateway may dial that part.
  if (text.startsWith('+')) return [{ digits: digitsOf(text), isGlobal: true }];
  const [before = '', ...afterPlus] = text.split('+');
  const unmarked = digitsOf(before.split(/[a-z]/)[0] ?? '');
  const unprefixed = unmarked.replace(INTERNATIONAL_PREFIX, '');
  const isLong = unprefixed !== unmarked || unmarked.length >= SHORTEST_UNMARKED_NUMBER;
  return [...(isLong ? [unprefixed] : []), ...afterPlus.map(digitsOf)]
    .filter(({ length }) => length >= SHORTEST_NUMBER)
    .map((digits) => ({ digits, isGlobal: false }));
}

function digitsOf(text: string): string {
  return text.replace(/\D/g, '');
}
