import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import { type Bundle, bundleFunctions } from './bundle-functions.ts';
import type { Options, Serverless } from './serverless.ts';

/** The time of every file, so that the same code makes the same zip: osls deploys only what has changed. */
const MTIME = new Date(0);

/** Bundles all functions, or the one that `deploy function` names, and gives osls their zips. */
export async function packageFunctions(serverless: Serverless, options: Options): Promise<void> {
  const bundles = await bundleFunctions(
    serverless,
    options.function ? [options.function] : undefined,
  );
  for (const bundle of bundles) {
    const artifact = join('.serverless', `${bundle.name}.zip`);
    const file = join(serverless.serviceDir, artifact);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, await zip(bundle));
    serverless.service.getFunction(bundle.name).package = { artifact };
  }
}

async function zip({ path, code }: Bundle): Promise<Buffer> {
  const file = new ZipFile();
  file.addBuffer(Buffer.from(code), path, { mtime: MTIME, mode: 0o100644 });
  file.end();
  return buffer(file.outputStream);
}
