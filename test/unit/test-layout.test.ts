import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = new URL('../../', import.meta.url);
const path = (relative: string) => fileURLToPath(new URL(relative, root));

const { scripts } = JSON.parse(readFileSync(path('package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

test('each function has a fast path through real servers in test/smoke', () => {
  const functions = readdirSync(path('functions'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  expect(functions).not.toEqual([]);
  expect(functions.filter((name) => !existsSync(path(`test/smoke/${name}.test.ts`)))).toEqual([]);
});

test('npm test runs the folders for fast tests, test:full everything but test/long', () => {
  expect(scripts.test).toContain('jest -- test/unit test/contract test/smoke');
  expect(scripts['test:full']).toContain('--testPathIgnorePatterns test/long/');
  expect(scripts['test:full']).toContain('--coverage');
});

test('every test file is in a folder that CONTRIBUTING.md describes', () => {
  const guide = readFileSync(path('CONTRIBUTING.md'), 'utf8');
  const folders = readdirSync(path('test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => file.replace(/\/[^/]*$/, ''));
  const undescribed = [...new Set(folders)].filter((name) => !guide.includes(`| \`test/${name}\``));
  expect(undescribed).toEqual([]);
});
