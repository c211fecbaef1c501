import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/**
 * Loads the settings of a stage from its files into the environment, which takes precedence over them.
 * Stage `dev`, and a command without a stage, take `.env`; stage `dev` takes `.env.dev` before it. Any
 * other stage takes `.env.STAGE` alone: what a developer has in `.env` must not reach production.
 * @param folder of the files
 */
export function loadSettings(
  stage: string | undefined,
  folder = '.',
  environment: Record<string, string | undefined> = process.env,
): void {
  for (const name of settingsFiles(stage)) {
    const file = join(folder, name);
    if (!existsSync(file)) continue;
    for (const [key, value] of Object.entries(parseEnv(readFileSync(file, 'utf8')))) {
      environment[key] ??= value;
    }
  }
}

function settingsFiles(stage: string | undefined): string[] {
  if (stage === undefined) return ['.env'];
  return stage === 'dev' ? ['.env.dev', '.env'] : [`.env.${stage}`];
}
