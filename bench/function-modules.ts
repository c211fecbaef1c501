import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { unzip } from '../local/lambda-runtime/unzip.ts';
import { packageService } from '../local/package-service.ts';

export type FunctionName = 'intake' | 'adder' | 'relay' | 'follow-up';

export interface FunctionModule {
  /** Exports `handler`. */
  path: string;
  bytes: number;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, '.local', 'bench');

/** A function as `serverless package` made it, out of its zip. */
export async function packagedFunction(name: FunctionName): Promise<FunctionModule> {
  const { zipOf } = await packageService();
  const file = `functions/${name}/index.mjs`;
  const content = unzip(await readFile(zipOf(name))).get(file);
  if (!content) throw new Error(`the package of ${name} has no ${file}`);
  const path = join(folder, 'packaged', `${name}.mjs`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return { path, bytes: content.length };
}

/** A baseline. @param name a file of baselines/, without its ending */
export function baselineFunction(name: string): Promise<FunctionModule> {
  return bundledFunction(`baselines/${name}`);
}

/**
 * A function of this folder, bundled with esbuild's own settings for Node. Minified like ours, and with a
 * `require` for the CommonJS that such a bundle of ES modules ends up with.
 * @param name a file in bench/, without its ending
 */
export async function bundledFunction(name: string): Promise<FunctionModule> {
  const path = join(folder, `${name}.mjs`);
  const { metafile } = await build({
    entryPoints: [join(root, 'bench', `${name}.ts`)],
    outfile: path,
    bundle: true,
    metafile: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    logLevel: 'error',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  const [output] = Object.values(metafile.outputs);
  return { path, bytes: output?.bytes ?? 0 };
}
