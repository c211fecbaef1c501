import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { type LambdaFunction, wrapHandler } from '../../lib/wrap-handler.ts';
import { createHandler, type RelayContext, type RelayDeps } from './handler.ts';

export type RelayFunction = LambdaFunction<SQSEvent, SQSBatchResponse, RelayContext>;

/** Builds the relay from its ports. */
export function createRelay(ports: RelayDeps): RelayFunction {
  return wrapHandler(createHandler(ports), { log: ports.log });
}
