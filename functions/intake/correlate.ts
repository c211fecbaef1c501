import type { MiddlewareObj } from '@middy/core';
import { type ApiEvent, type ApiRequest, readApiRequest } from '../../lib/aws/api-request.ts';
import type { ApiResponse } from '../../lib/aws/problem-response.ts';
import { correlationId } from '../../lib/domain/request-headers.ts';

/** One invocation, as the rest of the chain sees it. */
export interface Call {
  api: ApiRequest;
  /** Names the request; in an error, this occurrence of it. */
  requestId: string;
  correlationId: string;
}

/** Middleware: turns the event into a `Call`, and puts the correlation id on every answer. */
export function correlate(randomUuid: () => string): MiddlewareObj<Call, ApiResponse> {
  const stamp = (request: { event: Call; response?: ApiResponse | null | undefined }) => {
    if (request.response) {
      request.response.headers['x-correlation-id'] = request.event.correlationId;
    }
  };
  return {
    before: (request) => {
      const api = readApiRequest(request.event as ApiEvent);
      const requestId = randomUuid();
      // One that is too long or not ASCII is refused later; that answer needs an id nevertheless.
      const given = correlationId.safeParse(api.header('x-correlation-id'));
      request.event = { api, requestId, correlationId: given.success ? given.data : requestId };
    },
    after: stamp,
    onError: stamp,
  };
}
