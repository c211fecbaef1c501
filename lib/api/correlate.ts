import type { MiddlewareObj } from '@middy/core';
import { type ApiEvent, type ApiRequest, readApiRequest } from '../aws/api-request.ts';
import type { ApiResponse } from '../aws/problem-response.ts';
import { correlationId } from '../domain/request-headers.ts';

/** One HTTP invocation, as the handlers see it. */
export interface Call {
  api: ApiRequest;
  /** Identifies this invocation, and no other: the occurrence of an error. */
  occurrenceId: string;
  /** Identifies the request. The same as `occurrenceId`, unless it is derived from an idempotency key. */
  requestId: string;
  correlationId: string;
}

/** Middleware: turns the event into a `Call`, and puts the correlation id on every response. */
export function correlate(randomUuid: () => string): MiddlewareObj<Call, ApiResponse> {
  const stamp = (request: { event: Call; response?: ApiResponse | null | undefined }) => {
    if (request.response) {
      request.response.headers['x-correlation-id'] = request.event.correlationId;
    }
  };
  return {
    before: (request) => {
      const api = readApiRequest(request.event as ApiEvent);
      const occurrenceId = randomUuid();
      // An invalid one is refused later, but that response needs an id too.
      const given = correlationId.safeParse(api.header('x-correlation-id'));
      request.event = {
        api,
        occurrenceId,
        requestId: occurrenceId,
        correlationId: given.success ? given.data : occurrenceId,
      };
    },
    after: stamp,
    onError: stamp,
  };
}
