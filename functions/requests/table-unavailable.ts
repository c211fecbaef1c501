import { explainIfDenied } from '../../lib/aws/access-denied.ts';
import { faultReason } from '../../lib/aws/configuration-fault.ts';
import { Problem } from '../../lib/domain/problem.ts';
import type { Log } from '../../lib/logger.ts';

const RETRY_AFTER_SECONDS = 5;
/** The IAM actions that `requests` needs on the table. */
const TABLE_ACTIONS =
  'dynamodb:GetItem, dynamodb:BatchGetItem, dynamodb:UpdateItem and dynamodb:Query';

/** Logs an error of the table. @returns the problem 503 for the caller */
export function tableUnavailable(
  { log }: { log: Pick<Log, 'error'> },
  ids: { request_id?: string; correlation_id?: string },
  cause: unknown,
): Problem {
  const error = explainIfDenied('requests table', TABLE_ACTIONS, cause);
  log.error('table failed', {
    reason: faultReason(error),
    ...ids,
    error,
  });
  return new Problem('table-unavailable', {
    detail: `The request records could not be read or written. Retry after ${RETRY_AFTER_SECONDS} seconds.`,
    headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
    cause: error,
  });
}
