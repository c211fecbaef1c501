import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Reconciled } from '../../lib/carry-out/reconcile.ts';
import type { Clock } from '../../lib/domain/clock.ts';
import { asObject, asString, parseJson } from '../../lib/domain/json.ts';
import type { RequestRecord } from '../../lib/domain/request-record.ts';
import type { Log } from '../../lib/logger.ts';
import type { PutMetrics } from '../../lib/metrics.ts';
import type { RecordStore } from '../../lib/records/record-store.ts';

/** Time for records in progress when no new ones are started. */
const MARGIN_MS = 10_000;

/** What is read of Lambda's context. */
export interface FollowUpContext {
  getRemainingTimeInMillis?: () => number;
}

export interface FollowUpHandlerDeps {
  /** @param shard absent: all work */
  reconcile: (finishByMs: number, shard?: number) => Promise<Reconciled>;
  records: Pick<RecordStore, 'get'>;
  /** A look of the connection watch. Absent: connections are not watched. */
  watchConnections?: ((record: RequestRecord, finishByMs: number) => Promise<void>) | undefined;
  clock: Pick<Clock, 'now'>;
  log: Log;
  putMetrics: PutMetrics;
}

/**
 * A scheduled event runs the reconciler. A message of the watch queue triggers a look at a connection, or a run
 * of the reconciler that helps another one.
 */
export function createHandler(
  deps: FollowUpHandlerDeps,
): (event: SQSEvent | object, context: FollowUpContext) => Promise<SQSBatchResponse> {
  return async (event, context) => {
    const leftMs = context.getRemainingTimeInMillis?.() ?? 50_000;
    const finishByMs = deps.clock.now() + leftMs - MARGIN_MS;
    if ('Records' in event) return watch(event, finishByMs);
    await reconcile(finishByMs);
    return { batchItemFailures: [] };
  };

  async function reconcile(finishByMs: number, shard?: number): Promise<void> {
    const done = await deps.reconcile(finishByMs, shard);
    deps.log.info('reconciled', { ...done });
    deps.putMetrics(
      { name: 'RequestsExpiredByReconciler', unit: 'Count', value: done.expired },
      { name: 'ReconcilerFailures', unit: 'Count', value: done.failed },
      // Counted by each result. The zero gives the alarm results-not-success a value in every period.
      { name: 'ResultsExpired', unit: 'Count', value: 0 },
      // Only where there are any: a metric costs extra for every hour in which it has a value.
      ...(
        [
          { name: 'ResultsResent', unit: 'Count', value: done.sent },
          { name: 'UnresolvedFinished', unit: 'Count', value: done.unresolved },
          { name: 'WatchesResumed', unit: 'Count', value: done.watched },
        ] as const
      ).filter(({ value }) => value > 0),
    );
  }

  async function watch({ Records }: SQSEvent, finishByMs: number): Promise<SQSBatchResponse> {
    const failed = await Promise.all(
      Records.map(async ({ messageId, body }) => {
        try {
          await look(body, finishByMs);
          return [];
        } catch (error) {
          deps.log.warn('look failed', { message_id: messageId, error });
          return [{ itemIdentifier: messageId }];
        }
      }),
    );
    return { batchItemFailures: failed.flat() };
  }

  async function look(body: string, finishByMs: number): Promise<void> {
    const message = asObject(parseJson(body));
    const { reconcileShard } = message ?? {};
    if (typeof reconcileShard === 'number') return reconcile(finishByMs, reconcileShard);
    const requestId = asString(message?.requestId);
    const record = requestId === undefined ? undefined : await deps.records.get(requestId);
    // The watch has ended, or the message is not a watch.
    if (record?.watch) await deps.watchConnections?.(record, finishByMs);
  }
}
