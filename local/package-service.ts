import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface PackagedService {
  /** The compiled CloudFormation template. */
  template: Template;
  templateFile: string;
  /** Path of a function's deployment package. */
  zipOf(functionName: string): string;
}

export interface Template {
  Description?: string;
  Metadata?: Record<string, unknown>;
  Parameters?: Record<string, { Type: string; Default?: string }>;
  Conditions?: Record<string, unknown>;
  Resources: Record<string, Resource>;
  Outputs: Record<string, { Description?: string; Value: unknown; Condition?: string }>;
}

export interface Resource {
  Type: string;
  Condition?: string;
  DependsOn?: string | string[];
  DeletionPolicy?: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template's properties have as many shapes as AWS has resources
  Properties: Record<string, any>;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = [
  'serverless.yml',
  'resources',
  'scripts/serverless',
  'cli/find-region.ts',
  'cli/load-settings.ts',
  'esbuild.plugins.cjs',
  'functions',
  'lib',
  'package-lock.json',
];
const STALE_LOCK_MS = 120_000;
const KEPT_MS = 24 * 3_600_000;

/** Settings of the packaged template. A developer's `.env` must not affect it. */
const defaults = {
  GENESYS_ENV: 'us-east-1',
  GENESYS_REQUESTS_PER_SECOND: '5',
  MAX_PARTICIPANTS: '20',
  EXTERNAL_WEBHOOK_URL: '',
  WEBHOOK_ALLOW_PRIVATE: 'false',
  JWT_ISSUER: '',
  JWT_AUDIENCE: '',
  ALARM_EMAIL: '',
  AWS_REGION: 'us-east-1',
};

/** Required for stages other than dev. */
const neededOutsideDev = { EXTERNAL_WEBHOOK_URL: 'https://receiver.example/hook' };

/**
 * Runs `serverless package` and returns its output. The same sources, stage and environment are packaged
 * once, also across processes.
 * @throws Error with the packager's output
 */
export async function packageService(
  options: {
    stage?: string;
    env?: Record<string, string>;
    /** Parameters for `--param`. */
    params?: Record<string, string>;
  } = {},
): Promise<PackagedService> {
  const stage = options.stage ?? 'dev';
  const env = { ...defaults, ...(stage !== 'dev' && neededOutsideDev), ...options.env };
  const params = Object.entries(options.params ?? {}).map((pair) => `--param=${pair.join('=')}`);
  const key = await fingerprint(JSON.stringify([stage, env, params]));
  const directory = join(root, '.local', 'packages', key);
  // One packaging at a time: osls always compiles in .serverless, whatever --package says.
  const lock = join(root, '.local', 'packages', 'packaging.lock');
  while (!existsSync(directory)) {
    if (await takeLock(lock)) {
      try {
        if (!existsSync(directory))
          await runPackager(directory, [...params, '--stage', stage], env);
      } finally {
        await rm(lock, { recursive: true, force: true });
      }
    } else await delay(200);
  }
  const templateFile = join(directory, 'cloudformation-template-update-stack.json');
  return {
    template: JSON.parse(await readFile(templateFile, 'utf8')),
    templateFile,
    zipOf: (functionName) => join(directory, `${functionName}.zip`),
  };
}

async function runPackager(
  directory: string,
  args: string[],
  env: Record<string, string>,
): Promise<void> {
  const making = `${directory}.making`;
  await rm(making, { recursive: true, force: true });
  const child = spawn(
    process.execPath,
    [
      join(root, 'node_modules/serverless/bin/serverless.js'),
      'package',
      ...args,
      '--package',
      making,
    ],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...env,
        PATH: process.env.PATH,
        HOME: process.env.HOME,
      },
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`serverless package ended with ${code}:\n${output}`);
  await rename(making, directory);
  await forgetOld(join(directory, '..'));
}

/** Removes old packages. Every change of the sources makes a new one. */
async function forgetOld(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > KEPT_MS) await rm(path, { recursive: true, force: true });
  }
}

async function takeLock(lock: string): Promise<boolean> {
  await mkdir(join(lock, '..'), { recursive: true });
  try {
    await mkdir(lock);
    return true;
  } catch {
    const age = Date.now() - (await stat(lock).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > STALE_LOCK_MS) await rm(lock, { recursive: true, force: true });
    return false;
  }
}

async function fingerprint(salt: string): Promise<string> {
  const hash = createHash('sha256').update(salt);
  for (const source of sources) {
    for (const file of await filesIn(join(root, source))) {
      hash.update(relative(root, file)).update(await readFile(file));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

async function filesIn(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
