import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from './run-program.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Creates the virtual environment of a check in a git-ignored folder, once per version of its requirements,
 * `scripts/NAME/requirements.txt`.
 * @param contents of the environment, for messages
 * @returns the folder of its programs, or why it cannot be created
 */
export async function preparePython(
  name: string,
  contents: string,
): Promise<{ bin: string } | { missing: string }> {
  const environment = join(root, '.local', name);
  const bin = join(environment, 'bin');
  const requirements = join(root, 'scripts', name, 'requirements.txt');
  const wanted = await readFile(requirements, 'utf8');
  const marker = join(environment, 'installed.txt');
  if ((await readFile(marker, 'utf8').catch(() => '')) === wanted) return { bin };
  console.log(`Installing ${contents} into .local/${name} (once, about a minute)`);
  await rm(environment, { recursive: true, force: true });
  await mkdir(environment, { recursive: true });
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  const steps: [string, string, string[]][] = [
    ['Python 3 with venv is needed', 'python3', ['-m', 'venv', environment]],
    [
      `pip could not install ${contents}`,
      join(bin, 'python'),
      [...install, '--require-hashes', '-r', requirements],
    ],
  ];
  for (const [problem, command, args] of steps) {
    const { code, output } = await runProgram(command, args);
    if (code !== 0) {
      await rm(environment, { recursive: true, force: true });
      return { missing: `${problem}: ${output.trim().split('\n').at(-1)}` };
    }
  }
  await writeFile(marker, wanted);
  return { bin };
}

/** Tells that a check was skipped, so that it cannot be overlooked. */
export function reportSkipped(command: string, why: string): void {
  const line = '='.repeat(78);
  console.log(`${line}\nSKIPPED: ${command}. Nothing was checked.\n${why}\n${line}`);
}
