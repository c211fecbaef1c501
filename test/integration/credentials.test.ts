import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ask } from '../../cli/credentials/ask.ts';
import { addKey, removeOldestKey } from '../../cli/credentials/key-ring.ts';
import { main } from '../../cli/credentials.ts';
import { type Listening, listen } from '../../local/listen.ts';
import {
  type LocalSecretsManager,
  startSecretsManager,
} from '../../local/secrets-manager/start-secrets-manager.ts';
import { runCommand } from '../support/run-command.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const key = (letter: string) => `whsec_${Buffer.from(letter.repeat(32)).toString('base64')}`;

/** CloudFormation with one stack, `genesys-automated-adder-prod` in eu-west-1. */
async function startCloudFormation(): Promise<Listening> {
  return listen(
    createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        const asked = new URLSearchParams(body);
        const region = request.headers.authorization?.includes('/eu-west-1/');
        const known = region && asked.get('StackName') === 'genesys-automated-adder-prod';
        response.writeHead(known ? 200 : 400, { 'content-type': 'text/xml' });
        response.end(
          known
            ? `<DescribeStackResourceResponse><DescribeStackResourceResult><StackResourceDetail><PhysicalResourceId>arn-of-${asked.get('LogicalResourceId')}</PhysicalResourceId></StackResourceDetail></DescribeStackResourceResult></DescribeStackResourceResponse>`
            : '<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack does not exist</Message></Error></ErrorResponse>',
        );
      });
    }),
  );
}

let secrets: LocalSecretsManager;
let cloudFormation: Listening;
beforeEach(async () => {
  [secrets, cloudFormation] = await Promise.all([startSecretsManager(), startCloudFormation()]);
  secrets.putSecret('arn-of-GenesysCredentialsSecret');
  secrets.putSecret('arn-of-WebhookSigningSecret');
});
afterEach(async () => {
  await Promise.all([secrets.stop(), cloudFormation.stop()]);
});

const environment = (env: Record<string, string>) => ({
  // An empty variable is not overwritten by .env.
  GENESYS_CLIENT_ID: '',
  GENESYS_CLIENT_SECRET: '',
  WEBHOOK_SIGNING_KEY: '',
  GENESYS_CREDENTIALS_SECRET_ID: '',
  WEBHOOK_SIGNING_SECRET_ID: '',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'of-no-value',
  AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
  AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url,
  ...env,
});

const credentials = (args: string[], env: Record<string, string> = {}) =>
  runCommand(main, args, { env: environment(env) });

/** Runs the command in its own process, as an operator does. */
async function spawnCredentials(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['scripts/run.mjs', 'cli/credentials', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ...environment(env) },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const code = await new Promise((resolve) => child.on('close', resolve));
  return { code, output };
}

const prod = ['--stage', 'prod', '--region', 'eu-west-1'];
const client = { GENESYS_CLIENT_ID: 'the-id', GENESYS_CLIENT_SECRET: 'the-client-secret' };

