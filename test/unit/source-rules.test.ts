import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

/**
 * Rules that the linter does not have. Each list names the exceptions to its rule. Do not add to a list:
 * fix the file instead.
 */

const EXPORTED_TWICE: string[] = [];

const NAMED_AFTER_NO_EXPORT: string[] = [
  'cli/credentials/key-ring.ts',
  'lib/domain/errors.ts',
  'lib/domain/flat-input.ts',
  'lib/domain/participant-schema.ts',
  'lib/domain/event-transitions.ts',
  'lib/domain/record-transitions.ts',
  'lib/domain/retry-policy.ts',
  'lib/genesys/api/read-response.ts',
  'lib/genesys/api/response-rules.ts',
  'lib/genesys/conversation/read-participation.ts',
  'lib/genesys/pace/rate-limit-headers.ts',
  'lib/genesys/users/look-up-users.ts',
  'lib/records/attribute-values.ts',
  'lib/records/list-cursor.ts',
  'lib/webhook/schedule.ts',
  'local/event-source-mapping/failed-messages.ts',
  'local/genesys/faults.ts',
  'local/genesys/platform-document.ts',
  'local/sqs/fauxqs-store.ts',
  'local/system/endpoints-file.ts',
  'local/system/local-aws.ts',
  'scripts/bench.ts',
];

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

const except = (found: string[], allowed: string[]) =>
  found.filter((one) => !allowed.includes(one)).sort();

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
  expect(except(twice, EXPORTED_TWICE)).toEqual([]);
});

// `retry-after.ts` exports parseRetryAfter, `webhook-url.ts` exports parseWebhookUrl.
test('the name of a file is part of the name of one of its exports', () => {
  const squeeze = (name: string) => name.replaceAll(/[-_]/g, '').toLowerCase();
  const misnamed = filesIn('functions', 'lib', 'cli', 'local', 'scripts')
    .filter(({ path }) => /(?<!\.d)\.ts$/.test(path) && !/\/(index|handler)\.ts$/.test(path))
    .filter(({ path, text }) => {
      const names = exportsOf(text);
      // The entry of a command: `node scripts/run.mjs` calls its main().
      if (names.includes('main') && /^(cli|local|scripts)\/[^/]+\.ts$/.test(path)) return false;
      const file = squeeze(basename(path, '.ts'));
      return !names.some((name) => squeeze(name).includes(file));
    })
    .map(({ path }) => path);
  expect(except(misnamed, NAMED_AFTER_NO_EXPORT)).toEqual([]);
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
  const found = filesIn('functions', 'lib', 'cli', 'local', 'scripts', 'docs')
    .concat(pagesIn('docs'), [
      { path: 'README.md', text: readFileSync(join(root, 'README.md'), 'utf8') },
    ])
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .filter((line) => AVOIDED_WORDS.some((word) => word.test(line)))
        .map((line) => `${path}: ${line.trim()}`),
    );
  expect(found).toEqual([]);
});
