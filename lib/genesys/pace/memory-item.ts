import type { VersionedItem, VersionedValue } from '../../domain/versioned-item.ts';

/** A versioned item in memory: for one process that shares with no other, and for tests. */
export function createMemoryItem(): VersionedItem {
  let held: { json: string; version: number } | undefined;
  return {
    async read(): Promise<VersionedValue | undefined> {
      return held && { value: JSON.parse(held.json), version: held.version };
    },
    async write(value, previousVersion) {
      if ((held?.version ?? 0) !== previousVersion) return undefined;
      held = { json: JSON.stringify(value), version: previousVersion + 1 };
      return held.version;
    },
  };
}
