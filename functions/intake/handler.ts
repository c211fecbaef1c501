import type { Call } from '../../lib/api/correlate.ts';
import type { InvocationContext } from '../../lib/api/or-data-action.ts';
import { toWait } from '../../lib/api/to-wait.ts';
import { type ApiResponse, jsonResponse } from '../../lib/aws/problem-response.ts';
import type { Accepted } from '../../lib/domain/accepted.ts';
import { readPreferWait } from '../../lib/domain/prefer-wait.ts';
import { isFinal } from '../../lib/domain/request-record.ts';
import { toRequestResource } from '../../lib/domain/request-resource.ts';
import type { Acceptance, AcceptRequest } from './accept-request.ts';
import { deriveRequestId } from './derive-request-id.ts';
import { locationOf } from './location-of.ts';
import type { ReadRequest } from './read-request.ts';

export interface IntakeHandlerDeps {
  readRequest: ReadRequest;
  acceptRequest: AcceptRequest;
}

/**
 * `POST /conversations/{conversationId}/participants`: creates a request's record and queues its
 * message. Throws a Problem if the request is refused.
 */
export function createHandler(
  deps: IntakeHandlerDeps,
): (call: Call, context: InvocationContext) => Promise<ApiResponse> {
  return async (call, context) => {
    const { api, correlationId } = call;
    const { conversationId, body, idempotencyKey } = deps.readRequest(api);
    if (idempotencyKey !== undefined) {
      call.requestId = deriveRequestId(api.caller.identity, idempotencyKey);
    }
    const { requestId } = call;
    const waitSeconds = readPreferWait(api.header('prefer'));
    const { caller } = api;
    const acceptance = await deps.acceptRequest({
      requestId,
      caller,
      conversationId,
      body,
      correlationId,
      wait: waitSeconds === undefined ? undefined : toWait(waitSeconds, context, api.receivedAtMs),
    });
    return respond(acceptance, {
      location: locationOf(api, requestId),
      ...(waitSeconds === undefined ? {} : { 'preference-applied': `wait=${waitSeconds}` }),
    });
  };
}

function respond(
  { record, replayed, waited }: Acceptance,
  headers: { location: string; 'preference-applied'?: string },
): ApiResponse {
  const { location, ...applied } = headers;
  const isResult = waited && isFinal(record);
  const response = isResult
    ? jsonResponse(200, toRequestResource(record))
    : jsonResponse(202, {
        requestId: record.requestId,
        conversationId: record.conversationId,
        status: record.status,
        deadline: new Date(record.deadlineMs).toISOString(),
      } satisfies Accepted);
  Object.assign(
    response.headers,
    { location },
    waited ? applied : {},
    replayed ? { 'idempotency-replayed': 'true' } : {},
  );
  return response;
}
