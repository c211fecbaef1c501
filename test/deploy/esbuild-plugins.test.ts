import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { build, type Plugin } from 'esbuild';

const require = createRequire(import.meta.url);
const plugins: Plugin[] = require('../../esbuild.plugins.cjs');

const CHAIN = '@aws-sdk/credential-provider-node';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plugins-'));
  await addPackage(CHAIN, "export const defaultProvider = 'the whole chain';");
  // Where npm puts a dependency whose version other packages do not share.
  await addPackage(
    `${CHAIN}/node_modules/@aws-sdk/credential-provider-env`,
    "export const fromEnv = 'the environment';",
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function addPackage(name: string, code: string) {
  const path = join(folder, 'node_modules', name, 'index.js');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, code);
}

async function bundle(code: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: folder },
    bundle: true,
    write: false,
    format: 'esm',
    logLevel: 'silent',
    plugins,
  });
  return outputFiles[0]?.text ?? '';
}

const FUNCTION = `
  import { createHash } from 'node:crypto';
  import { defaultProvider } from '${CHAIN}';
  console.log(defaultProvider, createHash);`;

describe('the plugins of the build', () => {
  test('take the credentials from the environment', async () => {
    const code = await bundle(FUNCTION);
    expect(code).toContain('the environment');
    expect(code).not.toContain('the whole chain');
  });

  test("take of Node's modules only the names that are imported", async () => {
    const code = await bundle(FUNCTION);
    expect(code).toContain('getBuiltinModule("node:crypto")');
    expect(code).toContain('.createHash');
    expect(code).not.toContain('.webcrypto');
  });

  test.each([
    [
      'the credential chain',
      "import { createHash } from 'node:crypto'; console.log(createHash);",
      `nothing imports ${CHAIN}: the plugin does nothing any more.`,
    ],
    [
      "any of Node's own modules",
      `import { defaultProvider } from '${CHAIN}'; console.log(defaultProvider);`,
      "nothing imports any of Node's own modules: the plugin does nothing any more.",
    ],
  ])('fail the build with one line when nothing imports %s', async (_, code, text) => {
    const failure = await bundle(code).catch((error: unknown) => error);
    expect(failure).toMatchObject({ errors: [{ text: expect.stringContaining(text) }] });
    expect((failure as { errors: unknown[] }).errors).toHaveLength(1);
  });
});
