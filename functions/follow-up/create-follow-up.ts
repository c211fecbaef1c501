import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { SendMessage } from '../../lib/aws/send-message.ts';
import { createSendResult } from '../../lib/aws/send-result.ts';
import { type ReconcileDeps, reconcile } from '../../lib/carry-out/reconcile.ts';
import type { Log } from '../../lib/logger.ts';
import type { PutMetrics } from '../../lib/metrics.ts';
import { type LambdaFunction, wrapHandler } from '../../lib/wrap-handler.ts';
import { createHandler, type FollowUpContext } from './handler.ts';

export interface FollowUpPorts
  extends Pick<
    ReconcileDeps,
    | 'records'
    | 'leases'
    | 'clock'
    | 'newWriteId'
    | 'retentionMs'
    | 'finishUnresolved'
    | 'resumeWatch'
    | 'scheduleWatch'
  > {
  sendMessage: SendMessage;
  auditQueueUrl: string;
  log: Log;
  putMetrics: PutMetrics;
}

export type FollowUpFunction = LambdaFunction<SQSEvent | object, SQSBatchResponse, FollowUpContext>;

/** Builds `follow-up` from its ports. */
export function createFollowUp(ports: FollowUpPorts): FollowUpFunction {
  const { log } = ports;
  const deps: ReconcileDeps = {
    ...ports,
    sendResult: createSendResult(ports.sendMessage, ports.auditQueueUrl),
    onFailure: ({ requestId, correlationId }, error) =>
      log.warn('not finished yet', { request_id: requestId, correlation_id: correlationId, error }),
  };
  const handler = createHandler({
    ...ports,
    watchConnections: ports.resumeWatch,
    reconcile: (finishByMs) => reconcile(deps, finishByMs),
  });
  return wrapHandler(handler, { log });
}
