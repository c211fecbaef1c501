import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSettings } from '../local/system/read-settings.ts';
import { startSystem } from '../local/system/start-system.ts';
import { withoutRealSystems } from '../local/system/without-real-systems.ts';
import { type ClientCheck, clientChecks } from './check-clients/client-checks.ts';
import { preparePython, reportSkipped } from './prepare-python.ts';
import { runProgram } from './run-program.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const CONTENTS = 'openapi-generator, openapi-python-client and schemathesis';

/**
 * `npm run check:clients`: clients that other programs generate from `schemas/openapi.json` call the
 * local system, and schemathesis tests it against the document. If the programs cannot be installed, it
 * prints a clear warning and succeeds.
 */
export async function main(): Promise<number> {
  const python = await preparePython('check-clients', CONTENTS);
  if ('missing' in python) {
    reportSkipped('npm run check:clients', python.missing);
    return 0;
  }
  const { bin } = python;
  await mkdir(join(root, '.local'), { recursive: true });
  const folder = await mkdtemp(join(root, '.local/clients-'));
  const environment = {
    ...withoutRealSystems(process.env),
    PORT: '0',
    LOCAL_FOLDER: join(folder, 'system'),
    LOCAL_AUTH: 'jwt',
    // Every telephone number, so that a valid request is not refused for what it names.
    ALLOWED_ADDRESSES: '+',
  };
  try {
    const system = await startSystem({ settings: readSettings(environment), environment });
    try {
      const api = { url: system.endpoints.apiUrl, token: system.endpoints.tokens?.all ?? '' };
      const failed = await runAll(clientChecks({ bin, folder, api }), {
        PATH: `${bin}${delimiter}${process.env.PATH}`,
        API: api.url,
        TOKEN: api.token,
      });
      console.log(failed === 0 ? 'All clients work.' : `${failed} failed.`);
      return failed === 0 ? 0 : 1;
    } finally {
      await system.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runAll(checks: ClientCheck[], env: Record<string, string>): Promise<number> {
  let failed = 0;
  for (const { name, steps } of checks) {
    const output = await findFailure(steps, env);
    if (output !== undefined) failed += 1;
    console.log(output === undefined ? `  ok    ${name}` : `  FAIL  ${name}\n${output}`);
  }
  return failed;
}

/** @returns what the first program that failed printed */
async function findFailure(
  steps: ClientCheck['steps'],
  env: Record<string, string>,
): Promise<string | undefined> {
  for (const { command, args, env: more, ...options } of steps) {
    const { code, output } = await runProgram(command, args, {
      ...options,
      env: { ...env, ...more },
    });
    if (code !== 0) return `${[command, ...args].join(' ')}\nended with ${code}:\n${output}`;
  }
  return undefined;
}
