import { isFinal, type RequestRecord } from '../domain/request-record.ts';
import { hasAnotherTry } from '../domain/retry-policy.ts';
import type { ReceivedRequest } from './received-request.ts';
import { requestDigest } from './request-digest.ts';

/**
 * Whether a receive may begin without the lease of the conversation. Not if people may have been rung, because
 * their request looks for them with the first call that it gets; and not if another receive may be under way,
 * which would be disturbed.
 */
export function mayWait(record: RequestRecord, job: ReceivedRequest): boolean {
  return (
    !isFinal(record) &&
    record.status !== 'IN_PROGRESS' &&
    record.adds.length === 0 &&
    (job.claimedRun === undefined || record.run === job.claimedRun) &&
    hasAnotherTry(job.receiveCount, job.maxReceives) &&
    requestDigest(record) === requestDigest(job.request)
  );
}
