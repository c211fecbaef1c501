import { explainIfDenied } from '../../lib/aws/access-denied.ts';
import type { Caller } from '../../lib/aws/caller.ts';
import { callerIdOf } from '../../lib/aws/caller-id.ts';
import { faultReason } from '../../lib/aws/configuration-fault.ts';
import type { SendMessage } from '../../lib/aws/send-message.ts';
import { requestDigest } from '../../lib/carry-out/request-digest.ts';
import type { Clock } from '../../lib/domain/clock.ts';
import { formatRequestMessage } from '../../lib/domain/format-request-message.ts';
import { Problem } from '../../lib/domain/problem.ts';
import { newRecord } from '../../lib/domain/record-transitions.ts';
import type { RequestBody } from '../../lib/domain/request-body.ts';
import type { RequestRecord } from '../../lib/domain/request-record.ts';
import type { Wait } from '../../lib/domain/wait-until.ts';
import type { Log } from '../../lib/logger.ts';
import type { PutMetrics } from '../../lib/metrics.ts';
import type { TakeFromQuota } from '../../lib/records/caller-quota.ts';
import type { RecordStore } from '../../lib/records/record-store.ts';
import type { WaitForResult } from '../../lib/records/wait-for-result.ts';

/** `Retry-After` of a failed write or send. Outages of the table and SQS usually last seconds. */
const RETRY_AFTER_SECONDS = 5;

/** The IAM actions that intake needs on the table. */
const TABLE_ACTIONS = 'dynamodb:GetItem, dynamodb:PutItem and dynamodb:UpdateItem';

/** A valid request and its caller. */
export interface Submission {
  requestId: string;
  caller: Caller;
  conversationId: string;
  body: RequestBody;
  correlationId: string;
  /** `Prefer: wait`. */
  wait?: Wait | undefined;
}

export interface Acceptance {
  record: RequestRecord;
  /** Whether the request existed before. */
  replayed: boolean;
  /** Whether the wait was honoured. */
  waited: boolean;
}

export interface AcceptRequestDeps {
  requestQueueUrl: string;
  /** How long a record is kept after its last change. */
  retentionMs: number;
  records: Pick<RecordStore, 'create' | 'get'>;
  /** Absent: callers have no quota. */
  takeFromQuota?: TakeFromQuota | undefined;
  waitForResult: WaitForResult;
  sendMessage: SendMessage;
  clock: Pick<Clock, 'now'>;
  /** Unique to each write. */
  newWriteId: () => string;
  /** The X-Ray trace header of this invocation, if there is one. */
  traceHeader: () => string | undefined;
  log: Log;
  putMetrics: PutMetrics;
}

/**
 * Accepts a request: creates its record, then queues its message. A repeat of a request is recognised
 * by its id; its message is sent again as long as no receive has touched the record, because the first
 * send may have failed.
 * @throws Problem
 */
export type AcceptRequest = (submission: Submission) => Promise<Acceptance>;

