/** The latest time that a Date can hold, in milliseconds since the epoch. */
const LATEST_MS = 8.64e15;

/**
 * Reads a number from the attributes of an SQS message: a count, or milliseconds since the epoch.
 * `undefined` if it is missing or not such a number.
 */
export function messageNumber(text: unknown): number | undefined {
  if (typeof text !== 'string' || !/^\d{1,16}$/.test(text)) return undefined;
  const number = Number(text);
  return number >= 1 && number <= LATEST_MS ? number : undefined;
}
