import { requestHeaders } from '../../lib/domain/request-headers.ts';
import { type JsonObject, toJsonSchema } from './json-schema.ts';
import { CONVERSATION, CORRELATION_ID, REQUEST_ID } from './openapi-examples.ts';

/** The path parameter `conversationId`. */
export const conversationParameter = () =>
  pathParameter('conversationId', 'The conversation, as Genesys Cloud names it.', CONVERSATION);

/** The path parameter `requestId`. */
export const requestParameter = () => pathParameter('requestId', 'The request.', REQUEST_ID);

const pathParameter = (name: string, description: string, example: string) => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: {
    type: 'string',
    format: 'uuid',
    pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$',
  },
  example,
});

/** Printable ASCII. HTTP removes spaces at both ends (RFC 9110, section 5.5). */
const FIELD_VALUE = '^[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?$';

/**
 * A header, with its schema of the request headers.
 * @param example none where its copies would be taken for one request
 */
export function headerParameter(name: string, description: string, example?: string): JsonObject {
  const headers = toJsonSchema(requestHeaders).properties as Record<string, JsonObject>;
  const schema = { ...headers[name.toLowerCase()], pattern: FIELD_VALUE };
  return {
    name,
    in: 'header',
    description,
    schema,
    ...(example === undefined ? {} : { example }),
  };
}

/** The header `X-Correlation-Id` of a request. */
export const correlationParameter = () =>
  headerParameter(
    'X-Correlation-Id',
    'Carried through every log line to the webhook. Created where it is absent.',
    CORRELATION_ID,
  );

/** The header `Prefer`. */
export const preferParameter = () => ({
  name: 'Prefer',
  in: 'header',
  description:
    'wait=N (RFC 7240): wait for the result until N seconds, at most 20, after API Gateway received the request. Best effort.',
  schema: { type: 'string' },
  example: 'wait=10',
});
