import { isFinal, type RequestRecord } from '../domain/request-record.ts';
import { hasAnotherTry, LAST_TRY_BEFORE_DEADLINE_MS } from '../domain/retry-policy.ts';
import { REFUSAL_DETAILS } from '../genesys/pace/call-allowance.ts';
import type { ReceiveDeps, ReceiveEnd } from './receive.ts';
import type { ReceivedRequest } from './received-request.ts';
import { recordDeferral } from './record-deferral.ts';
import { requestDigest } from './request-digest.ts';

/** The calls of a request that looks for its conversation first, and of one that looks and adds. */
const LOOK_CALLS = 1;
const LOOK_AND_ADD_CALLS = 2;

/**
 * Defers a request that would be refused its first calls, without the lease of its conversation. Most
 * receives of a flood end here, at the cost of one read and one write.
 * @returns `undefined` if the request has to be carried out in full. Never throws
 */
export async function deferRefused(
  deps: ReceiveDeps,
  job: ReceivedRequest,
): Promise<Extract<ReceiveEnd, { kind: 'deferred' }> | undefined> {
  const { allowance, clock, records, notFound } = deps;
  if (!allowance.wasRefusedLately()) return undefined;
  try {
    const record = await records.get(job.request.requestId);
    if (!record || !mayWait(record, job)) return undefined;
    if (notFound?.recall(record.conversationId)) return undefined;
    const refusal = await allowance.expectRefusal(
      notFound?.hasSeenOne() ? LOOK_CALLS : LOOK_AND_ADD_CALLS,
      { callerId: record.callerId, slackMs: record.deadlineMs - clock.now() },
    );
    const latestMs = record.deadlineMs - LAST_TRY_BEFORE_DEADLINE_MS;
    if (!refusal || refusal.retryAtMs > latestMs) return undefined;
    const waiting = {
      untilMs: Math.round(refusal.retryAtMs),
      code: 'RATE_LIMITED',
      detail: REFUSAL_DETAILS[refusal.reason],
    } as const;
    const isWritten = await recordDeferral(deps, record, waiting);
    return isWritten ? { kind: 'deferred', ...waiting } : undefined;
  } catch {
    return undefined;
  }
}

/** Not if people may have been rung: their request looks for them with the first call that it gets. */
function mayWait(record: RequestRecord, job: ReceivedRequest): boolean {
  return (
    !isFinal(record) &&
    record.adds.length === 0 &&
    (job.claimedRun === undefined || record.run === job.claimedRun) &&
    hasAnotherTry(job.receiveCount, job.maxReceives) &&
    requestDigest(record) === requestDigest(job.request)
  );
}
