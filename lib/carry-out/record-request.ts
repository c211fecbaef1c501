import { type NewRequest, newRecord } from '../domain/record-transitions.ts';
import type { RequestRecord } from '../domain/request-record.ts';
import type { RecordStore } from '../records/record-store.ts';
import { type FinishDeps, writeContext } from './finish-request.ts';
import { TableError } from './table-error.ts';

/**
 * Creates the missing record of a message that waits for its turn. Only a request with a record ends on time,
 * whatever happens to its message.
 * @throws the SDK's errors
 */
export async function recordRequest(
  deps: Pick<FinishDeps, 'records' | 'clock' | 'newWriteId' | 'retentionMs'>,
  request: NewRequest,
): Promise<void> {
  const existing = await deps.records.get(request.requestId);
  if (!existing) await createRecord(deps.records, newRecord(request, writeContext(deps)));
}

/**
 * @returns the new record, or the one that another writer has just created
 * @throws TableError
 */
export async function createRecord(
  records: Pick<RecordStore, 'create'>,
  record: RequestRecord,
): Promise<RequestRecord> {
  try {
    return (await records.create(record)) ?? record;
  } catch (error) {
    throw new TableError(error);
  }
}
