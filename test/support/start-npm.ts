import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Endpoints } from '../../local/system/endpoints-file.ts';
import { withoutRealSystems } from '../../local/system/without-real-systems.ts';

/** Settings of this machine must not affect the system under test. */
const UNSET = Object.fromEntries(
  [
    'WEBHOOK_ALLOW_PRIVATE',
    'SQS_PORT',
    'SECRETS_PORT',
    'DYNAMODB_PORT',
    'GENESYS_PORT',
    'WEBHOOK_PORT',
  ].map((name) => [name, '']),
);

export interface NpmRun {
  process: ChildProcess;
  output: () => string;
  /** Resolves with the exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals | null>;
}

/** Runs `npm …args` in its own process group, as a terminal does. */
export function runNpm(args: string[], environment: Record<string, string>): NpmRun {
  const child = spawn('npm', args, {
    env: { ...withoutRealSystems(process.env), ...UNSET, ...environment },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  return { process: child, output: () => output, ended };
}

export interface StartedSystem {
  run: NpmRun;
  endpoints: Endpoints;
  folder: string;
  /** Resolves with the first line of the output, past or future, that contains all parts. */
  line(...parts: string[]): Promise<string>;
  stop(): Promise<void>;
}

let systems = 0;

/** `npm start` on free ports. */
export async function startWithNpm(
  environment: Record<string, string> = {},
): Promise<StartedSystem> {
  systems += 1;
  const folder = `.local/test-${process.pid}-${systems}`;
  const run = runNpm(['start'], { PORT: '0', LOCAL_FOLDER: folder, ...environment });
  const line = async (...parts: string[]) => {
    for (;;) {
      const found = run
        .output()
        .split('\n')
        .find((candidate) => parts.every((part) => candidate.includes(part)));
      if (found !== undefined) return found;
      if (run.process.exitCode !== null) throw new Error(`npm start has ended:\n${run.output()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await line('Ctrl-C stops it');
  const endpoints: Endpoints = JSON.parse(readFileSync(`${folder}/endpoints.json`, 'utf8'));
  return {
    run,
    endpoints,
    folder,
    line,
    async stop() {
      if (isRunning(run)) process.kill(-pidOf(run), 'SIGINT');
      await run.ended;
      await groupIsEmpty(run);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when all processes of a run have ended. */
export async function groupIsEmpty(run: NpmRun): Promise<void> {
  while (isRunning(run)) await new Promise((resolve) => setTimeout(resolve, 20));
}

function isRunning(run: NpmRun): boolean {
  try {
    return process.kill(-pidOf(run), 0);
  } catch {
    return false;
  }
}

function pidOf({ process: { pid } }: NpmRun): number {
  if (pid === undefined) throw new Error('npm could not be started');
  return pid;
}
