import type { ApiEvent } from '../aws/api-request.ts';
import type { ApiResponse } from '../aws/problem-response.ts';
import { DataActionError, type DataActionResult } from '../domain/data-action-result.ts';
import { asObject } from '../domain/json.ts';
import { Problem } from '../domain/problem.ts';
import type { Log } from '../logger.ts';

/** What is read of Lambda's context. */
export interface InvocationContext {
  invokedFunctionArn?: string;
  getRemainingTimeInMillis?: () => number;
}

/** A function behind API Gateway that Genesys Cloud can also invoke as a data action. */
export interface HttpOrDataAction {
  (event: ApiEvent, context: InvocationContext): Promise<ApiResponse>;
  /** Through the alias `data-action`. */
  (event: unknown, context: InvocationContext): Promise<ApiResponse | DataActionResult>;
}

/** Handles flat input. @throws DataActionError that names every invalid field, or Problem */
export type HandleDataAction = (
  event: unknown,
  context: InvocationContext,
) => Promise<DataActionResult>;

/**
 * Distinguishes API requests from data actions by the alias only. The role of Genesys Cloud may invoke only
 * `data-action`, so an invocation through it is read as flat input, and no other invocation is. Otherwise
 * that role could impersonate any caller of the API.
 */
export function orDataAction({
  http,
  dataAction,
  log,
}: {
  http: (event: ApiEvent, context: InvocationContext) => Promise<ApiResponse>;
  dataAction: HandleDataAction;
  log: Log;
}): HttpOrDataAction {
  const handle = async (event: unknown, context: InvocationContext) => {
    if (!context.invokedFunctionArn?.endsWith(':data-action')) {
      return http(event as ApiEvent, context);
    }
    try {
      if (Object.hasOwn(asObject(event) ?? {}, 'requestContext')) {
        throw new DataActionError('An API Gateway event is not accepted through this alias.');
      }
      return await dataAction(event, context);
    } catch (error) {
      throw toDataActionError(error, log);
    }
  };
  return handle as HttpOrDataAction;
}

/** Genesys Cloud shows the message to the author of the flow. */
function toDataActionError(error: unknown, log: Log): DataActionError {
  if (error instanceof DataActionError || error instanceof Problem) {
    log.warn('refused', { problem: error.name, requested_by: 'genesys-data-action' });
    return new DataActionError(error.message);
  }
  log.error('defect', { error });
  return new DataActionError('Internal error. Report it with the time of the invocation.');
}