export function createAcceptRequest(deps: AcceptRequestDeps): AcceptRequest {
  const { log, putMetrics, clock } = deps;

  return async (submission) => {
    const record = toRecord(submission);
    await checkQuota(record);
    const existing = await create(record);
    if (existing) checkSame(existing, record);
    const current = existing ?? record;
    if (current.receives === 0 && current.status === 'QUEUED') await send(current);
    log.info(existing ? 'replayed' : 'accepted', {
      ...idsOf(current),
      participants: current.participants.length,
      requested_by: record.requestedBy,
    });
    putMetrics({
      name: existing ? 'RequestsReplayed' : 'RequestsAccepted',
      unit: 'Count',
      value: 1,
    });
    const { wait } = submission;
    if (wait === undefined) {
      return { record: current, replayed: existing !== undefined, waited: false };
    }
    const waited = await deps.waitForResult(current, wait);
    return { record: waited.record, replayed: existing !== undefined, waited: waited.applied };
  };

  function toRecord({ requestId, caller, conversationId, body, correlationId }: Submission) {
    const nowMs = clock.now();
    const { participants, dryRun, onlyIfReachable, actingUserId } = body;
    const wanted = {
      conversationId,
      participants,
      dryRun,
      onlyIfReachable,
      ...(actingUserId === undefined ? {} : { actingUserId }),
    };
    return newRecord(
      {
        ...wanted,
        requestId,
        origin: 'api',
        requestedBy: caller.name,
        callerId: callerIdOf(caller),
        correlationId,
        digest: requestDigest(wanted),
        requestedAtMs: nowMs,
        deadlineMs: nowMs + body.deadlineSeconds * 1_000,
      },
      { nowMs, writeId: deps.newWriteId(), retentionMs: deps.retentionMs },
    );
  }

  async function checkQuota(record: RequestRecord): Promise<void> {
    if (!deps.takeFromQuota) return;
    const retryAfter = await orUnavailable(record, () => deps.takeFromQuota?.(record.callerId));
    if (retryAfter === undefined) return;
    throw new Problem('quota-exceeded', {
      detail: `The caller's quota for this minute is used up. Retry after ${retryAfter} seconds.`,
      headers: { 'retry-after': String(retryAfter) },
    });
  }

  function create(record: RequestRecord): Promise<RequestRecord | undefined> {
    return orUnavailable(record, () => deps.records.create(record));
  }

  /** @throws Problem 503. Without a record the message is not sent */
  async function orUnavailable<Value>(
    record: RequestRecord,
    call: () => Promise<Value> | Value,
  ): Promise<Value> {
    try {
      return await call();
    } catch (cause) {
      const error = explainIfDenied('requests table', TABLE_ACTIONS, cause);
      logFailure('table failed', record, error);
      throw new Problem('table-unavailable', {
        detail: `The request could not be recorded, or the response was lost. ${retryAdvice}`,
        headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
        cause: error,
      });
    }
  }

  /** @throws Problem 503 for every error, because the caller can only retry */
  async function send(record: RequestRecord): Promise<void> {
    const trace = deps.traceHeader();
    try {
      await deps.sendMessage({
        queueUrl: deps.requestQueueUrl,
        groupId: record.conversationId,
        deduplicationId: record.requestId,
        body: formatRequestMessage(record),
        ...(trace ? { traceHeader: trace } : {}),
      });
    } catch (error) {
      logFailure('send failed', record, error);
      throw new Problem('queue-unavailable', {
        detail: `The request could not be queued, or the response was lost. ${retryAdvice}`,
        headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
        cause: error,
      });
    }
  }

  function logFailure(message: string, record: RequestRecord, error: unknown): void {
    const reason = faultReason(error);
    log.error(message, { reason, ...idsOf(record), error });
  }
}

const retryAdvice = `It may still be carried out. Retry after ${RETRY_AFTER_SECONDS} seconds, with the same Idempotency-Key.`;

/** @throws Problem 422 unless both are the same request of the same caller */
function checkSame(existing: RequestRecord, repeat: RequestRecord): void {
  const isSameRequest =
    existing.digest === repeat.digest &&
    existing.origin === 'api' &&
    existing.callerId === repeat.callerId;
  // A redrive gives a request another deadline.
  if (isSameRequest && (existing.run > 0 || lifetimeOf(existing) === lifetimeOf(repeat))) return;
  throw new Problem('idempotency-key-reused', {
    detail:
      'This Idempotency-Key was used for a request with another conversation or body. Use a new key for a new request.',
    errors: [
      { pointer: '', header: 'Idempotency-Key', detail: 'was already used for another request' },
    ],
  });
}

const lifetimeOf = ({ requestedAtMs, deadlineMs }: RequestRecord) => deadlineMs - requestedAtMs;

const idsOf = ({ requestId, correlationId, conversationId }: RequestRecord) => ({
  request_id: requestId,
  correlation_id: correlationId,
  conversation_id: conversationId,
});
