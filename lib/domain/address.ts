import { type ParsedAddress, type PhoneNumber, parseAddress } from './parse-address.ts';

/** Shorter digits without `+` in a SIP address are an extension of its host, not a phone number. */
const SHORTEST_UNMARKED_NUMBER = 8;

/**
 * Whether two addresses mean the same party, however the platform writes them: a number as `+1555…`,
 * `tel:+1555…` or `sip:+1555…@edge`, with its extension; a SIP address by user, host and port. Two
 * extensions of one number are two parties.
 */
export function isSameAddress(one: string, other: string): boolean {
  const [a, b] = [parseAddress(one), parseAddress(other)];
  if (a.kind === 'sip' && b.kind === 'sip') {
    return isSameUser(a, b) && a.host === b.host && a.port === b.port;
  }
  return isSameNumber(dialledNumber(a), dialledNumber(b));
}

type SipAddress = Extract<ParsedAddress, { kind: 'sip' }>;

function isSameUser(a: SipAddress, b: SipAddress): boolean {
  return a.user === b.user || (Boolean(a.number?.isGlobal) && isSameNumber(a.number, b.number));
}

function dialledNumber(address: ParsedAddress): PhoneNumber | undefined {
  const { number } = address;
  if (address.kind === 'number' || !number) return number;
  return number.isGlobal || number.digits.length >= SHORTEST_UNMARKED_NUMBER ? number : undefined;
}

function isSameNumber(a: PhoneNumber | undefined, b: PhoneNumber | undefined): boolean {
  return a !== undefined && b !== undefined && a.digits === b.digits && a.extension === b.extension;
}
