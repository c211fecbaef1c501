const NUMBER = /(?:\+|%2B)\d{7,15}/gi;
const TEL = /\btel:[\d+().-]{5,}/gi;
const SIP = /\b(sips?):([^\s"'<>@,]{1,200}@)?([^\s"'<>@,;?]{1,255})[^\s"'<>@,]{0,200}/gi;

/**
 * Masks every phone number with a `+` and every `tel:` and `sip:` address in a text, for the log. Of a
 * number the first and the last two digits stay, of a SIP address the host stays, so that an operator
 * can tell two of them apart. Applied twice, it changes nothing more.
 */
export function maskText(text: string): string {
  return text
    .replace(SIP, (_, scheme: string, user: string | undefined, host: string) =>
      user === undefined ? `${scheme}:***` : `${scheme}:***@${host}`,
    )
    .replace(TEL, (address) => `tel:${ends(address.slice(4).replaceAll(/[().-]/g, ''))}`)
    .replace(NUMBER, (number) => ends(number.replace(/^%2B/i, '+')));
}

function ends(number: string): string {
  return `${number.slice(0, number.startsWith('+') ? 3 : 2)}***${number.slice(-2)}`;
}
