// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that are replaced
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]+/g;

/**
 * Makes foreign text safe to keep: control characters and characters that SQS refuses become a
 * space, lone surrogates U+FFFD, and longer text is cut.
 * @param maxLength in UTF-16 code units
 */
export function boundedText(text: string, maxLength: number): string {
  const clean = text.toWellFormed().replace(UNPRINTABLE, ' ').trim();
  if (clean.length <= maxLength) return clean;
  // A cut can halve a surrogate pair.
  return `${clean.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
