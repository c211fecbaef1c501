import type { ApiRequest } from '../../lib/aws/api-request.ts';
import { Problem } from '../../lib/domain/problem.ts';
import { correlationId } from '../../lib/domain/request-headers.ts';
import { uuid } from '../../lib/domain/uuid.ts';

/** The operation of a request. */
export type Route =
  | { verb: 'show' | 'cancel'; requestId: string }
  | { verb: 'list'; conversationId: string; limit: number; cursor: string | undefined };

/**
 * Behind a stage or base path, but not behind `/requests/` itself: API Gateway gives such a path to the
 * route `/requests/{proxy+}`, which does not ask for the scope to cancel.
 */
const REQUEST = /^(?:(?!\/requests\/).)*\/requests\/([^/]+)$/s;
const LIST = /\/conversations\/([^/]+)\/requests$/;
const LIMIT = { default: 20, max: 100 } as const;

/** @throws Problem if the path or method is unknown, or a header or query parameter is invalid */
export function readRoute(api: ApiRequest): Route {
  const route = readPath(api);
  assertCorrelationId(api);
  return route;
}

function readPath(api: ApiRequest): Route {
  const list = LIST.exec(api.path);
  if (list) {
    assertMethod(api, ['GET']);
    const conversationId = uuid.safeParse(list[1]);
    if (!conversationId.success) throw notFound('The conversation id must be a UUID.');
    const cursor = api.queryParameter('cursor');
    return { verb: 'list', conversationId: conversationId.data, limit: readLimit(api), cursor };
  }
  const request = REQUEST.exec(api.path);
  // The path may be encoded; what the route matched is not.
  if (!request || api.pathParameter('proxy')?.includes('/')) {
    throw notFound(
      'Requests are at /requests/{requestId} and /conversations/{conversationId}/requests.',
    );
  }
  assertMethod(api, ['GET', 'DELETE']);
  const requestId = uuid.safeParse(request[1]);
  if (!requestId.success) throw unknownRequest();
  return { verb: api.method === 'GET' ? 'show' : 'cancel', requestId: requestId.data };
}

/** The same for a request that does not exist, is another caller's, or has expired. */
export function unknownRequest(): Problem {
  return notFound('The request does not exist, or its record has expired.');
}

function notFound(detail: string): Problem {
  return new Problem('not-found', { detail });
}

function assertMethod({ method }: ApiRequest, allowed: string[]): void {
  if (allowed.includes(method)) return;
  throw new Problem('method-not-allowed', {
    detail: `Allowed methods: ${allowed.join(', ')}.`,
    headers: { allow: allowed.join(', ') },
  });
}

function assertCorrelationId(api: ApiRequest): void {
  const given = api.header('x-correlation-id');
  const issue = given === undefined ? undefined : correlationId.safeParse(given).error?.issues[0];
  if (!issue) return;
  const header = 'X-Correlation-Id';
  throw new Problem('invalid-header', {
    detail: `The header ${header} ${issue.message}.`,
    errors: [{ pointer: '', header, detail: issue.message }],
  });
}

function readLimit(api: ApiRequest): number {
  const text = api.queryParameter('limit');
  if (text === undefined) return LIMIT.default;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= LIMIT.max) return limit;
  throw invalidParameter('limit', `must be a whole number from 1 to ${LIMIT.max}`);
}

export function invalidParameter(parameter: string, detail: string): Problem {
  return new Problem('invalid-parameter', {
    detail: `The query parameter ${parameter} ${detail}.`,
    errors: [{ pointer: '', parameter, detail }],
  });
}
