import type { VersionedItem, VersionedValue } from '../../domain/versioned-item.ts';

/** A versioned item in memory: for one process that shares with no other, and for tests. */
export function createMemoryItem(): VersionedItem {
  let held: { json: string; version: number } | undefined;
  const read = (): VersionedValue | undefined =>
    held && { value: JSON.parse(held.json), version: held.version };
  return {
    read: async () => read(),
    async write(value, previousVersion) {
      if ((held?.version ?? 0) !== previousVersion) return { isWritten: false, current: read() };
      held = { json: JSON.stringify(value), version: previousVersion + 1 };
      return { isWritten: true, version: held.version };
    },
  };
}
