/** Runs operations on keys as a database does: a write of a key excludes all other operations on it. */
export interface KeyLocks {
  read<Result>(keys: readonly string[], run: () => Promise<Result>): Promise<Result>;
  write<Result>(keys: readonly string[], run: () => Promise<Result>): Promise<Result>;
}

interface Turns {
  /** Resolves when the last write has ended. */
  written: Promise<unknown>;
  /** Reads since that write. */
  reads: Promise<unknown>[];
  operations: number;
}

/** Operations on a key run in the order in which they arrive. */
export function createKeyLocks(): KeyLocks {
  const turnsByKey = new Map<string, Turns>();

  function enter(key: string): Turns {
    const turns = turnsByKey.get(key) ?? { written: Promise.resolve(), reads: [], operations: 0 };
    turnsByKey.set(key, turns);
    turns.operations += 1;
    return turns;
  }

  function leave(key: string, turns: Turns): void {
    turns.operations -= 1;
    if (turns.operations === 0) turnsByKey.delete(key);
  }

  function schedule<Result>(
    keys: readonly string[],
    isWrite: boolean,
    run: () => Promise<Result>,
  ): Promise<Result> {
    const entered = [...new Set(keys)].map((key) => ({ key, turns: enter(key) }));
    // Taken for all keys at once, so that two operations cannot wait for each other.
    const before = entered.flatMap(({ turns }) =>
      isWrite ? [turns.written, ...turns.reads] : [turns.written],
    );
    const result = Promise.all(before).then(run);
    const ended = result.then(
      () => {},
      () => {},
    );
    for (const { key, turns } of entered) {
      if (isWrite) {
        turns.written = ended;
        turns.reads = [];
      } else turns.reads.push(ended);
      void ended.then(() => leave(key, turns));
    }
    return result;
  }

  return {
    read: (keys, run) => schedule(keys, false, run),
    write: (keys, run) => schedule(keys, true, run),
  };
}
