const SCHEME = /^(tel|sips?):/i;
const DIGITS = /^\+?(\d{3,15})$/;

/** The part before `@`, without scheme, parameters and headers. */
function userPart(address: string): string {
  return withoutExtras(address).split('@')[0] ?? '';
}

function withoutExtras(address: string): string {
  return (address.trim().replace(SCHEME, '').split(/[;?]/)[0] ?? '').toLowerCase();
}

/**
 * Whether an address in a conversation is the one that was asked for.
 * The platform writes a dialled number in its own ways (`+1555…`, `tel:+1555…`,
 * `sip:+1555…@edge`), so numbers are compared by their digits, SIP addresses as a whole.
 */
export function isSameAddress(asked: string, found: string): boolean {
  const number = DIGITS.exec(asked.replace(/^tel:/i, ''));
  if (number) return DIGITS.exec(userPart(found))?.[1] === number[1];
  return withoutExtras(asked) === withoutExtras(found);
}
