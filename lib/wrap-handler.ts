import middy, { type MiddlewareObj } from '@middy/core';
import type { Log } from './logger.ts';

/** A function, as AWS Lambda calls it. */
export type LambdaFunction<Event, Result, Context = unknown> = (
  event: Event,
  context: Context,
) => Promise<Result>;

export interface WrapOptions {
  log: Log;
  /** What else wraps this function, outermost first. */
  // biome-ignore lint/suspicious/noExplicitAny: a middleware may replace the event by one of another type
  middlewares?: MiddlewareObj<any, any>[];
}

/**
 * Gives every function the same conventions: an error that nothing has handled is logged as a
 * `defect`, with the id of the invocation, and thrown on, so that Lambda counts it and the event
 * source repeats the batch. A result, such as a partial batch response, is returned as it is.
 * Powertools' logger puts the X-Ray trace id on each line.
 */
export function wrapHandler<Event, Result, Context>(
  handle: (event: never, context: Context) => Promise<Result>,
  { log, middlewares = [] }: WrapOptions,
): LambdaFunction<Event, Result, Context> {
  // Time limits are kept by the functions themselves: they know what to hand back.
  const wrapped = middy({ timeoutEarlyInMillis: 0 })
    .use([logDefects(log), ...middlewares])
    .handler(handle as never);
  return wrapped as unknown as LambdaFunction<Event, Result, Context>;
}

function logDefects(log: Log): MiddlewareObj {
  return {
    onError: ({ error, context, response }) => {
      // A middleware inside this one has made a response of the error.
      if (response !== undefined) return;
      log.error('defect', { function_request_id: context.awsRequestId, error });
    },
  };
}
