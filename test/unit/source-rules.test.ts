import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

/**
 * Rules for the source that the linter does not have. Each list below names what does not follow its
 * rule yet. Lists only get shorter: fix the file instead of adding it.
 */

const TOO_LONG: string[] = [
  'cli/doctor/examine.ts',
  'lib/domain/call-window.ts',
  'lib/domain/record-transitions.ts',
  'scripts/schemas/openapi-document.ts',
];

const EXPORTED_TWICE: string[] = ['Verdict', 'isIn'];

const CITING_WHAT_IS_NOT_THERE: string[] = [
  'functions/intake/read-request.ts',
  'functions/intake/request-identity.ts',
  'functions/relay/handler.ts',
  'lib/domain/accepted.ts',
  'lib/domain/deadline-seconds.ts',
  'lib/domain/request-body.ts',
  'lib/domain/request-headers.ts',
  'lib/domain/retry-policy.ts',
  'lib/domain/roster.ts',
  'lib/genesys/api/genesys-client.ts',
  'lib/genesys/api/read-response.ts',
  'lib/genesys/api/region.ts',
  'lib/genesys/api/response-rules.ts',
  'lib/genesys/conversation/add-by-generic-endpoint.ts',
  'lib/genesys/conversation/add-to-call.ts',
  'lib/genesys/conversation/conversation-document.ts',
  'lib/genesys/pace/rate-limit-headers.ts',
  'lib/genesys/token/request-token.ts',
  'lib/genesys/users/read-users.ts',
  'lib/webhook/deliver-webhook.ts',
  'lib/webhook/delivery-outcome.ts',
  'lib/webhook/next-step.ts',
  'lib/webhook/schedule.ts',
  'test/unit/intake-handler.test.ts',
];

const NAMED_AFTER_NO_EXPORT: string[] = [
  'cli/credentials/key-ring.ts',
  'lib/domain/errors.ts',
  'lib/domain/flat-input.ts',
  'lib/domain/participant-schema.ts',
  'lib/domain/record-transitions.ts',
  'lib/domain/retry-policy.ts',
  'lib/genesys/api/read-response.ts',
  'lib/genesys/api/response-rules.ts',
  'lib/genesys/conversation/read-participation.ts',
  'lib/genesys/pace/rate-limit-headers.ts',
  'lib/genesys/users/look-up-users.ts',
  'lib/records/attribute-values.ts',
  'lib/records/list-cursor.ts',
  'lib/webhook/delivery-outcome.ts',
  'lib/webhook/schedule.ts',
  'local/event-source-mapping/failed-messages.ts',
  'local/genesys/faults.ts',
  'local/genesys/platform-document.ts',
  'local/sqs/fauxqs-store.ts',
  'local/system/endpoints-file.ts',
  'local/system/local-aws.ts',
  'scripts/bench.ts',
  'scripts/schemas/openapi-document.ts',
];

const root = fileURLToPath(new URL('../../', import.meta.url));

function filesIn(...folders: string[]): { path: string; text: string }[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(folder, file),
      ),
    )
    .filter((path) => /\.(ts|mjs|cjs)$/.test(path) && !path.includes('node_modules'))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** The names that a module declares and exports; what it passes on from elsewhere is not counted. */
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
  expect(except(long, TOO_LONG)).toEqual([]);
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
  expect(except(citing, CITING_WHAT_IS_NOT_THERE)).toEqual([]);
});
