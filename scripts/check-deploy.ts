import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const requirements = join(root, 'scripts/check-deploy/requirements.txt');
const environment = join(root, '.local/check-deploy');
const python = join(environment, 'bin/python');

/**
 * `npm run check:deploy`: lints the packaged template with cfn-lint and deploys it to a moto server.
 * Both are Python programs, installed in a virtual environment in a git-ignored folder. If that is not
 * possible, it prints a clear warning and succeeds.
 */
export async function main(): Promise<number> {
  const missing = await install();
  if (missing) {
    const line = '='.repeat(78);
    console.log(
      `${line}\nSKIPPED: npm run check:deploy. Nothing was checked.\n${missing}\n${line}`,
    );
    return 0;
  }
  const { code } = await run(
    python,
    [join(root, 'scripts/check-deploy/check_deploy.py')],
    'inherit',
  );
  return code;
}

/** Creates the environment once per version of the requirements. @returns why it is not possible */
async function install(): Promise<string | undefined> {
  const wanted = await readFile(requirements, 'utf8');
  const marker = join(environment, 'installed.txt');
  if ((await readFile(marker, 'utf8').catch(() => '')) === wanted) return undefined;
  console.log('Installing cfn-lint and moto into .local/check-deploy (once, about a minute)');
  await rm(environment, { recursive: true, force: true });
  await mkdir(environment, { recursive: true });
  const steps: [string, string, string[]][] = [
    ['Python 3 with venv is needed', 'python3', ['-m', 'venv', environment]],
    [
      'pip could not install cfn-lint and moto',
      python,
      [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--require-hashes',
        '-r',
        requirements,
      ],
    ],
  ];
  for (const [problem, command, args] of steps) {
    const { code, output } = await run(command, args, 'pipe');
    if (code !== 0) {
      await rm(environment, { recursive: true, force: true });
      return `${problem}: ${output.trim().split('\n').at(-1)}`;
    }
  }
  await writeFile(marker, wanted);
  return undefined;
}

/** Runs a program. The code of one that cannot be started is 127, as in a shell. */
function run(
  command: string,
  args: string[],
  stdio: 'inherit' | 'pipe',
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', stdio, stdio] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
    }
    child.on('error', (error) => resolve({ code: 127, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
