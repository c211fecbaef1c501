/** An address of an outside party, taken apart. */
export type ParsedAddress =
  | { kind: 'number'; number: PhoneNumber }
  | {
      kind: 'sip';
      /** Before the `@`, with its parameters; decoded, in lower case. Empty if absent. */
      user: string;
      /** The user part, where it is a phone number. */
      number: PhoneNumber | undefined;
      /** In lower case, without the dot of the root. */
      host: string;
      /** Absent for the scheme's default. */
      port: number | undefined;
      /** The URI's parameters, names and values in lower case. */
      parameters: ReadonlyMap<string, string>;
      hasHeaders: boolean;
      /** A parameter of the URI or of the user part occurs twice: readers differ in which one counts. */
      repeatsParameter: boolean;
    };

export interface PhoneNumber {
  digits: string;
  /** Written with `+`, so that the digits begin with a country code. */
  isGlobal: boolean;
  /** What tells parties behind one number apart: extension and subaddress (RFC 3966), or empty. */
  extension: string;
}

const DEFAULT_PORT = { sip: 5060, sips: 5061 } as const;

/**
 * Takes an address apart: E.164, a `tel:` URI (RFC 3966), or a SIP URI (RFC 3261, section 19.1), for
 * which the platform's own form puts the parameters of the number before the host
 * (`sips:+15551234567;ext=105@host`). Everything else counts as a SIP host.
 */
export function parseAddress(address: string): ParsedAddress {
  const text = address.trim();
  const [, scheme = '', rest = ''] = /^(?:(tel|sips?):)?(.*)$/is.exec(text) ?? [];
  const number = parseNumber(rest);
  if (scheme.toLowerCase() !== 'sip' && scheme.toLowerCase() !== 'sips' && number) {
    return { kind: 'number', number };
  }
  return parseSip(scheme.toLowerCase() === 'sips' ? 'sips' : 'sip', rest);
}

function parseSip(scheme: 'sip' | 'sips', rest: string): ParsedAddress {
  // Only `@` divides: a user part may hold `;` and `?` of its own.
  const at = rest.lastIndexOf('@');
  const user = at < 0 ? '' : decode(rest.slice(0, at)).toLowerCase();
  const [beforeHeaders = '', ...headers] = rest.slice(at + 1).split('?');
  const [hostport = '', ...parameterList] = beforeHeaders.split(';');
  const [, host = '', portText] = /^(.*?)(?::(\d+))?$/s.exec(hostport.toLowerCase()) ?? [];
  const parameters = new Map(
    parameterList.map((parameter) => {
      const [name = '', ...value] = parameter.split('=');
      return [decode(name).toLowerCase(), decode(value.join('=')).toLowerCase()] as const;
    }),
  );
  const ownNames = user.split(';').slice(1).map(nameOf);
  const encrypted = scheme === 'sips' || parameters.get('transport') === 'tls';
  const defaultPort = encrypted ? DEFAULT_PORT.sips : DEFAULT_PORT.sip;
  const port = portText === undefined ? undefined : Number(portText);
  return {
    kind: 'sip',
    user,
    number: parseNumber(user),
    host: host.replace(/\.$/, ''),
    port: port === defaultPort ? undefined : port,
    parameters,
    hasHeaders: headers.length > 0,
    repeatsParameter:
      parameters.size < parameterList.length || new Set(ownNames).size < ownNames.length,
  };
}

const nameOf = (parameter: string) => parameter.split('=')[0];

/** Digits with the separators that people write between them, and parameters. */
function parseNumber(text: string): PhoneNumber | undefined {
  const [written = '', ...parameters] = text.split(';');
  const [, plus, digits = ''] = /^(\+?)([\d().\- ]+)$/.exec(written) ?? [];
  const plain = digits.replace(/\D/g, '');
  if (plain.length < 3 || plain.length > 15) return undefined;
  const extension = parameters
    .map((parameter) => parameter.toLowerCase())
    .filter((parameter) => /^(ext|isub)=/.test(parameter))
    .map((parameter) => parameter.replace(/[().\-\s]/g, ''))
    .sort()
    .join(';');
  return { digits: plain, isGlobal: plus === '+', extension };
}

/** Percent-encoding must not hide what an address is. A broken one is kept as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
