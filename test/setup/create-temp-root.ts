import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeStaleTempRoots, removeTempRoot, tempRootPrefix } from './temp-root.ts';

/**
 * Gives the run one temporary directory, which the workers and every process that a test starts
 * inherit. It is removed when Jest's main process ends, however it ends; after a SIGKILL the next
 * run removes it.
 */
export default function createTempRoot(): void {
  const parent = tmpdir();
  removeStaleTempRoots(parent);
  const directory = mkdtempSync(join(parent, tempRootPrefix(process.pid)));
  for (const name of ['TMPDIR', 'TMP', 'TEMP']) process.env[name] = directory;
  process.env.ADDER_TESTS_TEMP_ROOT = directory;
  process.once('exit', () => removeTempRoot(directory));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      removeTempRoot(directory);
      process.kill(process.pid, signal);
    });
  }
}
