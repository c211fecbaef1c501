import type { Call } from '../../lib/api/correlate.ts';
import type { InvocationContext } from '../../lib/api/or-data-action.ts';
import { toWait } from '../../lib/api/to-wait.ts';
import { type ApiResponse, jsonResponse } from '../../lib/aws/problem-response.ts';
import { readPreferWait } from '../../lib/domain/prefer-wait.ts';
import { Problem } from '../../lib/domain/problem.ts';
import type { RequestRecord } from '../../lib/domain/request-record.ts';
import { type RequestList, toRequestResource } from '../../lib/domain/request-resource.ts';
import type { Log } from '../../lib/logger.ts';
import { CursorError, type RecordPage, type RecordStore } from '../../lib/records/record-store.ts';
import type { WaitForResult } from '../../lib/records/wait-for-result.ts';
import type { CancelRequest } from './cancel-request.ts';
import type { MaySee } from './may-see.ts';
import { invalidParameter, type Route, readRoute, unknownRequest } from './read-route.ts';
import { tableUnavailable } from './table-unavailable.ts';

/** Maximum number of pages read for one response. Pages can consist of other callers' requests. */
const MAX_PAGES = 10;

export interface RequestsHandlerDeps {
  records: Pick<RecordStore, 'get' | 'listByConversation'>;
  cancelRequest: CancelRequest;
  waitForResult: WaitForResult;
  maySee: MaySee;
  log: Log;
}

/**
 * `GET` and `DELETE /requests/{requestId}`, `GET /conversations/{conversationId}/requests`. The
 * function throws a Problem if the request is refused.
 */
export function createHandler(
  deps: RequestsHandlerDeps,
): (call: Call, context: InvocationContext) => Promise<ApiResponse> {
  return async (call, context) => {
    const route = readRoute(call.api);
    try {
      if (route.verb === 'list') return jsonResponse(200, await list(call, route));
      return route.verb === 'show' ? await show(call, route, context) : await cancel(call, route);
    } catch (error) {
      if (error instanceof Problem) throw error;
      const { requestId, correlationId } = call;
      throw tableUnavailable(deps, { request_id: requestId, correlation_id: correlationId }, error);
    }
  };

  /** @throws Problem 404, also if the caller may not see it */
  async function find({ api }: Call, requestId: string): Promise<RequestRecord> {
    const record = await deps.records.get(requestId);
    if (!record || !deps.maySee(api.caller, record)) throw unknownRequest();
    return record;
  }

  async function show(
    call: Call,
    { requestId }: { requestId: string },
    context: InvocationContext,
  ): Promise<ApiResponse> {
    const record = await find(call, requestId);
    const seconds = readPreferWait(call.api.header('prefer'));
    if (seconds === undefined) return jsonResponse(200, toRequestResource(record));
    const wait = toWait(seconds, context, call.api.receivedAtMs);
    const waited = await deps.waitForResult(record, wait);
    const response = jsonResponse(200, toRequestResource(waited.record));
    if (waited.applied) response.headers['preference-applied'] = `wait=${seconds}`;
    return response;
  }

  async function cancel(call: Call, { requestId }: { requestId: string }): Promise<ApiResponse> {
    const cancelled = await deps.cancelRequest(await find(call, requestId));
    deps.log.info('cancelled', {
      request_id: requestId,
      correlation_id: cancelled.correlationId,
      conversation_id: cancelled.conversationId,
      requested_by: call.api.caller.name,
    });
    return jsonResponse(200, toRequestResource(cancelled));
  }

  async function list(
    { api }: Call,
    { conversationId, limit, cursor }: Extract<Route, { verb: 'list' }>,
  ): Promise<RequestList> {
    const visible: RequestRecord[] = [];
    let next = cursor;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      const page = await readPage(conversationId, limit - visible.length, next);
      visible.push(...page.records.filter((record) => deps.maySee(api.caller, record)));
      next = page.nextCursor;
      if (next === undefined || visible.length >= limit) break;
    }
    return {
      requests: visible.map(toRequestResource),
      ...(next === undefined ? {} : { nextCursor: next }),
    };
  }

  async function readPage(
    conversationId: string,
    limit: number,
    cursor: string | undefined,
  ): Promise<RecordPage> {
    try {
      return await deps.records.listByConversation(conversationId, { limit, cursor });
    } catch (error) {
      if (error instanceof CursorError) {
        throw invalidParameter('cursor', 'must be the nextCursor of a page');
      }
      throw error;
    }
  }
}
