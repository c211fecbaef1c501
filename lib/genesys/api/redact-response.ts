import type { Redactor } from '../../domain/redact.ts';
import type { HttpResponse } from '../../http/send-http.ts';

const LONGEST_CORRELATION_ID = 100;

/**
 * Redacts secrets in a response before other code sees it. Genesys Cloud, or a proxy in front of it, may
 * echo what it was sent, in the body or in the correlation id.
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