describe('npm run credentials', () => {
  test('stores the OAuth client in the secret of the stage and prints no secret', async () => {
    const { code, output } = await spawnCredentials(prod, client);
    expect(output).toContain(
      'The OAuth client the-id is stored in the secret arn-of-GenesysCredentials',
    );
    expect(output).not.toContain('the-client-secret');
    expect(code).toBe(0);
    expect(JSON.parse(secrets.readSecret('arn-of-GenesysCredentialsSecret') ?? '')).toEqual({
      clientId: 'the-id',
      clientSecret: 'the-client-secret',
    });
  }, 30_000);

  test('creates the first signing key, and no second one', async () => {
    const keys = () =>
      JSON.parse(secrets.readSecret('arn-of-WebhookSigningSecret') ?? '{"keys": []}').keys;
    const { code, output } = await credentials(prod, client);
    expect(code).toBe(0);
    expect(keys()).toEqual([expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/)]);
    expect(output).not.toContain(keys()[0]);
    const [first] = keys();
    await credentials(prod, client);
    expect(keys()).toEqual([first]);
  });

  test('writes no new version of an unchanged value', async () => {
    await credentials(prod, client);
    const { code, output } = await credentials(prod, client);
    expect({ code, output }).toMatchObject({
      code: 0,
      output: expect.stringContaining('Nothing was changed'),
    });
    expect(secrets.countVersions('arn-of-GenesysCredentialsSecret')).toBe(1);
  }, 30_000);

  test('refuses a secret on the command line and does not repeat it', async () => {
    const { code, output } = await credentials(
      [...prod, '--client-secret', 'typed-secret'],
      client,
    );
    expect(code).toBe(1);
    expect(output).toContain('Secrets are not taken from the command line');
    expect(output).not.toContain('typed-secret');
    expect(secrets.operations).toEqual([]);
  }, 30_000);

  test('names the missing variables if there is no terminal', async () => {
    const { code, output } = await credentials(prod, { GENESYS_CLIENT_ID: 'the-id' });
    expect(code).toBe(1);
    expect(output.trim()).toBe(
      'GENESYS_CLIENT_SECRET is not set, and there is no terminal to ask in. Set it in the environment or in .env.STAGE (stage dev: .env).',
    );
  }, 30_000);

  test('names the stack and region of a stage that is not deployed', async () => {
    const { code, output } = await credentials(['--stage', 'nowhere'], client);
    expect(code).toBe(1);
    expect(output).toContain('in the stack genesys-automated-adder-nowhere in us-east-1');
  }, 30_000);

  test('asks for the stage', async () => {
    const { code, output } = await credentials([], client);
    expect(code).toBe(1);
    expect(output).toContain('--stage NAME is required');
  }, 30_000);

  test('adds a signing key and later removes the oldest', async () => {
    const args = ['--signing-key', 'add'];
    const env = { WEBHOOK_SIGNING_SECRET_ID: 'arn-of-WebhookSigningSecret' };
    const first = await credentials(args, { ...env, WEBHOOK_SIGNING_KEY: key('a') });
    expect(first.output).toContain('has 1 key.');
    const second = await credentials(args, env);
    expect(second.output).toContain('has 2 keys.');
    const [a, b] = JSON.parse(secrets.readSecret('arn-of-WebhookSigningSecret') ?? '').keys;
    expect(a).toBe(key('a'));
    expect(Buffer.from(b.slice('whsec_'.length), 'base64')).toHaveLength(32);
    expect(first.output + second.output).not.toMatch(/whsec_/);

    const third = await credentials(['--signing-key', 'remove-oldest'], env);
    expect(third.code).toBe(0);
    expect(JSON.parse(secrets.readSecret('arn-of-WebhookSigningSecret') ?? '').keys).toEqual([b]);
  }, 60_000);
});

describe('the ring of signing keys', () => {
  test('refuses a weak or invalid key without repeating it', () => {
    const weak = `whsec_${Buffer.from('short').toString('base64')}`;
    expect(() => addKey(undefined, weak)).toThrow(/The new signing key: it has 5 bytes/);
    expect(() => addKey(undefined, 'swordfish')).toThrow(/begins with neither whsec_ nor whsk_/);
    for (const bad of [weak, 'swordfish']) {
      expect(() => addKey(undefined, bad)).not.toThrow(new RegExp(bad));
    }
  });

  test('does not remove the only key', () => {
    expect(() => removeOldestKey(JSON.stringify({ keys: [key('a')] }))).toThrow(/Add the new one/);
    expect(() => removeOldestKey(undefined)).toThrow(/There are no keys/);
  });

  test('does not overwrite a secret that it cannot read', () => {
    for (const odd of ['', 'whsec_abc', '[]', '{"key": "x"}', 'null']) {
      expect(() => addKey(odd, key('a'))).toThrow(/is not {"keys"/);
    }
  });

  test('stores each key once', () => {
    expect(() => addKey(JSON.stringify({ keys: [key('a')] }), key('a'))).toThrow(/already/);
  });
});

describe('asking in a terminal', () => {
  test('does not echo hidden input', async () => {
    const input = new PassThrough();
    const output = new PassThrough();
    let shown = '';
    output.setEncoding('utf8').on('data', (chunk: string) => {
      shown += chunk;
    });
    const entered = ask('Client secret: ', { input, output }, { hidden: true });
    input.write('s3cret\n');
    expect(await entered).toBe('s3cret');
    expect(shown).toContain('Client secret: ');
    expect(shown).not.toContain('s3cret');
  });

  test('fails if the input ends', async () => {
    const input = new PassThrough();
    const entered = ask('Client id: ', { input, output: new PassThrough() });
    input.end();
    expect(await entered).toBeUndefined();
  });
});
