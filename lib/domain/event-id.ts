/**
 * The characters of an event id: printable ASCII, because it is sent in a header, without the full stop,
 * which separates id, time and body in the signed content (Standard Webhooks 1.0.0, "Signature scheme").
 */
export const EVENT_ID = /^[!-\-/-~]{1,200}$/;

/**
 * The event's id, the webhook's `webhook-id`. Derived from the request, so that a result that has
 * to be sent twice (a crash between the send and the acknowledgement) is the same event.
 * @param redrive how often an operator has sent the request again from the dead-letter queue: each
 *   time is carried out anew and has a result of its own, which receivers must not take for the
 *   first one delivered twice.
 */
export function eventId(requestId: string, redrive = 0): string {
  return redrive > 0 ? `evt_${requestId}_r${redrive}` : `evt_${requestId}`;
}

/** The id of a request's connection event. */
export function connectionEventId(requestId: string, run = 0): string {
  return `${eventId(requestId, run)}_c`;
}
