import { AdderError } from '../../lib/domain/adder-error.ts';
import { CODES } from '../../lib/domain/codes.ts';
import { OutOfTimeError } from '../../lib/genesys/api/call-budget.ts';
import type { Finding } from './finding.ts';

/** All checks together take no longer than this. */
export const TIME_LIMIT_MS = 60_000;

/**
 * The finding of a check that failed with this error.
 * @throws the error itself if it is a defect, not a failure of the organisation
 */
export function failed(check: string, error: unknown): Finding {
  if (error instanceof OutOfTimeError) {
    const detail = `not within ${TIME_LIMIT_MS / 1000} seconds: Genesys Cloud responds too slowly`;
    return { check, outcome: 'failed', detail, toDo: CODES.GENESYS_UNAVAILABLE.remedy };
  }
  if (!(error instanceof AdderError)) throw error;
  return { check, outcome: 'failed', detail: error.message, toDo: CODES[error.code].remedy };
}
