import { createHash } from 'node:crypto';
import type { RequestRecord } from '../../lib/domain/request-record.ts';

/** Which event of a record a message carries. `earlier`: the result of an earlier run. */
export type VouchedEvent = 'result' | 'connectionResult' | 'earlier';

/** SHA-256 of an event's text, hexadecimal. */
export function digestOf(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

/**
 * Tells which of a record's events a message carries; `undefined` if the record does not vouch for it.
 * @param eventId from the message
 * @param body the message's text: one changed byte makes it another event
 */
export function vouchForEvent(
  record: Pick<RequestRecord, 'result' | 'connectionResult' | 'earlierResults'>,
  eventId: string,
  body: string,
): VouchedEvent | undefined {
  const digest = digestOf(body);
  const isEvent = (event: { eventId: string; digest: string } | undefined) =>
    event?.eventId === eventId && event.digest === digest;
  if (isEvent(record.result)) return 'result';
  if (isEvent(record.connectionResult)) return 'connectionResult';
  return record.earlierResults.some(isEvent) ? 'earlier' : undefined;
}
