import { AdderError } from '../domain/adder-error.ts';
import { isFinal } from '../domain/request-record.ts';
import { busyDeferral } from './busy-deferral.ts';
import type { CarriedOut } from './carried-out.ts';
import type { ReceiveDeps } from './receive.ts';
import type { ReceivedRequest } from './received-request.ts';
import { RecordChangedError } from './record-writer.ts';
import { resendResult } from './resend-result.ts';
import { TableError } from './table-error.ts';

/** Delay after the table could not be reached. */
const AWAY_DELAY_MS = 5_000;

type Bounds = Pick<ReceivedRequest, 'receiveCount' | 'maxReceives'>;

/** Carries out a receive, and defers it if that throws. Never throws. */
export async function deferOnError(
  deps: ReceiveDeps,
  requestId: string,
  bounds: Bounds,
  work: () => Promise<CarriedOut>,
): Promise<CarriedOut> {
  try {
    return await work();
  } catch (error) {
    return error instanceof RecordChangedError
      ? afterChange(deps, requestId, bounds)
      : away(deps, error);
  }
}

/** Another writer was first: the record is final, or another receive is in progress. */
async function afterChange(
  deps: ReceiveDeps,
  requestId: string,
  bounds: Bounds,
): Promise<CarriedOut> {
  try {
    const record = await deps.records.get(requestId);
    if (record && isFinal(record)) return await resendResult(deps, record, false);
    return busyDeferral(deps, record, bounds);
  } catch (error) {
    return away(deps, new TableError(error));
  }
}

/** Without the table, Genesys Cloud is not called. Defects are retried, too. */
function away({ clock, random }: ReceiveDeps, error: unknown): CarriedOut {
  // An AdderError that ends a receive is about the budget, which is in the table.
  const isTable = error instanceof TableError || error instanceof AdderError;
  const isUnreadable = error instanceof TableError && error.isUnreadable;
  return {
    kind: 'deferred',
    untilMs: clock.now() + AWAY_DELAY_MS * (1 + random()),
    code: 'INTERNAL_ERROR',
    detail: isTable ? error.message : 'The function failed on this request',
    fault: { kind: isTable && !isUnreadable ? 'table failed' : 'defect', error },
  };
}
