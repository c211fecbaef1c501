import { parseRetryAfter } from '../http/retry-after.ts';
import { HttpError, type HttpResponse } from '../http/send-http.ts';

/** The outcome of one try. `error` contains neither the URL nor text of the receiver. */
export type DeliveryOutcome =
  | { kind: 'delivered'; status: number }
  | {
      kind: 'failed';
      /** Absent where there was no response. */
      status?: number | undefined;
      error: string;
      /** The wait that the receiver asked for. */
      retryAfterMs?: number | undefined;
    }
  | {
      kind: 'refused';
      status: number;
      error: string;
      reason: 'RECEIVER_GONE' | 'RECEIVER_ABORTED';
    };

const isSuccess = (status: number) => status >= 200 && status <= 299;

/**
 * Judges a response: only 2xx is success, redirects are not followed, 410 and
 * `webhook-delivery: abort-message` end the delivery.
 */
export function judgeResponse(
  response: Pick<HttpResponse, 'status' | 'headers'>,
  nowMs: number,
): DeliveryOutcome {
  const { status, headers } = response;
  if (isSuccess(status)) return { kind: 'delivered', status };
  if (status === 410) {
    const error = 'the receiver responded with 410: it is gone for good';
    return { kind: 'refused', status, error, reason: 'RECEIVER_GONE' };
  }
  if (headers['webhook-delivery']?.trim().toLowerCase() === 'abort-message') {
    const error = `the receiver responded with ${status} and asked not to be sent this event again`;
    return { kind: 'refused', status, error, reason: 'RECEIVER_ABORTED' };
  }
  const error =
    status >= 300 && status <= 399
      ? `the receiver responded with ${status}; redirects are not followed`
      : `the receiver responded with ${status}`;
  return {
    kind: 'failed',
    status,
    error,
    retryAfterMs: parseRetryAfter(headers['retry-after'], nowMs),
  };
}

/**
 * Judges a try without a complete response. A status that arrived counts even if the body did not end
 * in time. A connection that broke during the response is a failure: the receiver may have crashed
 * while it processed the event.
 */
export function judgeError(fault: unknown, nowMs: number): DeliveryOutcome {
  if (!(fault instanceof HttpError)) return { kind: 'failed', error: (fault as Error).message };
  if (fault.kind === 'timeout') {
    return fault.response
      ? judgeResponse(fault.response, nowMs)
      : { kind: 'failed', error: 'no response in time' };
  }
  // A 204 has no body (RFC 9112, section 6.3); what a server sends behind it is not part of it.
  if (fault.response?.status === 204) return judgeResponse(fault.response, nowMs);
  // The fault's own message has the URL's path, which may be a secret of the receiver's.
  // A connection tried over several addresses fails with an error that has a code and no message.
  const { message, code } = (fault.cause ?? {}) as NodeJS.ErrnoException;
  const cause = message || code || 'the connection broke';
  return { kind: 'failed', status: fault.response?.status, error: `no response: ${cause}` };
}
