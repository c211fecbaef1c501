import type { Redactor } from '../../domain/redact.ts';
import type { HttpResponse } from '../../http/send-http.ts';

const LONGEST_CORRELATION_ID = 100;

/**
 * Takes our secrets out of a response before anything else sees it: Genesys Cloud, or something in
 * front of it, may repeat what it was sent, in its body as well as in its correlation id.
 */
export function redactResponse(response: HttpResponse, redactor: Redactor): HttpResponse {
  const { 'inin-correlation-id': correlationId, ...headers } = response.headers;
  return {
    ...response,
    headers:
      correlationId === undefined
        ? headers
        : {
            ...headers,
            'inin-correlation-id': redactor.clean(correlationId, LONGEST_CORRELATION_ID),
          },
    body: redactor.redact(response.body),
  };
}
