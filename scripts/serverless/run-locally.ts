import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { UserError } from '../../lib/user-error.ts';

interface LocalOptions {
  function?: string;
  path?: string;
  data?: string;
  env?: string[];
  httpPort?: number | string;
}

const ROOT = resolve(import.meta.dirname, '../..');

/**
 * Runs `serverless offline` and `serverless invoke local` as `npm start` and `npm run invoke`. The commands
 * of osls and serverless-offline would have no queues, secrets or Genesys Cloud.
 * @returns the exit code
 */
export async function runLocally(command: string, options: LocalOptions): Promise<number> {
  if (command !== 'invoke local') {
    const port = options.httpPort === undefined ? {} : { PORT: String(options.httpPort) };
    return run(['local/start'], port);
  }
  const folder = await mkdtemp(join(tmpdir(), 'invoke-local-'));
  try {
    const file = options.path ?? join(folder, 'event.json');
    if (!options.path) await writeFile(file, await readData(options));
    return await run(['local/invoke', options.function ?? '', resolve(file)], variables(options));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readData({ data }: LocalOptions): Promise<string> {
  if (data) return data;
  if (process.stdin.isTTY) {
    process.stderr.write(
      'Reading the event from standard input; --path FILE or --data JSON names it.\n',
    );
  }
  return text(process.stdin);
}

function variables({ env = [] }: LocalOptions): Record<string, string> {
  return Object.fromEntries(
    [env].flat().map((pair) => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
      if (!name) throw new UserError(`--env must be NAME=VALUE, not "${pair}"`);
      return [name, value ?? ''];
    }),
  );
}

function run(args: string[], environment: Record<string, string>): Promise<number> {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/run.mjs'), ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  // The child ends first, and this process with its exit code.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => child.kill(signal));
  }
  return new Promise((resolveCode, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolveCode(code ?? 1));
  });
}
