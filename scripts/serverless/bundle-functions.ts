import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { Serverless } from './serverless.ts';

export interface Bundle {
  /** Name in serverless.yml. */
  name: string;
  /** Where the handler expects the bundle: `functions/intake/index.mjs` */
  path: string;
  code: Uint8Array;
}

const ROOT = resolve(import.meta.dirname, '../..');
const plugins: Plugin[] = createRequire(import.meta.url)('../../esbuild.plugins.cjs');

/**
 * Bundles functions of serverless.yml with their dependencies, each into one minified ES module.
 * @throws esbuild's BuildFailure if the code does not compile, or a plugin matches nothing
 */
export async function bundleFunctions(
  { service }: Serverless,
  names = service.getAllFunctions(),
): Promise<Bundle[]> {
  return Promise.all(
    names.map(async (name) => {
      // `functions/intake/index.handler`
      const entry = service.getFunction(name).handler.replace(/\.\w+$/, '');
      const { outputFiles } = await build({
        entryPoints: [join(ROOT, `${entry}.ts`)],
        bundle: true,
        write: false,
        minify: true,
        format: 'esm',
        platform: 'node',
        target: 'node24',
        // ES modules if a package has them, so that esbuild can leave out unused code.
        mainFields: ['module', 'main'],
        // The SDK imports it by `import()`, for operations that stream events. No function calls one, and
        // esbuild would wrap each module that it shares with the rest of the SDK in a function.
        external: ['@smithy/core/event-streams'],
        // The SDK asks of each body whether it is one of these. Node loads web streams with the first
        // mention of their name, and all bodies here are strings or Node's own streams.
        define: { ReadableStream: 'undefined' },
        plugins,
        logLevel: 'error',
      });
      const [output] = outputFiles;
      if (!output) throw new Error(`esbuild has no output for ${entry}.ts`);
      return { name, path: `${entry}.mjs`, code: output.contents };
    }),
  );
}
