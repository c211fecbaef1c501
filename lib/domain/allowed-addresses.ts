import { type DialledNumber, dialledNumbers } from './dialled-numbers.ts';
import { type ParsedAddress, parseAddress } from './parse-address.ts';
import type { Refusal } from './roster.ts';

/**
 * Every number but premium rate in North America, satellites (Inmarsat +870, global mobile +881),
 * international networks (+882, +883), and international premium rate (+888, +979). No SIP domain.
 */
export const DEFAULT_ALLOWED_ADDRESSES = '+,!+1900,!+1976,!+870,!+881,!+882,!+883,!+888,!+979';

/** Why an address is not dialled; `undefined` where it is allowed. */
export type AddressPolicy = (address: string) => Refusal | undefined;

interface Rule {
  text: string;
  allows: boolean;
  /** `+` and digits, or a domain in lower case. */
  pattern: string;
}

/** RFC 3261, section 25.1: the last label begins with a letter, so that no IP address is a host name. */
const HOST_NAME = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z](?:[a-z0-9-]*[a-z0-9])?$/;
/**
 * `user` of RFC 3261, decoded, without characters that other parsers may read differently: `?` (headers),
 * `:` (password), `%` (another encoding).
 */
const USER = /^[a-z0-9\-_.!~*'()&=+$,;/]*$/;
/** `paramchar` of RFC 3261, decoded, without `%`, for the same reason. */
const PARAMETER = /^[a-z0-9\-_.!~*'()[\]/:&+$=]*$/;
/** IPv6, or IPv4 in any of the forms that resolvers take: dotted, decimal, octal, hexadecimal. */
const IP_LITERAL = /^(?:\[.*\]?|(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+))*)$/;

/**
 * Reads `ALLOWED_ADDRESSES`: E.164 prefixes (`+44`) and SIP domains (`pbx.example`, which includes
 * its subdomains), separated by commas; `!` refuses. The longest rule that matches decides, and
 * refuses where two of one length disagree. An address that no rule matches is refused.
 *
 * A SIP address whose user part is a number has to pass the rules for both; digits without `+` are only
 * held to the rules that refuse. Never allowed are `maddr`, `?headers`, literal IP addresses, repeated
 * parameters and malformed SIP, because they bypass the rules.
 * @throws Error that names the entry which is no rule
 */
export function createAddressPolicy(allowed: string = DEFAULT_ALLOWED_ADDRESSES): AddressPolicy {
  const rules = allowed
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(parseRule);
  const numbers = rules.filter(({ pattern }) => pattern.startsWith('+'));
  const domains = rules.filter(({ pattern }) => !pattern.startsWith('+'));

  const judgeNumber = ({ digits, isGlobal }: DialledNumber) => {
    if (isGlobal && digits.startsWith('0')) {
      return refuse('This is not an E.164 number: no country code begins with 0.');
    }
    const matching = numbers.filter(({ pattern }) => `+${digits}`.startsWith(pattern));
    return isGlobal || matching.length > 0 ? judge(matching, 'this number') : undefined;
  };
  const judgeHost = (host: string) =>
    judge(
      domains.filter(({ pattern }) => host === pattern || host.endsWith(`.${pattern}`)),
      `the SIP domain ${host}`,
    );

  return (address) => {
    const parsed = parseAddress(address);
    if (parsed.kind === 'number') {
      return judgeNumber({ digits: parsed.number.digits, isGlobal: true });
    }
    const refusal = refuseAlways(parsed, address) ?? judgeHost(parsed.host);
    return refusal ?? dialledNumbers(parsed).map(judgeNumber).find(Boolean);
  };
}

function parseRule(text: string): Rule {
  const allows = !text.startsWith('!');
  const pattern = (allows ? text : text.slice(1).trim()).toLowerCase();
  if (!/^\+\d{0,15}$/.test(pattern) && !HOST_NAME.test(pattern)) {
    throw new Error(
      `has the entry ${JSON.stringify(text)}, which is neither an E.164 prefix (+44) nor a SIP domain (pbx.example), with or without ! before it`,
    );
  }
  return { text, allows, pattern };
}

function judge(matching: readonly Rule[], what: string): Refusal | undefined {
  const longest = Math.max(...matching.map(({ pattern }) => pattern.length));
  const deciding = matching.filter(({ pattern }) => pattern.length === longest);
  const refusing = deciding.find(({ allows }) => !allows);
  if (refusing) return refuse(`The rule ${refusing.text} of ALLOWED_ADDRESSES refuses ${what}.`);
  if (deciding.length > 0) return undefined;
  return refuse(`No rule of ALLOWED_ADDRESSES allows ${what}.`);
}

function refuseAlways(
  parsed: Extract<ParsedAddress, { kind: 'sip' }>,
  address: string,
): Refusal | undefined {
  const { user, host, port, parameters, hasHeaders, repeatsParameter } = parsed;
  if (hasHeaders) return refuse('SIP addresses with headers (?name=value) are never dialled.');
  if (parameters.has('maddr') || /;\s*maddr\b/.test(user)) {
    return refuse('SIP addresses with the parameter maddr are never dialled.');
  }
  if (IP_LITERAL.test(host)) {
    return refuse('SIP addresses with an IP address in place of a domain are never dialled.');
  }
  const isSip = /^sips?:/i.test(address.trim());
  const portIsValid = port === undefined || (port > 0 && port <= 65_535);
  const parametersAreValid = [...parameters].flat().every((text) => PARAMETER.test(text));
  const isReadable = USER.test(user) && parametersAreValid;
  if (!isSip || !HOST_NAME.test(host) || !isReadable || !portIsValid) {
    return refuse('This is not a well-formed SIP address (sip:user@host).');
  }
  // RFC 3261, section 19.1.1, and RFC 3966, section 3, forbid it.
  if (repeatsParameter) {
    return refuse('SIP addresses with the same parameter twice are never dialled.');
  }
  return undefined;
}

function refuse(detail: string): Refusal {
  return { code: 'ADDRESS_NOT_ALLOWED', detail };
}
