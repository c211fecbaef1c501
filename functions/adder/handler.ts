import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { ChangeVisibility } from '../../lib/aws/change-visibility.ts';
import { type Handled, workThroughFifoBatch } from '../../lib/aws/fifo-batch.ts';
import type { SendMessage } from '../../lib/aws/send-message.ts';
import type { AdderConfig } from '../../lib/config.ts';
import type { AuditEvent, Status } from '../../lib/domain/audit-event.ts';
import { deadLetterAttributes } from '../../lib/domain/dead-letter.ts';
import { eventId } from '../../lib/domain/event-id.ts';
import type { Verdict } from '../../lib/domain/result.ts';
import { hasAnotherTry } from '../../lib/domain/retry-policy.ts';
import { uuid } from '../../lib/domain/uuid.ts';
import type { Log } from '../../lib/logger.ts';
import type { PutMetrics } from '../../lib/metrics.ts';
import { type SettleDeps, type Settlement, settleRequest } from './settle-request.ts';

/** Kept back of the invocation's time for sending results and setting visibilities. */
const RESERVE_MS = 3_000;
/** A result that could not be sent is tried again after this: the request is then done anew. */
const RESULT_UNSENT_DELAY_MS = 5_000;

/** Codes that an operator has to act upon. */
const OPERATOR_CODES = new Set(['FORBIDDEN', 'INVALID_CREDENTIALS']);

const STATUS_METRICS: Record<Status, string> = {
  SUCCESS: 'ResultsSuccess',
  PARTIAL: 'ResultsPartial',
  FAILED: 'ResultsFailed',
  EXPIRED: 'ResultsExpired',
  CANCELLED: 'ResultsCancelled',
};

export interface AdderDeps extends SettleDeps {
  config: Pick<AdderConfig, 'REQUEST_QUEUE_URL' | 'REQUEST_DLQ_URL' | 'AUDIT_QUEUE_URL'>;
  sendMessage: SendMessage;
  changeVisibility: ChangeVisibility;
  log: Log;
  putMetrics: PutMetrics;
}

/** What the adder uses of Lambda's context. */
export type AdderContext = Pick<Context, 'getRemainingTimeInMillis'>;

export type AdderHandler = (event: SQSEvent, context: AdderContext) => Promise<SQSBatchResponse>;

/** Carries out the requests of a batch; each ends in one result on the audit queue, or comes back. */
export function createHandler(deps: AdderDeps): AdderHandler {
  const { config, clock, log } = deps;

  async function handle(
    record: SQSRecord,
    finishByMs: number,
    untouched = false,
  ): Promise<Handled> {
    const settlement = await settleRequest(deps, {
      untouched,
      body: record.body,
      messageId: originalId(record),
      sentAtMs: Number(record.attributes.SentTimestamp) || clock.now(),
      receiveCount: receiveCount(record),
      finishByMs,
    });
    const names = {
      request_id: settlement.requestId,
      correlation_id: settlement.correlationId,
      conversation_id: settlement.conversationId,
    };
    if (settlement.defect !== undefined) {
      log.error('defect', { ...names, error: settlement.defect });
    }
    if (settlement.kind === 'defer') {
      const delay_ms = Math.round(settlement.delayMs);
      log.info('deferred', { ...names, delay_ms, cause: settlement.cause });
      deps.putMetrics({ name: 'Deferrals', unit: 'Count', value: 1 });
      return { done: false, delayMs: settlement.delayMs };
    }
    try {
      await sendResult(record, settlement, settlement.event);
      if (settlement.deadLetter) await sendDeadLetter(record, settlement, settlement.deadLetter);
    } catch (error) {
      log.error('result not sent', { ...names, error });
      return { done: false, delayMs: RESULT_UNSENT_DELAY_MS };
    }
    report(settlement.event, names);
    return { done: true };
  }

  async function sendResult(record: SQSRecord, { requestId }: Settlement, event: AuditEvent) {
    const traceHeader = record.attributes.AWSTraceHeader;
    await deps.sendMessage({
      queueUrl: config.AUDIT_QUEUE_URL,
      body: JSON.stringify(event),
      attributes: { event_id: eventId(requestId, redriveCount(record)) },
      ...(traceHeader === undefined ? {} : { traceHeader }),
    });
  }

  async function sendDeadLetter(record: SQSRecord, settlement: Settlement, verdict: Verdict) {
    const { attributes } = record;
    await deps.sendMessage({
      queueUrl: config.REQUEST_DLQ_URL,
      body: record.body,
      groupId: attributes.MessageGroupId ?? settlement.requestId,
      deduplicationId: record.messageId,
      attributes: deadLetterAttributes(
        {
          reason: verdict.code,
          detail: verdict.detail,
          tries: receiveCount(record),
          firstReceivedAtMs: Number(attributes.ApproximateFirstReceiveTimestamp) || clock.now(),
          lastReceivedAtMs: clock.now(),
          requestId: settlement.requestId,
          correlationId: settlement.correlationId,
          redrive: redriveCount(record),
        },
        record.body,
      ),
    });
  }

  function report(event: AuditEvent, names: Record<string, string>): void {
    const { audit } = event;
    const level = OPERATOR_CODES.has(audit.code ?? '') ? 'error' : 'info';
    log[level]('result', { ...names, event });
    const added = audit.participants.some(({ outcome }) => outcome === 'ADDED');
    deps.putMetrics(
      // Zeroes too: an alarm on the share of one of them needs all of them.
      ...Object.entries(STATUS_METRICS).map(
        ([status, name]) =>
          ({ name, unit: 'Count', value: status === audit.status ? 1 : 0 }) as const,
      ),
      { name: 'GenesysCalls', unit: 'Count', value: audit.genesys_calls },
      ...(added
        ? [
            {
              name: 'AcceptedToAddedMs',
              unit: 'Milliseconds',
              value: audit.queued_ms + audit.latency_ms,
            } as const,
          ]
        : []),
    );
  }

  return async ({ Records }, context) => {
    const finishByMs = clock.now() + context.getRemainingTimeInMillis() - RESERVE_MS;
    const response = await workThroughFifoBatch(Records, {
      handle: (record) => handle(record, finishByMs),
      // Going back counts as a receive: a message that has no more of them ends here.
      release: async (record) =>
        !hasAnotherTry(receiveCount(record), deps.maxReceives) &&
        (await handle(record, finishByMs, true)).done,
      queueUrl: config.REQUEST_QUEUE_URL,
      changeVisibility: deps.changeVisibility,
    });
    deps.putMetrics({
      name: 'BudgetUsedPercent',
      unit: 'Percent',
      value: deps.allowance.usedPercent(),
    });
    return response;
  };
}

/** How often SQS has handed this message out, this time included. */
function receiveCount(record: SQSRecord): number {
  return Number(record.attributes.ApproximateReceiveCount) || 1;
}

/** A message that an operator sent again keeps the request id that its first message gave it. */
function originalId(record: SQSRecord): string {
  return uuid.safeParse(record.messageAttributes.request_id?.stringValue).data ?? record.messageId;
}

/** How often an operator has sent this request again from the dead-letter queue. */
function redriveCount(record: SQSRecord): number {
  return Number(record.messageAttributes.redrive?.stringValue) || 0;
}
