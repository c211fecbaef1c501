import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

/** Rules that the linter does not have. */

const root = fileURLToPath(new URL('../../', import.meta.url));

const filesIn = (...folders: string[]) => textsIn(/\.(ts|mjs|cjs)$/, folders);
const pagesIn = (...folders: string[]) => textsIn(/\.md$/, folders);

function textsIn(name: RegExp, folders: string[]): { path: string; text: string }[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(folder, file),
      ),
    )
    .filter((path) => name.test(path) && !path.includes('node_modules'))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** The names that a module declares and exports; re-exports are not counted. */
function exportsOf(text: string): string[] {
  const declared =
    /^export (?:default )?(?:abstract )?(?:async )?(?:function\*?|const|let|class|interface|type|enum) (\w+)/gm;
  return [...text.matchAll(declared)].map(([, name = '']) => name);
}

test('no file of the product is longer than 300 lines', () => {
  const long = filesIn('functions', 'lib', 'cli', 'local', 'scripts')
    .filter(({ text }) => text.trimEnd().split('\n').length > 300)
    .map(({ path }) => path);
  expect(long).toEqual([]);
});

test('no name is exported by two modules of lib and functions', () => {
  const exporters = new Map<string, string[]>();
  for (const { path, text } of filesIn('lib', 'functions')) {
    // Every function has its own handler.ts and index.ts, which AWS and the tests address by path.
    if (/^functions\/[^/]+\/(handler|index)\.ts$/.test(path)) continue;
    for (const name of new Set(exportsOf(text))) {
      exporters.set(name, [...(exporters.get(name) ?? []), path]);
    }
  }
  const twice = [...exporters].filter(([, paths]) => paths.length > 1).map(([name]) => name);
  expect(twice).toEqual([]);
});

// `retry-after.ts` exports parseRetryAfter, `faults.ts` Fault. Where a file has several related exports, each
// of them has a word of its name: `flat-input.ts` exports flatText and flatList. A transition is named after
// its event, and a policy holds the rules of one subject.
test('the name of a file is the name of what it exports', () => {
  const squeeze = (name: string) => name.replaceAll(/[-_]/g, '').toLowerCase();
  const misnamed = filesIn('functions', 'lib', 'cli', 'local', 'scripts')
    .filter(({ path }) => /(?<!\.d)\.ts$/.test(path) && !/\/(index|handler)\.ts$/.test(path))
    .filter(({ path }) => !/-(transitions|policy)\.ts$/.test(path))
    .filter(({ path, text }) => {
      const names = exportsOf(text).map(squeeze);
      // The entry of a command: `node scripts/run.mjs` calls its main().
      const isEntry = names.includes('main') || /^export \{ main \}/m.test(text);
      if (isEntry && /^(cli|local|scripts)\/[^/]+\.ts$/.test(path)) return false;
      const file = basename(path, '.ts');
      const singular = (word: string) => word.replace(/s$/, '');
      const areRelated = (word: string) => names.every((name) => name.includes(singular(word)));
      return !(
        names.some((name) => name.includes(singular(squeeze(file)))) ||
        (names.length > 1 && file.split('-').some(areRelated))
      );
    })
    .map(({ path }) => path);
  expect(misnamed).toEqual([]);
});

test('every page of docs/ that the source cites is in the repository', () => {
  const cited = filesIn('functions', 'lib', 'cli', 'local', 'scripts', 'test', 'bench').flatMap(
    ({ path, text }) => [...text.matchAll(/\bdocs\/[\w/.-]+\.md\b/g)].map(([page]) => [path, page]),
  );
  expect(cited).not.toEqual([]);
  expect(cited.filter(([, page = '']) => !existsSync(join(root, page)))).toEqual([]);
});

test('no source cites documents that are not in the repository', () => {
  const citation = /\bFACTS\b|\b[Cc]ontract \d|\.\.\/shared\//;
  const citing = filesIn('functions', 'lib', 'cli', 'local', 'scripts', 'test', 'bench')
    .filter(({ path }) => path !== 'test/unit/source-rules.test.ts')
    .filter(({ text }) => citation.test(text))
    .map(({ path }) => path);
  expect(citing).toEqual([]);
});

// One plain word for each: "no one" or a noun, "a person", "fix", "alone" or "automatically", "absent".
const AVOIDED_WORDS = [
  /\b(nobody|somebody|whoever|everybody)\b/i,
  /\bmend(s|ed|ing)?\b/i,
  /\bby (itself|themselves)\b/i,
  /\bis none\b/,
  /\btakes? note\b/i,
  /\bthe search for\b/i,
  /\bfares?\b/i,
];

test('no source or page uses words that readers stumble over', () => {
  const found = filesIn('functions', 'lib', 'cli', 'local', 'scripts', 'docs', 'test', 'bench')
    .filter(({ path }) => path !== 'test/unit/source-rules.test.ts')
    .concat(pagesIn('docs'), [
      ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'].map((path) => ({
        path,
        text: readFileSync(join(root, path), 'utf8'),
      })),
    ])
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .filter((line) => AVOIDED_WORDS.some((word) => word.test(line)))
        .map((line) => `${path}: ${line.trim()}`),
    );
  expect(found).toEqual([]);
});
