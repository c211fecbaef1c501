import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const PREFIX = 'adder-tests-';

/** The start of the name of a run's temporary directory. It contains the id of Jest's main process. */
export const tempRootPrefix = (pid: number) => `${PREFIX}${pid}-`;

export function removeTempRoot(directory: string): void {
  // A process that a failed test left behind may still be writing.
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/** Removes what runs have left that were killed: directories whose process no longer exists. */
export function removeStaleTempRoots(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) removeTempRoot(join(parent, name));
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The process of another user may not be signalled, but it exists.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
