import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS, type Mutant } from './mutants/mutants.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const COPIED = ['functions', 'lib', 'local', 'test', 'package.json', 'jest.config.ts'];
/** As many as the test command runs. */
const SEEDS = 500;
/** A mutant may make the code run for ever, which counts as caught. */
const LONGEST_MS = 180_000;
const AT_A_TIME = 2;

type Outcome =
  | { kind: 'caught'; how: string }
  | { kind: 'survived' }
  /** It says nothing about the tests. */
  | { kind: 'unusable'; why: string };

/**
 * Makes the code wrong in one way after the other, in a copy, and sees whether the tests notice.
 * @returns the exit code: 1 where one survives, or no longer fits the code
 */
export async function main(args: string[]): Promise<number> {
  const wanted = MUTANTS.filter(({ what }) => args.every((word) => what.includes(word)));
  const left = [...wanted];
  let caught = 0;
  const work = async () => {
    const copy = await copyTree();
    try {
      for (let mutant = left.shift(); mutant; mutant = left.shift()) {
        const startedAtMs = Date.now();
        const outcome = await tryMutant(copy, mutant);
        if (outcome.kind === 'caught') caught += 1;
        const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(0);
        process.stdout.write(`${row(mutant, outcome)}  ${seconds.padStart(4)} s\n`);
      }
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  process.stdout.write(`${caught} of ${wanted.length} mutants caught\n`);
  return caught === wanted.length && wanted.length > 0 ? 0 : 1;
}

function row({ what }: Mutant, outcome: Outcome): string {
  const told = {
    caught: () => `caught by ${(outcome as { how: string }).how}`,
    survived: () => 'SURVIVED',
    unusable: () => `UNUSABLE: ${(outcome as { why: string }).why}`,
  };
  return `${what.padEnd(84)}  ${told[outcome.kind]().padEnd(46)}`;
}

async function copyTree(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'mutants-'));
  for (const name of COPIED) await cp(join(root, name), join(copy, name), { recursive: true });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

async function tryMutant(copy: string, mutant: Mutant): Promise<Outcome> {
  const file = join(copy, mutant.file);
  const original = await readFile(file, 'utf8');
  const places = original.split(mutant.find).length - 1;
  if (places !== 1)
    return { kind: 'unusable', why: `its text is in ${mutant.file} ${places} times` };
  await writeFile(
    file,
    original.replace(mutant.find, () => mutant.replace),
  );
  try {
    return mutant.caughtBy === 'simulation'
      ? await trySimulation(copy)
      : await tryTest(copy, mutant.caughtBy);
  } finally {
    await writeFile(file, original);
  }
}

async function trySimulation(copy: string): Promise<Outcome> {
  const { code, output } = await run(copy, ['local/run.mjs', 'simulate', '--runs', String(SEEDS)]);
  const seed = /^Seed (\d+) fails/m.exec(output)?.[1];
  if (seed !== undefined) return { kind: 'caught', how: `simulation, seed ${seed}` };
  if (code === undefined) return { kind: 'caught', how: 'simulation, which does not end' };
  return code === 0 ? { kind: 'survived' } : { kind: 'unusable', why: lastLine(output) };
}

async function tryTest(copy: string, test: string): Promise<Outcome> {
  const { code, output } = await run(copy, [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--bail',
    test,
  ]);
  if (code === undefined) return { kind: 'caught', how: `${test}, which does not end` };
  if (code === 0) return { kind: 'survived' };
  const failed = output.split('\n').filter((line) => /^\s+✕ /.test(line)).length;
  if (failed === 0) return { kind: 'unusable', why: 'no test ran' };
  return { kind: 'caught', how: `${test.split('/').at(-1)} (${failed})` };
}

/** @returns no code where it had to be ended */
async function run(cwd: string, args: string[]): Promise<{ code?: number; output: string }> {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  return { ...(code === null ? {} : { code }), output };
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.slice(0, 100) ?? '';
}
