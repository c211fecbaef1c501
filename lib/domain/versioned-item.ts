/**
 * One small JSON document that all instances share, replaced by compare-and-swap. Both verbs throw
 * the SDK's errors as they are where the table cannot be reached.
 */
export interface VersionedItem {
  /** The latest write. `undefined`: never written. */
  read(): Promise<VersionedValue | undefined>;
  /** Replaces the document if its version is still `previousVersion` (0: never written). */
  write(value: unknown, previousVersion: number): Promise<VersionedWrite>;
}

/** The outcome of a write. If another writer was faster, what it has written. */
export type VersionedWrite =
  | { isWritten: true; version: number }
  | { isWritten: false; current: VersionedValue | undefined };

export interface VersionedValue {
  /** Parsed JSON, not validated. */
  value: unknown;
  /** 1 for the first write. */
  version: number;
}
