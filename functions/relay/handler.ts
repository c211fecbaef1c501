import type { LookupFunction } from 'node:net';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { AccessDeniedError, explainDenial, explainIfDenied } from '../../lib/aws/access-denied.ts';
import type { ChangeVisibility } from '../../lib/aws/change-visibility.ts';
import { explainDeniedSends } from '../../lib/aws/explain-denied-sends.ts';
import type { GetSecret } from '../../lib/aws/get-secret.ts';
import type { SendMessage } from '../../lib/aws/send-message.ts';
import type { RelayConfig } from '../../lib/config.ts';
import type { Clock, Random } from '../../lib/domain/clock.ts';
import { maskAddresses } from '../../lib/domain/mask-addresses.ts';
import type { Redactor } from '../../lib/domain/redact.ts';
import type { Delivery, RequestRecord } from '../../lib/domain/request-record.ts';
import type { SendHttp } from '../../lib/http/send-http.ts';
import type { Log } from '../../lib/logger.ts';
import type { Metric, PutMetrics } from '../../lib/metrics.ts';
import type { RecordStore } from '../../lib/records/record-store.ts';
import { createDeliverWebhook, TRY_LIMIT_MS } from '../../lib/webhook/deliver-webhook.ts';
import { deferStep, type NextStep, nextStep } from '../../lib/webhook/next-step.ts';
import { createSigningKeySource } from '../../lib/webhook/signing-key-source.ts';
import { type AuditMessage, readAuditMessage } from './read-audit-message.ts';
import { createRecordDelivery } from './record-delivery.ts';
import { createSendDeadLetter } from './send-dead-letter.ts';
import { type VouchedEvent, vouchForEvent } from './vouch-for-event.ts';

/** Time needed after a try to write the record and to set the visibility or send the dead letter. */
const CLOSING_MS = 4_000;

