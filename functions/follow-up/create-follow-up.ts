import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { explainDeniedSends } from '../../lib/aws/explain-denied-sends.ts';
import { createSendCallForHelp } from '../../lib/aws/send-call-for-help.ts';
import type { SendMessage } from '../../lib/aws/send-message.ts';
import { createSendResult } from '../../lib/aws/send-result.ts';
import { createSendWatch } from '../../lib/aws/send-watch.ts';
import { finishExpired } from '../../lib/carry-out/carry-out-request.ts';
import {
  createGenesysPorts,
  type GenesysPortsOptions,
} from '../../lib/carry-out/create-genesys-ports.ts';
import { explainDeniedRecords } from '../../lib/carry-out/explain-denied-records.ts';
import type { ReceiveDeps } from '../../lib/carry-out/receive.ts';
import { type ReconcileDeps, reconcile } from '../../lib/carry-out/reconcile.ts';
import { reportResult } from '../../lib/carry-out/report-result.ts';
import { type WatchDeps, watchConnections } from '../../lib/carry-out/watch-connections.ts';
import type { FollowUpConfig } from '../../lib/config.ts';
import type { RequestRecord } from '../../lib/domain/request-record.ts';
import type { ConversationLeases } from '../../lib/records/conversation-lease.ts';
import type { RecordStore } from '../../lib/records/record-store.ts';
import { type LambdaFunction, wrapHandler } from '../../lib/wrap-handler.ts';
import { createHandler, type FollowUpContext } from './handler.ts';
import { reportConnection } from './report-connection.ts';

export interface FollowUpPorts extends Omit<GenesysPortsOptions, 'config'> {
  config: FollowUpConfig;
  records: RecordStore;
  leases: ConversationLeases;
  sendMessage: SendMessage;
}

export type FollowUpFunction = LambdaFunction<SQSEvent | object, SQSBatchResponse, FollowUpContext>;

/** Capacity if a conversation does not state it. Not used, because follow-up does not add people. */
const ANY_LIMIT = 20;

/** Builds `follow-up` from its ports. */
export function createFollowUp(ports: FollowUpPorts): FollowUpFunction {
  const { config, leases, clock, random, putMetrics } = ports;
  const records = explainDeniedRecords(ports.records);
  const sendMessage = explainDeniedSends(ports.sendMessage);
  const genesys = createGenesysPorts(ports);
  const { log } = genesys;
  const queueUrl = config.WATCH_QUEUE_URL;
  const deps: ReceiveDeps & WatchDeps & Pick<ReconcileDeps, 'records'> = {
    ...genesys,
    records,
    leases,
    clock,
    random,
    newWriteId: ports.randomUuid,
    retentionMs: config.RECORD_RETENTION_DAYS * 86_400_000,
    sendResult: createSendResult(sendMessage, config.AUDIT_QUEUE_URL),
    scheduleWatch: config.WATCH_CONNECTIONS
      ? createSendWatch({ sendMessage, queueUrl: config.WATCH_QUEUE_URL, clock, log })
      : undefined,
    onResult: (result) => reportResult({ log, putMetrics }, result),
    maxParticipants: ANY_LIMIT,
    // Only requests past their deadline are finished here, and those do not ring anyone.
    refuseAddress: () => undefined,
    onConnectionResult: (record, event) => reportConnection({ log, putMetrics }, record, event),
  };
  const watch = config.WATCH_CONNECTIONS
    ? (record: RequestRecord, finishByMs: number) => watchConnections(deps, record, finishByMs)
    : undefined;
  const handler = createHandler({
    records,
    clock,
    log,
    putMetrics,
    watchConnections: watch,
    reconcile: (finishByMs, shard) =>
      reconcile(
        {
          ...deps,
          resumeWatch: watch,
          askForHelp:
            queueUrl === undefined ? undefined : createSendCallForHelp(sendMessage, queueUrl),
          finishUnresolved: async (record, untilMs) => {
            const ended = await finishExpired(deps, record, { finishByMs: untilMs });
            return ended.kind === 'finished';
          },
          onFailure: ({ requestId, correlationId }, error) =>
            log.warn('not finished yet', {
              request_id: requestId,
              correlation_id: correlationId,
              error,
            }),
        },
        finishByMs,
        shard,
      ),
  });
  return wrapHandler(handler, { log });
}
