import {
  type FinishDeps,
  finishRequest,
  sendStoredResult,
} from '../../lib/carry-out/finish-request.ts';
import { Problem } from '../../lib/domain/problem.ts';
import { isFinal, type RequestRecord } from '../../lib/domain/request-record.ts';
import { TransitionError } from '../../lib/domain/write-record.ts';
import type { Log } from '../../lib/logger.ts';
import { unknownRequest } from './read-route.ts';

/** Maximum number of write conflicts of a cancel. Each of them means progress of the request. */
const TRIES = 10;

/** Cancels a request that the caller may see. @throws Problem 409 `too-late` */
export type CancelRequest = (record: RequestRecord) => Promise<RequestRecord>;

/**
 * A cancel races with the adder. The first write wins, because each is conditional on the version that was
 * read. If the adder loses, it does not add anyone.
 */
export function createCancelRequest(deps: FinishDeps & { log: Log }): CancelRequest {
  return async (record) => {
    let current = record;
    for (let tries = 0; tries < TRIES; tries += 1) {
      if (current.status === 'CANCELLED') return resend(current);
      const cancelled = await write(current);
      if (cancelled) return cancelled;
      const latest = await deps.records.get(record.requestId);
      if (!latest) throw unknownRequest();
      current = latest;
    }
    throw tooLate(current);
  };

  async function write(record: RequestRecord): Promise<RequestRecord | undefined> {
    const verdict = { code: 'CANCELLED', detail: 'The request was cancelled.' } as const;
    try {
      return await finishRequest(deps, record, { verdict });
    } catch (error) {
      if (error instanceof TransitionError) throw tooLate(record);
      // Once written, the result is final even if it could not be sent. The reconciler sends it.
      const latest = await deps.records.get(record.requestId);
      if (latest?.status !== 'CANCELLED') throw error;
      logUnsent(latest, error);
      return latest;
    }
  }

  async function resend(record: RequestRecord): Promise<RequestRecord> {
    if (record.result?.sentAtMs !== undefined) return record;
    try {
      return await sendStoredResult(deps, record);
    } catch (error) {
      logUnsent(record, error);
      return record;
    }
  }

  function logUnsent({ requestId, correlationId }: RequestRecord, error: unknown): void {
    deps.log.warn('result not sent yet', {
      request_id: requestId,
      correlation_id: correlationId,
      error,
    });
  }
}

function tooLate(record: RequestRecord): Problem {
  return new Problem('too-late', {
    detail: isFinal(record)
      ? `The request has ended as ${record.status}.`
      : 'People are being added, or have been added.',
  });
}
