import { deferred, received } from '../domain/record-transitions.ts';
import type { RequestRecord } from '../domain/request-record.ts';
import { writeContext } from './finish-request.ts';
import type { ReceiveDeps } from './receive.ts';

/**
 * Records a receive that only deferred its request, because nothing could be done for it.
 * @returns whether it was written; false if the record has changed
 * @throws the SDK's errors
 */
export function recordDeferral(
  deps: Pick<ReceiveDeps, 'records' | 'clock' | 'newWriteId' | 'retentionMs'>,
  record: RequestRecord,
  waiting: NonNullable<RequestRecord['waiting']>,
): Promise<boolean> {
  const context = writeContext(deps);
  const { participants, adds } = record;
  const progress = { participants, genesysCalls: 0, genesysCorrelationIds: [] };
  const next = deferred(received(record, context), waiting, adds, progress, context);
  return deps.records.replace(record, next);
}
