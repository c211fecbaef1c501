import { existsSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { lockFolder } from '../../local/system/lock-folder.ts';

const newFolder = () => mkdtemp(join(tmpdir(), 'lock-'));

test('a folder is locked until its system stops, and then it is gone', async () => {
  const folder = join(await newFolder(), 'new');

  const lock = await lockFolder(folder);

  expect(await readFile(join(folder, 'lock'), 'utf8')).toBe(String(process.pid));
  await lock.stop();
  expect(existsSync(folder)).toBe(false);
});

test('a folder of a process that runs is refused, with its name and a way to start beside it', async () => {
  const folder = await newFolder();
  await writeFile(join(folder, 'lock'), String(process.ppid));

  await expect(lockFolder(folder)).rejects.toThrow(
    new RegExp(`process ${process.ppid}.*\\n.*LOCAL_FOLDER=\\S+-2 PORT=0 npm start`),
  );
  expect(await readFile(join(folder, 'lock'), 'utf8')).toBe(String(process.ppid));
});

test.each(['', 'x', '999999999'])(
  'a lock of "%s", which no process holds, is taken over',
  async (pid) => {
    const folder = await newFolder();
    await writeFile(join(folder, 'lock'), pid);

    const lock = await lockFolder(folder);

    expect(await readFile(join(folder, 'lock'), 'utf8')).toBe(String(process.pid));
    await lock.stop();
  },
);
