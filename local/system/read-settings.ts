import { randomBytes } from 'node:crypto';
import { resolveGenesysHost } from '../../lib/genesys/api/region.ts';
import { UserError } from '../../lib/user-error.ts';
import { parseSigningKeys } from '../../lib/webhook/signing-keys.ts';
import { parseWebhookUrl } from '../../lib/webhook/webhook-url.ts';
import { LOCAL_AUTHS, type LocalAuth } from '../api-gateway/local-authorizer.ts';

export type Environment = Record<string, string | undefined>;

/** Settings of the local system. `.env.example` describes each variable. */
export interface Settings {
  /** Ports of the API and the other servers. 0: any free port. */
  ports: {
    api: number;
    sqs: number;
    secretsManager: number;
    dynamoDb: number;
    genesys: number;
    webhook: number;
    /** Absent: the API's plus one, or any free one. */
    console?: number;
  };
  /** A real Genesys Cloud. Absent: the stand-in is started. */
  genesys?: { environment: string; clientId: string; clientSecret: string };
  /** An existing webhook receiver. Absent: one is started. */
  webhookUrl?: string;
  /** `whsec_…`, `whsk_…` */
  signingKeys: string[];
  /** The signing key was generated, so the user must be told where it is. */
  isSigningKeyGenerated: boolean;
  /** Who may call the API. */
  auth: LocalAuth;
  /** Folder of the endpoints file, relative to the repository root. */
  folder: string;
}

export const DEFAULT_API_PORT = 3000;
export const DEFAULT_FOLDER = '.local';

/**
 * Reads the settings. An empty variable counts as not set.
 * @throws UserError that names the variable
 */
export function readSettings(environment: Environment): Settings {
  const get = (name: string) => environment[name]?.trim() || undefined;
  const port = (name: string, fallback: number) => {
    const text = get(name);
    if (text === undefined) return fallback;
    if (/^\d{1,5}$/.test(text) && Number(text) < 65_536) return Number(text);
    throw new UserError(`${name} must be a port from 0 (any free one) to 65535, not "${text}".`);
  };
  const genesys = readGenesys(get);
  const webhookUrl = get('EXTERNAL_WEBHOOK_URL');
  if (webhookUrl) {
    inOneLine('EXTERNAL_WEBHOOK_URL', () =>
      parseWebhookUrl(webhookUrl, get('WEBHOOK_ALLOW_PRIVATE') === 'true'),
    );
  }
  const givenKeys = get('WEBHOOK_SIGNING_KEY')?.split(/[\s,]+/);
  const { problems } = parseSigningKeys(JSON.stringify({ keys: givenKeys ?? [] }));
  if (problems.length > 0) throw new UserError(`WEBHOOK_SIGNING_KEY: ${problems.join('; ')}.`);
  const ports = {
    api: port('PORT', DEFAULT_API_PORT),
    sqs: port('SQS_PORT', 0),
    secretsManager: port('SECRETS_PORT', 0),
    dynamoDb: port('DYNAMODB_PORT', 0),
    genesys: port('GENESYS_PORT', 0),
    webhook: port('WEBHOOK_PORT', 0),
    ...(get('CONSOLE_PORT') === undefined ? {} : { console: port('CONSOLE_PORT', 0) }),
  };
  const chosen = Object.values(ports).filter((number) => number !== 0);
  const twice = chosen.find((number, position) => chosen.indexOf(number) !== position);
  if (twice !== undefined) {
    throw new UserError(
      `Port ${twice} is asked for twice; PORT, SQS_PORT, SECRETS_PORT, DYNAMODB_PORT, GENESYS_PORT, WEBHOOK_PORT and CONSOLE_PORT must differ (0: any free one).`,
    );
  }
  return {
    ports,
    ...(genesys ? { genesys } : {}),
    ...(webhookUrl ? { webhookUrl } : {}),
    signingKeys: givenKeys ?? [`whsec_${randomBytes(32).toString('base64')}`],
    isSigningKeyGenerated: givenKeys === undefined,
    auth: readAuth(get('LOCAL_AUTH')),
    folder: get('LOCAL_FOLDER') ?? DEFAULT_FOLDER,
  };
}

function readAuth(text = 'none'): LocalAuth {
  const auth = LOCAL_AUTHS.find((known) => known === text);
  if (auth) return auth;
  throw new UserError(`LOCAL_AUTH must be ${LOCAL_AUTHS.join(', ')}, not "${text}".`);
}

function readGenesys(get: (name: string) => string | undefined): Settings['genesys'] {
  const environment = get('GENESYS_ENV');
  const clientId = get('GENESYS_CLIENT_ID');
  const clientSecret = get('GENESYS_CLIENT_SECRET');
  if (!environment && !clientId && !clientSecret) return undefined;
  if (!environment || !clientId || !clientSecret) {
    const missing = Object.entries({
      GENESYS_ENV: environment,
      GENESYS_CLIENT_ID: clientId,
      GENESYS_CLIENT_SECRET: clientSecret,
    }).flatMap(([name, value]) => (value ? [] : [name]));
    throw new UserError(
      `${missing.join(' and ')} not set: GENESYS_ENV, GENESYS_CLIENT_ID and GENESYS_CLIENT_SECRET belong together. Set all three to use that Genesys, or none to use the stand-in.`,
    );
  }
  inOneLine('GENESYS_ENV', () => resolveGenesysHost(environment));
  return { environment, clientId, clientSecret };
}

function inOneLine(name: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw new UserError(`${name} ${(error as Error).message}`);
  }
}
