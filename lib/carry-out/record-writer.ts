import type { RequestRecord } from '../domain/request-record.ts';
import type { RecordStore } from '../records/record-store.ts';
import { TableError } from './table-error.ts';

/** Another writer has changed the record since it was read. It has to be read again. */
export class RecordChangedError extends Error {
  constructor() {
    super('The record has changed since it was read');
    this.name = 'RecordChangedError';
  }
}

/**
 * The record of a request during one receive: what the table holds, and what is to be written.
 * Transitions are applied in memory and written together, to save writes.
 */
export class RecordWriter {
  readonly #records: Pick<RecordStore, 'create' | 'replace'>;
  #stored: RequestRecord | undefined;
  #current: RequestRecord;

  /** @param stored `undefined` where the table has no record yet */
  constructor(
    records: Pick<RecordStore, 'create' | 'replace'>,
    stored: RequestRecord | undefined,
    current: RequestRecord,
  ) {
    this.#records = records;
    this.#stored = stored;
    this.#current = current;
  }

  get current(): RequestRecord {
    return this.#current;
  }

  /** Writes transitions that were applied and not written. @throws RecordChangedError, TableError */
  async flush(): Promise<void> {
    if (this.#stored !== this.#current) await this.write(this.#current);
  }

  /** Writes `next`, a transition of `current`. @throws RecordChangedError, TableError */
  async write(next: RequestRecord): Promise<void> {
    if (!(await this.#put(next))) throw new RecordChangedError();
    this.#stored = next;
    this.#current = next;
  }

  async #put(next: RequestRecord): Promise<boolean> {
    try {
      return this.#stored
        ? await this.#records.replace(this.#stored, next)
        : (await this.#records.create(next)) === undefined;
    } catch (error) {
      throw new TableError(error);
    }
  }
}
