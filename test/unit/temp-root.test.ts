import { existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { removeStaleTempRoots, tempRootPrefix } from '../setup/temp-root.ts';

test('every temporary file of the tests is in the directory of this run', () => {
  expect(tmpdir()).toBe(process.env.ADDER_TESTS_TEMP_ROOT);
  expect(existsSync(tmpdir())).toBe(true);
});

test('the directories of runs that were killed are removed, those of live runs and others are not', () => {
  const parent = mkdtempSync(join(tmpdir(), 'parent-'));
  // Above the largest process id that Linux gives out.
  const names = [
    `${tempRootPrefix(2 ** 22 + 1)}dead`,
    `${tempRootPrefix(process.pid)}live`,
    'other',
  ];
  for (const name of names) mkdirSync(join(parent, name, 'nested'), { recursive: true });
  removeStaleTempRoots(parent);
  expect(readdirSync(parent).sort()).toEqual(names.slice(1).sort());
});
