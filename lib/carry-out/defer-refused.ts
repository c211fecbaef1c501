import type { RequestRecord } from '../domain/request-record.ts';
import { LAST_TRY_BEFORE_DEADLINE_MS, WAIT_FOR_STOP_MS } from '../domain/retry-policy.ts';
import { REFUSAL_DETAILS } from '../genesys/pace/call-allowance.ts';
import type { ReceiveDeps } from './receive.ts';
import type { ReceiveEnd } from './receive-end.ts';
import { recordDeferral } from './record-deferral.ts';

/** The fewest calls of a request that looks and adds. */
const LOOK_AND_ADD_CALLS = 2;

/**
 * Defers a request that would be refused its first calls, without the lease of its conversation. Most
 * receives of a backlog end here, at the cost of one read and one write.
 * @param record the record of the request, for which mayWait holds
 * @returns `undefined` if the request has to be carried out. Never throws
 */
export async function deferRefused(
  deps: ReceiveDeps,
  record: RequestRecord,
): Promise<Extract<ReceiveEnd, { kind: 'deferred' }> | undefined> {
  const { allowance, clock } = deps;
  if (!allowance.wasRefusedLately()) return undefined;
  const refusal = await allowance.expectRefusal(LOOK_AND_ADD_CALLS, {
    callerId: record.callerId,
    slackMs: record.deadlineMs - clock.now(),
  });
  const latestMs = record.deadlineMs - LAST_TRY_BEFORE_DEADLINE_MS;
  if (!refusal || refusal.retryAtMs > latestMs) return undefined;
  const isShortStop =
    refusal.reason === 'stopped' && refusal.retryAtMs - clock.now() <= WAIT_FOR_STOP_MS;
  // The request waits in the function then.
  if (isShortStop) return undefined;
  const waiting = {
    untilMs: Math.round(refusal.retryAtMs),
    code: 'RATE_LIMITED',
    detail: REFUSAL_DETAILS[refusal.reason],
  } as const;
  const isWritten = await recordDeferral(deps, record, waiting).catch(() => false);
  return isWritten ? { kind: 'deferred', ...waiting } : undefined;
}
