import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TokenCommand, TokenReport } from './token-process.ts';

export interface TokenProcess {
  tell(command: TokenCommand): void;
  /** All reports so far. */
  reports: TokenReport[];
  /** Resolves with the first matching report, past or future, from the given position. */
  next<Kind extends TokenReport['kind']>(
    kind: Kind,
    from?: number,
  ): Promise<Extract<TokenReport, { kind: Kind }>>;
  kill(): Promise<void>;
}

export interface TokenProcesses {
  start(count: number, env?: Record<string, string>): Promise<TokenProcess[]>;
  /** Ends all processes. */
  stop(): Promise<void>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles the script, so that fifty processes start in seconds, and starts the processes. */
export async function prepareTokenProcesses(): Promise<TokenProcesses> {
  const directory = await mkdtemp(join(tmpdir(), 'token-processes-'));
  const script = join(directory, 'token-process.mjs');
  await promisify(execFile)(join(root, 'node_modules/esbuild/bin/esbuild'), [
    join(root, 'test/support/token-process.ts'),
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--main-fields=module,main',
    "--banner:js=import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
    `--outfile=${script}`,
  ]);
  const children = new Set<ChildProcess>();

  function start(env: Record<string, string>): TokenProcess {
    const child = spawn(process.execPath, [script], {
      env: {
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        ...env,
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.add(child);
    child.once('exit', () => children.delete(child));
    // The process may have ended.
    child.stdin.on('error', () => {});
    const reports: TokenReport[] = [];
    const waiting = new Set<() => void>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      reports.push(JSON.parse(line));
      for (const look of [...waiting]) look();
    });
    return {
      reports,
      tell: (command) => void child.stdin.write(`${command}\n`),
      next: <Kind extends TokenReport['kind']>(kind: Kind, from = 0) =>
        new Promise<Extract<TokenReport, { kind: Kind }>>((resolve) => {
          const isWanted = (report: TokenReport): report is Extract<TokenReport, { kind: Kind }> =>
            report.kind === kind;
          const look = () => {
            const found = reports.slice(from).find(isWanted);
            if (!found) return;
            waiting.delete(look);
            resolve(found);
          };
          waiting.add(look);
          look();
        }),
      kill: () => end(child),
    };
  }

  return {
    async start(count, env = {}) {
      const started = Array.from({ length: count }, () => start(env));
      await Promise.all(started.map((one) => one.next('ready')));
      return started;
    },
    async stop() {
      await Promise.all([...children].map(end));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
