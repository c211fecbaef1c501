import type { RequestRecord } from '../domain/request-record.ts';
import type { CarriedOut } from './carried-out.ts';
import { type FinishDeps, sendStoredResult } from './finish-request.ts';

/** Delay after a result could not be sent. */
const NOT_SENT_DELAY_MS = 5_000;

/** Sends the result of a final request again, unless it was sent and this is a new message. Never throws. */
export async function resendResult(
  deps: FinishDeps,
  record: RequestRecord,
  isRedelivery: boolean,
): Promise<CarriedOut> {
  const isSent = record.result?.sentAtMs !== undefined;
  return isSent && !isRedelivery
    ? { kind: 'finished', record }
    : sendResultOrDefer(deps, { kind: 'finished', record });
}

/** Sends the stored result of a request that has just ended. Without it, the receive is a deferral. Never throws. */
export async function sendResultOrDefer(
  deps: FinishDeps,
  finished: Extract<CarriedOut, { kind: 'finished' }>,
): Promise<CarriedOut> {
  try {
    return { ...finished, record: await sendStoredResult(deps, finished.record) };
  } catch (error) {
    return {
      kind: 'deferred',
      untilMs: deps.clock.now() + NOT_SENT_DELAY_MS,
      code: 'INTERNAL_ERROR',
      detail: 'The result is stored and could not be sent',
      fault: { kind: 'send failed', error },
    };
  }
}
