import { createHash } from 'node:crypto';
import { type RequestRecord, requestRecord } from '../domain/request-record.ts';
import { fromItem, type Item, toItem } from './item.ts';

/** Values of `dueShard`: they spread the index of unfinished work over partitions. */
export const DUE_SHARDS = Array.from({ length: 8 }, (_, shard) => `due#${shard}`);

/** Half of DynamoDB's limit of 400 KB, so that reads and writes stay cheap. */
export const MAX_RECORD_BYTES = 200 * 1024;

/** The record is too large for its item. A retry does not help. */
export class RecordTooLargeError extends Error {
  constructor(requestId: string, bytes: number) {
    super(
      `The record of request ${requestId} has ${bytes} bytes; the limit is ${MAX_RECORD_BYTES}`,
    );
    this.name = 'RecordTooLargeError';
  }
}

export const recordKey = (requestId: string): Item => toItem({ pk: `request#${requestId}` });

export const conversationKey = (conversationId: string): string => `conversation#${conversationId}`;

/**
 * The item of a record: its fields, and the attributes of the two indexes and of the table's TTL.
 * @throws RecordTooLargeError
 */
export function toRecordItem(record: RequestRecord): Item {
  // The size of the JSON text is close to what DynamoDB counts, and usually above it.
  const bytes = Buffer.byteLength(JSON.stringify(record));
  if (bytes > MAX_RECORD_BYTES) throw new RecordTooLargeError(record.requestId, bytes);
  return toItem({
    ...record,
    pk: `request#${record.requestId}`,
    conversationKey: conversationKey(record.conversationId),
    requestedAtId: requestedAtId(record),
    dueShard: record.dueAtMs === undefined ? undefined : DUE_SHARDS[dueShard(record.requestId)],
    expiresAt: Math.ceil(record.expiresAtMs / 1000),
  });
}

/**
 * The record of an item, without fields that this version does not know.
 * @throws ZodError if a field is missing or has another type
 */
export function fromRecordItem(item: Item): RequestRecord {
  return requestRecord.parse(fromItem(item));
}

/** Range key of the index by conversation: sorts by time of acceptance. */
function requestedAtId({ requestedAtMs, requestId }: RequestRecord): string {
  return `${String(requestedAtMs).padStart(13, '0')}#${requestId}`;
}

/** The shard of a record in the index of unfinished work: a position in `DUE_SHARDS`. */
export function dueShard(requestId: string): number {
  const [firstByte = 0] = createHash('sha256').update(requestId).digest();
  return (firstByte >> 4) % DUE_SHARDS.length;
}
