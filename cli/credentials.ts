import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { UserError } from '../lib/user-error.ts';
import { ask } from './credentials/ask.ts';
import { findSecret, type SecretName } from './credentials/find-secret.ts';
import { addKey, countKeys, removeOldestKey } from './credentials/key-ring.ts';
import { prepareStage, type StageOptions } from './prepare-stage.ts';

const USAGE = `npm run credentials -- --stage NAME [--region NAME] [--profile NAME] [--signing-key add|remove-oldest]

Without --signing-key: puts the Genesys Cloud OAuth client into the stage's secret. It is taken
from GENESYS_CLIENT_ID and GENESYS_CLIENT_SECRET, in the environment or in .env.STAGE (stage dev: .env), or
asked for. If the stage has no key to sign webhooks with, the first one is created as well.

  --signing-key add            adds a key that signs webhooks: WEBHOOK_SIGNING_KEY from the
                               environment, or a new random one. The old keys still sign.
  --signing-key remove-oldest  removes the oldest key. Do this once the receiver has the new one
  --region NAME                default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, us-east-1
  --profile NAME               an AWS profile; default: AWS_PROFILE

Needs AWS credentials. GENESYS_CREDENTIALS_SECRET_ID or WEBHOOK_SIGNING_SECRET_ID in the environment
name the secret itself; then no --stage is needed. No secret is ever printed.
`;

const say = (line: string) => process.stdout.write(`${line}\n`);

/**
 * `npm run credentials`: what must not pass through a template goes into its secret.
 * @throws UserError
 */
export async function main(args: string[]): Promise<number> {
  const options = readArguments(args);
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const region = await prepareStage(options);
  const client = new SecretsManagerClient({ region });
  const locate = async (name: SecretName, variable: string) => {
    const given = process.env[variable];
    if (given) return given;
    if (options.stage) return findSecret(name, options.stage, region);
    throw new UserError(`--stage NAME is required.\n\n${USAGE}`);
  };
  try {
    if (options.signingKey) {
      await changeSigningKeys(
        client,
        await locate('WebhookSigningSecret', 'WEBHOOK_SIGNING_SECRET_ID'),
        options.signingKey,
      );
    } else {
      const secretId = await locate('GenesysCredentialsSecret', 'GENESYS_CREDENTIALS_SECRET_ID');
      await putOAuthClient(client, secretId);
      await addFirstSigningKey(client, locate);
    }
  } finally {
    client.destroy();
  }
  return 0;
}

async function putOAuthClient(client: SecretsManagerClient, secretId: string): Promise<void> {
  const clientId = await readValue('GENESYS_CLIENT_ID', 'Client id: ');
  const clientSecret = await readValue('GENESYS_CLIENT_SECRET', 'Client secret (not shown): ', {
    hidden: true,
  });
  const value = JSON.stringify({ clientId, clientSecret });
  if ((await read(client, secretId)) === value) {
    say(`The OAuth client ${clientId} is already stored. Nothing was changed.`);
    return;
  }
  await client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: value }));
  say(`The OAuth client ${clientId} is stored in the secret ${secretId}.`);
  say('It is used for the next token: immediately, or when the current token expires.');
}

/** Without a key every result waits, so the first one is created together with the credentials. */
async function addFirstSigningKey(
  client: SecretsManagerClient,
  locate: (name: SecretName, variable: string) => Promise<string>,
): Promise<void> {
  // With the OAuth client's secret named directly, the stage can be unknown.
  if (process.env.GENESYS_CREDENTIALS_SECRET_ID && !process.env.WEBHOOK_SIGNING_SECRET_ID) return;
  const secretId = await locate('WebhookSigningSecret', 'WEBHOOK_SIGNING_SECRET_ID');
  const current = await read(client, secretId);
  if (current !== undefined && countKeys(current) > 0) return;
  await changeSigningKeys(client, secretId, 'add');
}

async function changeSigningKeys(
  client: SecretsManagerClient,
  secretId: string,
  change: 'add' | 'remove-oldest',
): Promise<void> {
  const current = await read(client, secretId);
  const value =
    change === 'add'
      ? addKey(
          current,
          process.env.WEBHOOK_SIGNING_KEY || `whsec_${randomBytes(32).toString('base64')}`,
        )
      : removeOldestKey(current);
  await client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: value }));
  const count = countKeys(value);
  say(`The secret ${secretId} has ${count} key${count === 1 ? '' : 's'}.`);
  say('The relay reads the change within five minutes.');
  if (change === 'add') {
    say('The newest key is the last one. To read it for the receiver, in private:');
    say(
      `  aws secretsmanager get-secret-value --query SecretString --output text --secret-id ${secretId}`,
    );
  }
}

async function read(client: SecretsManagerClient, secretId: string): Promise<string | undefined> {
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
    // An empty value counts as missing.
    return SecretString || undefined;
  } catch (error) {
    // A secret without a value is reported as one that does not exist; so is one that does not.
    if ((error as Error).name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

async function readValue(
  variable: string,
  question: string,
  options: { hidden?: boolean } = {},
): Promise<string> {
  const given = process.env[variable]?.trim();
  if (given) return given;
  if (!process.stdin.isTTY) {
    throw new UserError(
      `${variable} is not set, and there is no terminal to ask in. Set it in the environment or in .env.STAGE (stage dev: .env).`,
    );
  }
  const answer = await ask(question, { input: process.stdin, output: process.stderr }, options);
  if (!answer) throw new UserError('Nothing was entered. Nothing was changed.');
  return answer;
}

interface Options extends StageOptions {
  signingKey: 'add' | 'remove-oldest' | undefined;
}

function readArguments(args: string[]): Options | 'help' {
  let values: StageOptions & { 'signing-key'?: string; help?: boolean };
  try {
    values = parseArgs({
      args,
      options: {
        stage: { type: 'string' },
        region: { type: 'string' },
        profile: { type: 'string' },
        'signing-key': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch {
    // Not the parser's message, which repeats the arguments. They may contain a secret.
    throw new UserError(
      `Unknown arguments. Secrets are not taken from the command line, where other users and the shell history can see them.\n\n${USAGE}`,
    );
  }
  if (values.help) return 'help';
  const signingKey = values['signing-key'];
  if (signingKey !== undefined && signingKey !== 'add' && signingKey !== 'remove-oldest') {
    throw new UserError(
      '--signing-key is add or remove-oldest. To use your own key, set WEBHOOK_SIGNING_KEY.',
    );
  }
  const { stage, region, profile } = values;
  return { stage, region, profile, signingKey };
}