export interface RelayDeps {
  config: RelayConfig;
  records: Pick<RecordStore, 'get' | 'replace'>;
  sendHttp: SendHttp;
  /** Resolves the webhook's host, to addresses where webhooks may go (`createCheckedLookup`). */
  lookup?: LookupFunction;
  changeVisibility: ChangeVisibility;
  sendMessage: SendMessage;
  getSecret: GetSecret;
  clock: Clock;
  random: Random;
  newWriteId: () => string;
  /** Knows the signing keys as soon as they are read. */
  redactor: Redactor;
  log: Log;
  putMetrics: PutMetrics;
  /** For a whole try. Default 15 s. */
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

/** An event that its request's record vouches for. */
interface Vouched {
  record: RequestRecord;
  event: VouchedEvent;
  delivery: Delivery | undefined;
}

/** Delivers the events of the audit queue to the webhook, those of one batch side by side. */
export function createHandler(deps: RelayDeps): RelayHandler {
  const { config, records, sendHttp, lookup, clock, random, redactor, log } = deps;
  const tryLimitMs = deps.tryLimitMs ?? TRY_LIMIT_MS;
  const url = config.EXTERNAL_WEBHOOK_URL;
  const deliver = createDeliverWebhook({ sendHttp, clock, lookup, tryLimitMs, redactor });
  const recordDelivery = createRecordDelivery({
    ...deps,
    retentionMs: config.RECORD_RETENTION_DAYS * 86_400_000,
  });
  const sendDeadLetter = createSendDeadLetter({
    sendMessage: explainDeniedSends(deps.sendMessage),
    queueUrl: config.AUDIT_DLQ_URL,
  });
  const signingKeys = createSigningKeySource({
    secretId: config.WEBHOOK_SIGNING_SECRET_ID,
    allowUnsigned: config.WEBHOOK_ALLOW_UNSIGNED,
    getSecret: (secretId) =>
      deps
        .getSecret(secretId)
        .catch(explainDenial('webhook signing secret', 'secretsmanager:GetSecretValue')),
    redactor,
    clock,
    log,
  });
  if (url === undefined) {
    log.warn('events are logged and not delivered: EXTERNAL_WEBHOOK_URL is not set');
  } else {
    // Started here so that an unusable key is logged early and the first batch waits less. A failure
    // is logged by the source, and occurs again in the batch.
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
        const message = readAuditMessage(record, batch.receivedAtMs);
        const isDone = await relay(message, batch).catch((error: unknown) => {
          // The message is received again after the queue's visibility time-out.
          log.error('relay failed', { ...message.fields, error });
          return false;
        });
        return isDone ? [] : [{ itemIdentifier: record.messageId }];
      }),
    );
    if (batch.metrics.length > 0) deps.putMetrics(...batch.metrics);
    return { batchItemFailures: settled.flat() };
  };

  /** @returns whether the message is finished and can be deleted */
  async function relay(message: AuditMessage, batch: Batch): Promise<boolean> {
    if (!message.event) {
      const detail = 'the body is not an audit event of this service';
      return giveUp(message, batch, { reason: 'NOT_AN_AUDIT_EVENT', detail });
    }
    const vouched = await vouch(message).catch((error: unknown) => error as Error);
    if (vouched instanceof Error) {
      log.error('record not readable', { ...message.fields, error: vouched });
      const why = vouched instanceof AccessDeniedError ? `: ${vouched.message}` : '';
      const error = `the record cannot be read${why}`;
      return carryOut(message, batch, deferStep(error, history(message, batch)));
    }
    if (!vouched) {
      batch.metrics.push({ name: 'ForgedEvents', unit: 'Count', value: 1 });
      const detail = 'the record of the request does not have this event';
      return giveUp(message, batch, { reason: 'FORGED_EVENT', detail });
    }
    if (url === undefined) {
      const { audit } = maskAddresses(message.record.body);
      log.info('webhook not configured', { ...message.fields, result: audit });
      await recordDelivery(vouched.record, vouched.event, (before) => ({
        ...before,
        status: 'NONE',
      }));
      return true;
    }
    if (vouched.delivery?.status === 'DELIVERED') {
      log.info('already delivered', message.fields);
      return true;
    }
    const { step, posted } = await tryOnce(url, message, vouched, batch);
    await recordStep(vouched, step, posted).catch((cause: unknown) => {
      // The webhook was already called. The record shows it after its next write.
      const error = explainIfDenied('requests table', 'dynamodb:UpdateItem', cause);
      log.error('delivery not recorded', { ...message.fields, error });
    });
    return carryOut(message, batch, step);
  }

  /** @returns `undefined` if no record vouches for the event. @throws AccessDeniedError, the SDK's other errors */
  async function vouch({ event, record: { body } }: AuditMessage): Promise<Vouched | undefined> {
    const record =
      event &&
      (await records
        .get(event.requestId)
        .catch(explainDenial('requests table', 'dynamodb:GetItem')));
    const which = record && vouchForEvent(record, event.id, body);
    if (!which) return undefined;
    const delivery = { result: record.delivery, connectionResult: record.connectionDelivery };
    return { record, event: which, delivery: which === 'earlier' ? undefined : delivery[which] };
  }

  function history({ receiveCount, sentAtMs }: AuditMessage, batch: Batch) {
    const { receivedAtMs } = batch;
    return {
      tries: receiveCount,
      receiveCount,
      sentAtMs,
      receivedAtMs,
      nowMs: clock.now(),
      random,
    };
  }

  async function tryOnce(
    webhookUrl: string,
    message: AuditMessage,
    { delivery }: Vouched,
    batch: Batch,
  ): Promise<{ step: NextStep; posted: boolean }> {
    const keys = await signingKeys().catch((error: Error) => error);
    if (keys instanceof Error) {
      batch.metrics.push({ name: 'EventsWaitingForKey', unit: 'Count', value: 1 });
      return { step: deferStep(keys.message, history(message, batch)), posted: false };
    }
    if (batch.remainingMs() < tryLimitMs + CLOSING_MS) {
      const error = 'too little time left to try';
      return { step: { kind: 'retry', delayMs: 0, error }, posted: false };
    }
    const { id } = message.event ?? { id: '' };
    const outcome = await deliver({ url: webhookUrl, id, body: message.record.body, keys });
    const failures = outcome.kind === 'delivered' ? 0 : 1;
    batch.metrics.push(
      { name: 'WebhookTries', unit: 'Count', value: 1 },
      // Zeroes as well: an alarm on the share of failures needs them.
      { name: 'WebhookFailures', unit: 'Count', value: failures },
    );
    const past = history(message, batch);
    // A receive in which nothing was posted does not count; a redriven message starts over.
    const tries = Math.min((delivery?.attempts ?? past.tries) + 1, past.receiveCount);
    return { step: nextStep(outcome, { ...past, tries }), posted: true };
  }

  async function recordStep({ record, event }: Vouched, step: NextStep, posted: boolean) {
    const nowMs = clock.now();
    await recordDelivery(
      record,
      event,
      ({ attempts }) =>
        ({
          attempts: posted ? attempts + 1 : attempts,
          ...(step.status === undefined ? {} : { lastStatus: step.status }),
          ...(step.kind === 'done' ? {} : { lastError: step.error }),
          ...(step.kind === 'done' ? { status: 'DELIVERED', deliveredAtMs: nowMs } : {}),
          ...(step.kind === 'give-up' ? { status: 'GIVEN_UP' } : {}),
          ...(step.kind === 'retry'
            ? { status: 'PENDING', nextAttemptAtMs: Math.round(nowMs + step.delayMs) }
            : {}),
        }) as Delivery,
    );
  }

  /** @returns whether the message is finished and can be deleted */
  async function carryOut(message: AuditMessage, batch: Batch, step: NextStep): Promise<boolean> {
    const { record, fields, sentAtMs } = message;
    const status = step.status === undefined ? {} : { status_code: step.status };
    switch (step.kind) {
      case 'done': {
        const lagMs = Math.max(0, clock.now() - sentAtMs);
        batch.metrics.push({ name: 'WebhookLagMs', unit: 'Milliseconds', value: lagMs });
        log.info('relayed', { ...fields, ...status, lag_ms: lagMs });
        return true;
      }
      case 'retry':
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

  async function giveUp(
    message: AuditMessage,
    batch: Batch,
    why: Parameters<typeof sendDeadLetter>[1],
  ): Promise<true> {
    await sendDeadLetter(message, why, batch.receivedAtMs);
    batch.metrics.push({ name: 'WebhookDeadLetters', unit: 'Count', value: 1 });
    log.error('dead-lettered', {
      ...message.fields,
      reason: why.reason,
      ...(why.status === undefined ? {} : { status_code: why.status }),
      error: why.error ?? why.detail,
    });
    return true;
  }
}
