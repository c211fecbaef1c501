import type { PrepareLetter } from './prepare-letter.ts';

/** Prepares letters of the audit queue and of the events queue: they go back unchanged. */
export function createPrepareEvent(targetUrl: string): PrepareLetter {
  return async ({ body, eventId, reason }) => {
    if (reason === 'EVENT_NOT_QUEUED') {
      return { kind: 'leave', why: 'publish the event again with put-events' };
    }
    const attributes = eventId === undefined ? {} : { attributes: { event_id: eventId } };
    return { kind: 'send', message: { queueUrl: targetUrl, body, ...attributes } };
  };
}
