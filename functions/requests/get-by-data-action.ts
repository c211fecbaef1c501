import * as z from 'zod/mini';
import type { HandleDataAction } from '../../lib/api/or-data-action.ts';
import { toWait } from '../../lib/api/to-wait.ts';
import {
  DATA_ACTION_CALLER,
  DataActionError,
  invalidInput,
  toDataActionResult,
} from '../../lib/domain/data-action-result.ts';
import { toFieldErrors } from '../../lib/domain/field-error.ts';
import { flatNumber, flatText } from '../../lib/domain/flat-input.ts';
import { toWaitSeconds } from '../../lib/domain/prefer-wait.ts';
import { uuid } from '../../lib/domain/uuid.ts';
import type { Log } from '../../lib/logger.ts';
import type { RecordStore } from '../../lib/records/record-store.ts';
import type { WaitForResult } from '../../lib/records/wait-for-result.ts';
import type { MaySee } from './may-see.ts';
import { tableUnavailable } from './table-unavailable.ts';

/** The flat input of the data action "get request". */
const flatQuery = z.strictObject({ requestId: flatText, waitSeconds: flatNumber });

/** Handles the data action "get request". */
export function createGetByDataAction(deps: {
  records: Pick<RecordStore, 'get'>;
  waitForResult: WaitForResult;
  maySee: MaySee;
  log: Pick<Log, 'error'>;
}): HandleDataAction {
  return async (event, context) => {
    const parsed = flatQuery.safeParse(event);
    const requestId = uuid.safeParse((event as { requestId?: unknown } | null)?.requestId);
    if (!parsed.success || !requestId.success) {
      throw invalidInput([
        ...(parsed.success ? [] : toFieldErrors(parsed.error.issues)),
        ...(requestId.success ? [] : [{ pointer: '/requestId', detail: 'must be a UUID' }]),
      ]);
    }
    const record = await deps.records.get(requestId.data).catch((error: unknown) => {
      throw tableUnavailable(deps, { request_id: requestId.data }, error);
    });
    if (!record || !deps.maySee(DATA_ACTION_CALLER, record)) {
      throw new DataActionError(
        `Request ${requestId.data} does not exist, or its record has expired.`,
      );
    }
    const seconds = toWaitSeconds(Math.floor(parsed.data.waitSeconds ?? 0));
    if (seconds === undefined) return toDataActionResult(record);
    const { record: latest } = await deps.waitForResult(record, toWait(seconds, context));
    return toDataActionResult(latest);
  };
}
