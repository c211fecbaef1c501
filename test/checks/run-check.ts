import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe } from '@jest/globals';

const checks = fileURLToPath(new URL('../../checks/', import.meta.url));

/**
 * Runs a program of the `checks` workspace, which has its own dependencies.
 * @returns what it printed, parsed; also where it reports findings by its exit code
 */
export async function runCheck(program: string, args: string[]): Promise<unknown> {
  const env = {
    ...process.env,
    REDOCLY_TELEMETRY: 'off',
    REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
  };
  const run = promisify(execFile)(process.execPath, [checks + program, ...args], { env });
  const { stdout, stderr } = await run.catch(
    (failed: { stdout: string; stderr: string }) => failed,
  );
  try {
    return JSON.parse(stdout);
  } catch (cause) {
    throw new Error(`${program} printed no JSON.\n${stdout}\n${stderr}`, { cause });
  }
}

/** `describe` for tests that need the `checks` workspace. They are skipped, with a warning, where it is not installed. */
export function describeWithChecks(name: string, define: () => void): void {
  if (existsSync(`${checks}node_modules`)) {
    describe(name, define);
    return;
  }
  // Jest does not show console.warn for a file of which every test is skipped.
  process.stderr.write(
    `\nSKIPPED: "${name}". The tools for it are not installed: npm run checks:install\n\n`,
  );
  describe.skip(name, define);
}
