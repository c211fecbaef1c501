import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError } from '../lib/config.ts';
import { uuid } from '../lib/domain/uuid.ts';
import { createSendHttp } from '../lib/http/send-http.ts';
import { systemClock as clock } from '../lib/system-clock.ts';
import { readEndpoints } from '../local/system/endpoints-file.ts';
import { DEFAULT_FOLDER } from '../local/system/read-settings.ts';
import { examine } from './doctor/examine.ts';
import type { Wanted } from './doctor/examine-deps.ts';
import type { Finding } from './doctor/finding.ts';
import { readSettings, type Settings } from './doctor/read-settings.ts';
import { readStage } from './doctor/read-stage.ts';
import { renderFindings } from './doctor/render-findings.ts';
import { prepareStage, type StageOptions } from './prepare-stage.ts';

/**
 * `npm run doctor -- [--stage NAME] [--conversation ID] [--user ID]`: finds what prevents the service from
 * working with a live organisation, by reading only.
 * Exit code: 0 nothing failed, 1 something did, 2 the command itself was wrong.
 */

const USAGE = `npm run doctor -- [--stage NAME] [--conversation ID] [--user ID]

Checks region, login, permissions and rate limit of the Genesys Cloud organisation that the
environment (or .env) names, and what the service would do for that conversation and that user.
It only reads. It does not add participants or write anything.

  GENESYS_ENV                    a region, a domain or a base URL; default us-east-1
  GENESYS_CLIENT_ID, GENESYS_CLIENT_SECRET
                                 the OAuth client; or
  GENESYS_CREDENTIALS_SECRET_ID  the Secrets Manager secret that has it

Without any of these: the system that npm start runs on this machine.

  --stage NAME     a deployed stage: its settings, and the credentials in its secret
  --region NAME    default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, us-east-1
  --profile NAME   an AWS profile; default: AWS_PROFILE
`;

class UsageError extends Error {}

function readArguments(argv: string[]): { wanted: Wanted; options: StageOptions } | 'help' {
  let values: StageOptions & { conversation?: string; user?: string; help?: boolean };
  try {
    values = parseArgs({
      args: argv,
      options: {
        conversation: { type: 'string' },
        user: { type: 'string' },
        stage: { type: 'string' },
        region: { type: 'string' },
        profile: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help) return 'help';
  const conversationId = readId('--conversation', values.conversation);
  const userId = readId('--user', values.user);
  const { stage, region, profile } = values;
  return {
    options: { stage, region, profile },
    wanted: {
      ...(conversationId === undefined ? {} : { conversationId }),
      ...(userId === undefined ? {} : { userId }),
    },
  };
}

function readId(option: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const id = uuid.safeParse(value).data;
  if (id === undefined) throw new UsageError(`${option} must be a UUID, not "${value}"`);
  return id;
}

/** @returns the exit code */
export async function main(argv: string[]): Promise<number> {
  let read: ReturnType<typeof readArguments>;
  try {
    read = readArguments(argv);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    return 2;
  }
  if (read === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const { wanted, options } = read;
  const environment = await findEnvironment(options);

  const secrets: string[] = [];
  let findings: Finding[];
  let settings: Settings | undefined;
  try {
    settings = readSettings(environment);
    findings = await examine(
      {
        settings,
        sendHttp: createSendHttp(),
        clock,
        random: Math.random,
        onSecret: (secret) => secrets.push(secret),
      },
      wanted,
    );
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    findings = [{ check: 'configuration', outcome: 'failed', detail: error.message }];
  }
  process.stdout.write(`${withoutSecrets(renderFindings(findings), secrets)}\n`);
  return findings.some(({ outcome }) => outcome === 'failed') ? 1 : 0;
}

/** That of a deployed stage, else that of this process. */
async function findEnvironment(options: StageOptions): Promise<NodeJS.ProcessEnv> {
  const region = await prepareStage(options);
  if (options.stage !== undefined) return readStage(options.stage, region);
  await adoptLocalSystem();
  return process.env;
}

/**
 * Where the environment names no organisation, takes over the one of the adder that runs here: into
 * the process's own, because that is where the AWS SDK looks for its endpoint and credentials.
 */
async function adoptLocalSystem(): Promise<void> {
  const { env } = process;
  const named = ['GENESYS_ENV', 'GENESYS_CLIENT_ID', 'GENESYS_CREDENTIALS_SECRET_ID'];
  if (named.some((name) => env[name])) return;
  const root = join(import.meta.dirname, '..');
  const system = await readEndpoints(join(root, env.LOCAL_FOLDER || DEFAULT_FOLDER));
  Object.assign(env, system?.functions.adder?.environment);
}

/** Redacts secrets that a response echoes. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((cleaned, secret) => cleaned.replaceAll(secret, '[hidden]'), text);
}
