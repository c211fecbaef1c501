import type { RequestRecord } from '../domain/request-record.ts';
import { deferDelayMs } from '../domain/retry-policy.ts';
import type { ReceiveDeps } from './receive.ts';
import type { ReceiveEnd } from './receive-end.ts';
import type { ReceivedRequest } from './received-request.ts';
import { recordDeferral } from './record-deferral.ts';

/** Delay if another receive holds the lease of the conversation. */
const BUSY_DELAY_MS = 2_000;

const BUSY = {
  code: 'CONVERSATION_BUSY',
  detail: 'Another request of this conversation is being carried out',
} as const;

/** The deferral of a request because another receive holds the lease of its conversation. */
export function busyDeferral(
  { clock, random }: Pick<ReceiveDeps, 'clock' | 'random'>,
  record: RequestRecord | undefined,
  { receiveCount, maxReceives }: Pick<ReceivedRequest, 'receiveCount' | 'maxReceives'>,
): Extract<ReceiveEnd, { kind: 'deferred' }> {
  const nowMs = clock.now();
  const delayMs = deferDelayMs({
    nowMs,
    deadlineMs: record?.deadlineMs ?? Number.POSITIVE_INFINITY,
    receiveCount,
    maxReceives,
    retryAfterMs: BUSY_DELAY_MS,
    random,
  });
  const isDelay = delayMs !== undefined && Number.isFinite(delayMs);
  return { kind: 'deferred', untilMs: nowMs + (isDelay ? delayMs : BUSY_DELAY_MS), ...BUSY };
}

/**
 * Records the first of these deferrals, so that a request that expires names the cause. The lease may be held
 * by another receive of the same request: that one is not disturbed once it has begun. Best effort: never throws.
 */
export async function recordBusy(
  deps: Parameters<typeof recordDeferral>[0],
  record: RequestRecord,
  untilMs: number,
): Promise<void> {
  if (record.status !== 'QUEUED') return;
  const waiting = { untilMs: Math.round(untilMs), ...BUSY };
  await recordDeferral(deps, record, waiting).catch(() => undefined);
}
