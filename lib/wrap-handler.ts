import middy, { type MiddlewareObj } from '@middy/core';
import { isAccessDenied } from './aws/access-denied.ts';
import type { Log } from './logger.ts';

/** A function, as AWS Lambda calls it. */
export type LambdaFunction<Event, Result, Context = unknown> = (
  event: Event,
  context: Context,
) => Promise<Result>;

export interface WrapOptions {
  log: Log;
  /** Additional middlewares, outermost first. */
  // biome-ignore lint/suspicious/noExplicitAny: a middleware may replace the event by one of another type
  middlewares?: MiddlewareObj<any, any>[];
}

/**
 * Common conventions of all functions: an unhandled error is logged as a `defect`, or `access denied`, with the
 * invocation's id and thrown again, so that Lambda counts it and the event source retries the batch. A result, such as a partial batch response, is returned as it is.
 * Powertools' logger puts the X-Ray trace id on each line.
 */
export function wrapHandler<Event, Result, Context>(
  handle: (event: never, context: Context) => Promise<Result>,
  { log, middlewares = [] }: WrapOptions,
): LambdaFunction<Event, Result, Context> {
  // The functions enforce their time limits, because they have to defer what is unfinished.
  const wrapped = middy({ timeoutEarlyInMillis: 0 })
    .use([logDefects(log), ...middlewares])
    .handler(handle as never);
  return wrapped as unknown as LambdaFunction<Event, Result, Context>;
}

function logDefects(log: Log): MiddlewareObj {
  return {
    onError: ({ error, context, response }) => {
      // An inner middleware has turned the error into a response.
      if (response !== undefined) return;
      const message = isAccessDenied(error) ? 'access denied' : 'defect';
      log.error(message, { function_request_id: context.awsRequestId, error });
    },
  };
}
