import { mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { UserError } from '../../lib/user-error.ts';
import { readEndpoints } from './endpoints-file.ts';

const FILE = 'lock';

/**
 * Locks a folder, so that a second system cannot overwrite the endpoints file of the first. The lock of
 * a process that was killed is ignored.
 * @param folder `.local`, or what `LOCAL_FOLDER` says
 * @throws UserError that names the process and explains how to run both
 */
export async function lockFolder(folder: string): Promise<{ stop(): Promise<void> }> {
  const file = join(folder, FILE);
  const take = () => writeFile(file, String(process.pid), { flag: 'wx' });
  await mkdir(folder, { recursive: true });
  try {
    await take();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const pid = Number(await readFile(file, 'utf8').catch(() => ''));
    if (isAlive(pid)) throw await alreadyRunning(folder, pid);
    await rm(file, { force: true });
    // If two start at the same time over a stale lock, the slower one is refused.
    await take().catch(async () => {
      throw await alreadyRunning(folder, Number(await readFile(file, 'utf8').catch(() => '')));
    });
  }
  return {
    async stop() {
      await rm(file, { force: true });
      // Removes the folder if it is empty.
      await rmdir(folder).catch(() => {});
    },
  };
}

async function alreadyRunning(folder: string, pid: number): Promise<UserError> {
  const url = (await readEndpoints(folder))?.apiUrl;
  const name = relative(process.cwd(), folder) || folder;
  return new UserError(
    [
      `A local system runs in ${name} already: process ${pid}${url ? `, ${url}` : ''}.`,
      `Stop it first, or start one beside it: LOCAL_FOLDER=${name}-2 PORT=0 npm start`,
      `(If process ${pid} is something else, delete ${join(name, FILE)}.)`,
    ].join('\n'),
  );
}

function isAlive(pid: number): boolean {
  if (!pid || pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
