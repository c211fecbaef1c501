import { PROBLEMS } from '../../lib/domain/problem.ts';
import type { JsonObject } from './json-schema.ts';
import { OPENAPI_EXAMPLES } from './openapi-examples.ts';
import { correlationHeader, retryAfterHeader } from './openapi-headers.ts';
import { reference } from './reference.ts';

type Kind = keyof typeof OPENAPI_EXAMPLES.problems;

/** A response with a request as its body. */
export const requestResponse = (
  description: string,
  schema: 'Request' | 'SubmittedRequest',
  headers: JsonObject = {},
): JsonObject => ({
  description,
  headers: { 'X-Correlation-Id': correlationHeader(), ...headers },
  content: {
    'application/json': { schema: reference(schema), example: OPENAPI_EXAMPLES.request },
  },
});

/** Responses of API Gateway to callers without access. */
export const accessResponses = () => ({
  401: gatewayResponse('No token, or not a valid one (JWT).', 'Unauthorized'),
  403: gatewayResponse('No valid signature, or not allowed (IAM, scopes).', 'Forbidden'),
});

/** Responses to a request for a record, apart from 200. */
export const readResponses = () => ({
  400: problemResponse('A header is invalid.', ['invalid-header'], 'Bad Request'),
  ...accessResponses(),
  404: problemResponse('Unknown, not a UUID, another caller’s, or expired.', ['not-found']),
  429: gatewayResponse('The API’s rate.', 'Too Many Requests'),
  ...failureResponses(['table-unavailable']),
});

/** Responses to a failure of the service. */
export const failureResponses = (kinds: Kind[]) => ({
  500: problemResponse('A defect.', ['internal-error'], 'Internal Server Error'),
  503: problemResponse(
    'The table or the queue cannot be reached.',
    kinds,
    'Service Unavailable',
    retryAfterHeader(),
  ),
});

/**
 * A response with a problem document as its body.
 * @param gatewayMessage what API Gateway itself says with this status, if it has it too
 */
export function problemResponse(
  description: string,
  kinds: Kind[],
  gatewayMessage?: string,
  headers: JsonObject = {},
): JsonObject {
  const examples = kinds.map((kind) => [
    kind,
    { summary: PROBLEMS[kind].title, value: OPENAPI_EXAMPLES.problems[kind] },
  ]);
  return {
    description,
    headers: { 'X-Correlation-Id': correlationHeader(), ...headers },
    content: {
      'application/problem+json': {
        schema: reference('Problem'),
        examples: Object.fromEntries(examples),
      },
      ...(gatewayMessage === undefined ? {} : gatewayContent(gatewayMessage)),
    },
  };
}

const gatewayContent = (message: string) => ({
  'application/json': { schema: reference('GatewayError'), example: { message } },
});

/** A response of API Gateway itself. */
export const gatewayResponse = (description: string, message: string): JsonObject => ({
  description,
  content: gatewayContent(message),
});
