import type { RequestRecord } from '../domain/request-record.ts';

/** One page of a conversation's requests, newest first. */
export interface RecordPage {
  records: RequestRecord[];
  /** Opaque; absent on the last page. */
  nextCursor?: string;
}

/**
 * Stores request records. Each write is conditional, so that concurrent and repeated writers cannot
 * overwrite each other. A write whose response was lost counts as made if the record has its `writeId`. An
 * item past its `expiresAtMs` counts as absent. All methods throw the SDK's errors if the table cannot be
 * reached.
 */
export interface RecordStore {
  /** @returns the existing record, or `undefined` if `record` was created */
  create(record: RequestRecord): Promise<RequestRecord | undefined>;
  /** @param consistent read the latest write. Default true */
  get(requestId: string, options?: { consistent?: boolean }): Promise<RequestRecord | undefined>;
  /**
   * Replaces `previous` by `next`, a transition of it (lib/domain/record-transitions.ts).
   * @returns whether it was written; false if the record has changed since it was read
   */
  replace(previous: RequestRecord, next: RequestRecord): Promise<boolean>;
  /** @throws CursorError if the cursor does not have the form of one */
  listByConversation(
    conversationId: string,
    page: { limit: number; cursor?: string | undefined },
  ): Promise<RecordPage>;
  /**
   * Records that are due (`dueAtMs`), the longest overdue first.
   * @param options.except request ids to pass over, so that records which stay due do not hide the others
   * @param options.shard only records of this shard of the index (lib/records/record-item.ts). Default: all
   */
  listDue(
    nowMs: number,
    limit: number,
    options?: { except?: ReadonlySet<string>; shard?: number | undefined },
  ): Promise<RequestRecord[]>;
}

/** A text that is not a cursor. */
export class CursorError extends Error {
  constructor() {
    super('The cursor is invalid');
    this.name = 'CursorError';
  }
}
