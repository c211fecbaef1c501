import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bundleFunctions } from './bundle-functions.ts';
import type { Serverless } from './serverless.ts';

/** Writes the bundles of all functions to a folder, from which `serverless offline` runs them. */
export async function writeBundles(serverless: Serverless, folder: string): Promise<void> {
  for (const { path, code } of await bundleFunctions(serverless)) {
    const file = join(serverless.serviceDir, folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, code);
  }
}
