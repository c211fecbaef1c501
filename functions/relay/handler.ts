import type { LookupFunction } from 'node:net';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { ChangeVisibility } from '../../lib/aws/change-visibility.ts';
import type { GetSecret } from '../../lib/aws/get-secret.ts';
import type { SendMessage } from '../../lib/aws/send-message.ts';
import type { RelayConfig } from '../../lib/config.ts';
import type { Clock, Random } from '../../lib/domain/clock.ts';
import { deadLetterAttributes } from '../../lib/domain/dead-letter.ts';
import type { DeadLetterReason } from '../../lib/domain/dead-letter-reasons.ts';
import type { SendHttp } from '../../lib/http/send-http.ts';
import type { Log } from '../../lib/logger.ts';
import type { Metric, PutMetrics } from '../../lib/metrics.ts';
import { createDeliverWebhook, TRY_LIMIT_MS } from '../../lib/webhook/deliver-webhook.ts';
import { holdStep, nextStep } from '../../lib/webhook/next-step.ts';
import { createSigningKeySource } from '../../lib/webhook/signing-key-source.ts';
import { type AuditMessage, readAuditMessage } from './read-audit-message.ts';

/** What it takes after a try to set the visibility or to send the dead letter. */
const CLOSING_MS = 3_000;

export interface RelayDeps {
  config: RelayConfig;
  sendHttp: SendHttp;
  /** Resolves the webhook's host, to addresses where webhooks may go (`createCheckedLookup`). */
  lookup?: LookupFunction;
  changeVisibility: ChangeVisibility;
  sendMessage: SendMessage;
  getSecret: GetSecret;
  clock: Clock;
  random: Random;
  log: Log;
  putMetrics: PutMetrics;
  /** For a whole try. Default 15 s (contract 5). */
  tryLimitMs?: number;
}

/** What the relay uses of Lambda's context. */
export interface RelayContext {
  getRemainingTimeInMillis?: () => number;
}

export type RelayHandler = (event: SQSEvent, context: RelayContext) => Promise<SQSBatchResponse>;

/** One invocation. */
interface Batch {
  receivedAtMs: number;
  remainingMs: () => number;
  metrics: Metric[];
}

/** The audit queue's batches: each result goes to the webhook by itself, all at the same time. */
export function createHandler(deps: RelayDeps): RelayHandler {
  const { config, sendHttp, lookup, clock, random, log } = deps;
  const tryLimitMs = deps.tryLimitMs ?? TRY_LIMIT_MS;
  const url = config.EXTERNAL_WEBHOOK_URL;
  const deliver = createDeliverWebhook({ sendHttp, clock, lookup, tryLimitMs });
  const signingKeys = createSigningKeySource({
    secretId: config.WEBHOOK_SIGNING_SECRET_ID,
    getSecret: deps.getSecret,
    clock,
    log,
  });
  if (url === undefined) {
    log.warn('results are logged and not relayed: EXTERNAL_WEBHOOK_URL is not set');
  } else {
    // Begun at start, so that a key that cannot be used is named there and the first batch waits
    // less. A failure is logged, and met again by the batch.
    signingKeys().catch(() => {});
  }

  return async (event, context) => {
    const batch: Batch = {
      receivedAtMs: clock.now(),
      remainingMs: () => context.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY,
      metrics: [],
    };
    const settled = await Promise.all(
      event.Records.map(async (record) => {
        const message = readAuditMessage(record);
        const isDone = await relay(message, batch).catch((error: unknown) => {
          // The message stays hidden for the queue's visibility time-out, then comes back.
          log.error('relay failed', { ...message.fields, error });
          return false;
        });
        return isDone ? [] : [{ itemIdentifier: record.messageId }];
      }),
    );
    if (batch.metrics.length > 0) deps.putMetrics(...batch.metrics);
    return { batchItemFailures: settled.flat() };
  };

  /** @returns whether the message is done with and can be deleted */
  async function relay(message: AuditMessage, batch: Batch): Promise<boolean> {
    const { record, event, fields, sentAtMs } = message;
    if (!event) {
      const detail = 'the body is no audit event of this service';
      return giveUp(message, batch, { reason: 'NOT_AN_AUDIT_EVENT', detail });
    }
    if (url === undefined) {
      log.info('webhook not configured', { ...fields, result: event.audit });
      return true;
    }
    const history = () => ({
      receiveCount: message.tries,
      sentAtMs,
      receivedAtMs: batch.receivedAtMs,
      nowMs: clock.now(),
      random,
    });
    const tryOnce = async () => {
      const keys = await signingKeys().catch((error: Error) => error);
      if (keys instanceof Error) return holdStep(keys.message, history());
      if (batch.remainingMs() < tryLimitMs + CLOSING_MS) {
        const error = 'too little time left to try';
        return { kind: 'again', delayMs: 0, status: undefined, error } as const;
      }
      const verdict = await deliver({ url, id: event.id, body: record.body, keys });
      const delivered = verdict.kind === 'delivered';
      batch.metrics.push(
        { name: 'WebhookTries', unit: 'Count', value: 1 },
        // Zeroes too: an alarm on the share of failures needs them.
        { name: 'WebhookFailures', unit: 'Count', value: delivered ? 0 : 1 },
      );
      return nextStep(verdict, history());
    };

    const step = await tryOnce();
    const status = step.status === undefined ? {} : { status_code: step.status };
    switch (step.kind) {
      case 'done': {
        const lagMs = Math.max(0, clock.now() - sentAtMs);
        batch.metrics.push({ name: 'WebhookLagMs', unit: 'Milliseconds', value: lagMs });
        log.info('relayed', { ...fields, ...status, lag_ms: lagMs });
        return true;
      }
      case 'again':
        log.warn('relay failed', {
          ...fields,
          ...status,
          error: step.error,
          retry_in_s: Math.round(step.delayMs / 1000),
        });
        await deps.changeVisibility({
          queueUrl: config.AUDIT_QUEUE_URL,
          receiptHandle: record.receiptHandle,
          seconds: step.delayMs / 1000,
        });
        return false;
      case 'give-up':
        return giveUp(message, batch, step);
    }
  }

  interface Reason {
    reason: DeadLetterReason;
    detail: string;
    status?: number | undefined;
    error?: string | undefined;
  }

  async function giveUp(message: AuditMessage, batch: Batch, why: Reason): Promise<true> {
    const { record, event, fields, tries } = message;
    const { reason, detail, status: lastStatus, error: lastError } = why;
    const { ApproximateFirstReceiveTimestamp, AWSTraceHeader } = record.attributes;
    const lastReceivedAtMs = batch.receivedAtMs;
    const firstReceivedAtMs = Number(ApproximateFirstReceiveTimestamp) || lastReceivedAtMs;
    const letter = { reason, detail, tries, firstReceivedAtMs, lastReceivedAtMs };
    const identity = {
      requestId: event?.requestId,
      correlationId: event?.correlationId,
      eventId: event?.id,
    };
    await deps.sendMessage({
      queueUrl: config.AUDIT_DLQ_URL,
      body: record.body,
      attributes: deadLetterAttributes(
        { ...letter, ...identity, lastStatus, lastError },
        record.body,
      ),
      ...(AWSTraceHeader ? { traceHeader: AWSTraceHeader } : {}),
    });
    batch.metrics.push({ name: 'WebhookDeadLetters', unit: 'Count', value: 1 });
    log.error('dead-lettered', {
      ...fields,
      reason,
      ...(lastStatus === undefined ? {} : { status_code: lastStatus }),
      error: lastError ?? detail,
    });
    return true;
  }
}
