import { parseJson } from '../../domain/json.ts';
import { LONGEST_SEARCHED, type Redactor } from '../../domain/redact.ts';
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
    body: redactBody(response.body, redactor),
  };
}

/**
 * An escape in JSON can hide a secret from a search, so each string is searched as it reads. So is each
 * string of a document that is too long to be searched thoroughly as a whole. A string that is itself too
 * long is cut: a later cut could leave a part of a secret that is not recognised.
 */
function redactBody(body: string, redactor: Redactor): string {
  const redacted = redactor.redact(body);
  if (redacted.length <= LONGEST_SEARCHED && !redacted.includes('\\')) return redacted;
  const document = parseJson(redacted);
  return document === undefined ? redacted : JSON.stringify(redactStrings(document, redactor));
}

/** In place, because a copy of a large document needs too much memory, and without recursion. */
function redactStrings(document: unknown, redactor: Redactor): unknown {
  const root = { document };
  const open: Record<string, unknown>[] = [root];
  for (let parent = open.pop(); parent !== undefined; parent = open.pop()) {
    for (const [key, value] of Object.entries(parent)) {
      if (typeof value === 'string') parent[key] = redactString(value, redactor);
      if (typeof value === 'object' && value !== null) open.push(value as typeof parent);
    }
  }
  return root.document;
}

function redactString(text: string, redactor: Redactor): string {
  return text.length > LONGEST_SEARCHED
    ? redactor.clean(text, LONGEST_SEARCHED)
    : redactor.redact(text);
}
