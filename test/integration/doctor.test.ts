import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  jest,
  test,
} from '@jest/globals';
import { examine } from '../../cli/doctor/examine.ts';
import type { Wanted } from '../../cli/doctor/examine-deps.ts';
import { readSettings } from '../../cli/doctor/read-settings.ts';
import { renderFindings } from '../../cli/doctor/render-findings.ts';
import { main } from '../../cli/doctor.ts';
import { createSendHttp } from '../../lib/http/send-http.ts';
import { systemClock as clock } from '../../lib/system-clock.ts';
import { platformError } from '../../local/genesys/faults.ts';
import {
  DELETED_USER,
  FREE_USERS,
  GENERIC_CONVERSATION,
  INACTIVE_USER,
  OFFLINE_USER,
  PLATFORM_CONVERSATION,
  PRESENCE_UNKNOWN_USER,
  SAMPLE_CLIENT,
  SAMPLE_USERS,
  UNKNOWN_USER,
} from '../../local/genesys/sample-organisation.ts';
import { type RunningGenesys, startGenesys } from '../../local/genesys/start-genesys.ts';
import { type Listening, listen } from '../../local/listen.ts';
import {
  type LocalSecretsManager,
  startSecretsManager,
} from '../../local/secrets-manager/start-secrets-manager.ts';
import { writeEndpoints } from '../../local/system/endpoints-file.ts';
import { runCommand } from '../support/run-command.ts';

/**
 * `npm run doctor` against the stand-in. What an operator sees is tested with a process of its own,
 * the many things that can be wrong with the function inside of it.
 */

// A process starts in half a second, or in many of them on a machine that is busy with other tests.
jest.setTimeout(60_000);

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUN = join(ROOT, 'scripts/run.mjs');
const [HANA] = FREE_USERS as [string];
const CLIENT_FROM_ENVIRONMENT = {
  GENESYS_CLIENT_ID: SAMPLE_CLIENT.clientId,
  GENESYS_CLIENT_SECRET: SAMPLE_CLIENT.clientSecret,
};

let directory: string;
let genesys: RunningGenesys;
let secrets: LocalSecretsManager;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'doctor-'));
});
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach(async () => {
  genesys = await startGenesys();
  secrets = await startSecretsManager();
});
afterEach(async () => {
  await genesys.stop();
  await secrets.stop();
});

/** What the function's own environment has for the credentials secret. */
const secretEnvironment = (secretId: string) => ({
  GENESYS_ENV: genesys.url,
  GENESYS_CREDENTIALS_SECRET_ID: secretId,
  AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
});

interface Outcome {
  /** `outcome check`, in their order. */
  checks: string[];
  text: string;
}

const environment = () => ({ GENESYS_ENV: genesys.url, ...CLIENT_FROM_ENVIRONMENT });

function checksIn(output: string): string[] {
  const lines = output.matchAll(/^(passed|warning|failed|not checked) {2,}(.+?) {2,}/gm);
  return [...lines].map(([, outcome, check]) => `${outcome} ${check}`);
}

function spawnDoctor(
  args: string[] = [],
  variables: Record<string, string> = environment(),
): Promise<Outcome & { exitCode: number }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [RUN, 'cli/doctor', ...args],
      // Only what the test says: neither the variables nor the .env of the person who runs it.
      { cwd: directory, env: { PATH: process.env.PATH, ...variables } },
      (error, stdout, stderr) => {
        resolve({
          exitCode: error ? Number(error.code) : 0,
          checks: checksIn(stdout),
          text: stdout + stderr,
        });
      },
    );
  });
}

async function runDoctor(
  args: string[] = [],
  variables: Record<string, string> = environment(),
): Promise<Outcome & { exitCode: number }> {
  const { code, output } = await runCommand(main, args, { env: variables, cwd: directory });
  return { exitCode: code, checks: checksIn(output), text: output };
}

async function look(
  wanted: Wanted = {},
  variables: Record<string, string> = environment(),
): Promise<Outcome> {
  const findings = await examine(
    {
      settings: readSettings(variables),
      sendHttp: createSendHttp(),
      clock,
      random: Math.random,
      onSecret: () => {},
    },
    wanted,
  );
  const checks = findings.map(({ outcome, check }) => `${outcome} ${check}`);
  return { checks, text: renderFindings(findings) };
}

const paths = () => genesys.state.calls.map(({ method, path }) => `${method} ${path}`);
const ask = (conversationId: string, userId: string) => look({ conversationId, userId });

describe('an organisation that is in order', () => {
  test('passes every check that reading can make, and the only POST is for the token', async () => {
    const { exitCode, checks, text } = await spawnDoctor();
    expect(checks).toEqual([
      'passed region',
      'passed credentials',
      'passed login',
      'passed read conversations',
      'passed read users',
      'not checked add participants',
      'passed rate limit',
    ]);
    expect(text).toContain('of 300 requests of this minute used');
    expect(exitCode).toBe(0);
    expect(paths().filter((path) => path.startsWith('POST'))).toEqual(['POST /oauth/token']);
  });

  test('a dry run of the live platform shows the POST it would make, and makes none', async () => {
    const { exitCode, checks, text } = await runDoctor([
      '--conversation',
      PLATFORM_CONVERSATION,
      '--user',
      HANA,
    ]);
    expect(checks).toContain('passed dry run');
    expect(text).toContain(`on behalf of user ${SAMPLE_USERS.ada}`);
    expect(text).toContain(
      `would POST /api/v2/conversations/calls/${PLATFORM_CONVERSATION}/participants/user/${SAMPLE_USERS.ada} with {"participants":[{"userId":"${HANA}"}]}`,
    );
    expect(exitCode).toBe(0);
    expect(genesys.state.organisation.rings).toEqual([]);
    expect(paths().filter((path) => path.startsWith('POST'))).toEqual(['POST /oauth/token']);
  });

  test('a dry run of the generic endpoint shows its bare array', async () => {
    genesys.state.behaviour.genericBulkUsers = false;
    const { checks, text } = await ask(GENERIC_CONVERSATION, HANA);
    expect(checks).toContain('passed dry run');
    expect(text).toContain('users are looked up one by one');
    expect(text).toContain(
      `would POST /api/v2/conversations/${GENERIC_CONVERSATION}/participants with [{"id":"${HANA}","role":"agent"}]`,
    );
    expect(genesys.state.organisation.rings).toEqual([]);
  });

  test.each([
    ['is in already', SAMPLE_USERS.ada, 'nothing would be done'],
    ['is offline', OFFLINE_USER, 'OFFLINE'],
    ['has no known presence', PRESENCE_UNKNOWN_USER, 'PRESENCE_UNKNOWN'],
  ])('a user who %s is no failure', async (_, user, word) => {
    const { checks, text } = await ask(PLATFORM_CONVERSATION, user);
    expect(text).toContain(word);
    expect(checks.filter((check) => check.startsWith('failed'))).toEqual([]);
  });

  test('one id without the other leaves the dry run out', async () => {
    const { checks, text } = await look({ conversationId: PLATFORM_CONVERSATION });
    expect(checks.slice(-1)).toEqual(['not checked dry run']);
    expect(text).toContain('needs --user as well');
  });
});

describe('what is wrong is named, with what to do', () => {
  const expectFailure = ({ checks, text }: Outcome, check: string, word: string) => {
    expect(checks).toContain(`failed ${check}`);
    expect(text).toContain(word);
    expect(text).toContain('-> ');
  };

  test('a wrong secret, with exit code 1', async () => {
    const variables = { ...environment(), GENESYS_CLIENT_SECRET: 'a-wrong-secret' };
    const outcome = await runDoctor([], variables);
    expect(outcome.exitCode).toBe(1);
    expectFailure(outcome, 'login', 'Check the client id, the client secret and the region.');
    expect(outcome.checks).toContain('not checked read users');
    expect(paths()).toEqual(['POST /oauth/token']);
  });

  test.each([
    ['no credentials at all', {}, 'no client id and secret are configured'],
    ['half of them', { GENESYS_CLIENT_ID: 'an-id' }, 'GENESYS_CLIENT_SECRET is missing'],
    ['the other half', { GENESYS_CLIENT_SECRET: 'x' }, 'GENESYS_CLIENT_ID is missing'],
  ])('%s', async (_, variables, word) => {
    const outcome = await look({}, { GENESYS_ENV: genesys.url, ...variables });
    expectFailure(outcome, 'credentials', word);
  });

  test('a host that is not there', async () => {
    const variables = environment();
    await genesys.stop();
    expectFailure(await look({}, variables), 'login', 'ECONNREFUSED');
  });

  test.each([
    ['conversation:communication:view', 'read conversations'],
    ['conversation:read', 'read conversations'],
  ])('without %s', async (permission, check) => {
    genesys.state.behaviour.permissions.delete(permission);
    const conversationId =
      permission === 'conversation:read' ? GENERIC_CONVERSATION : PLATFORM_CONVERSATION;
    expectFailure(await look({ conversationId }), check, permission);
  });

  test('without a conversation named, its permission is checked all the same', async () => {
    genesys.state.behaviour.permissions.delete('conversation:communication:view');
    expectFailure(await look(), 'read conversations', 'conversation:communication:view');
  });

  test('users that may not be read', async () => {
    const response = platformError(403, 'missing.any.permissions');
    genesys.state.faults.push({ path: '/users', fault: { response } });
    expectFailure(await look(), 'read users', 'PRESENCE_UNKNOWN');
  });

  test('a token that the API does not take', async () => {
    genesys.state.faults.push({
      path: '/api/',
      fault: { response: platformError(401, 'bad.credentials') },
    });
    expectFailure(await look(), 'read conversations', 'that it has just issued');
    expect(genesys.state.tokenRequests()).toBe(1);
  });

  test.each([
    ['unknown', UNKNOWN_USER, 'UNKNOWN_USER'],
    ['deleted', DELETED_USER, 'UNKNOWN_USER'],
    ['inactive', INACTIVE_USER, 'INACTIVE_USER'],
  ])('a user who is %s', async (_, user, code) => {
    const outcome = await ask(PLATFORM_CONVERSATION, user);
    expectFailure(outcome, 'user', code);
    expect(outcome.checks).toContain('failed dry run');
  });

  test('a conversation that does not exist', async () => {
    const outcome = await ask('12345678-0000-4000-8000-000000000000', HANA);
    expectFailure(outcome, 'conversation', 'Check the conversation id');
    expect(outcome.checks).toContain('passed read conversations');
  });

  test('a conversation that is over', async () => {
    genesys.state.organisation.end(PLATFORM_CONVERSATION, Date.now());
    expectFailure(await ask(PLATFORM_CONVERSATION, HANA), 'conversation', 'has ended');
  });

  test('a call without a Genesys Cloud user in it', async () => {
    genesys.state.organisation.leave(PLATFORM_CONVERSATION, SAMPLE_USERS.ada, Date.now());
    expectFailure(
      await ask(PLATFORM_CONVERSATION, HANA),
      'conversation',
      'Send a new request once',
    );
  });

  test('a conversation that is full', async () => {
    Object.assign(genesys.state.organisation.existing(PLATFORM_CONVERSATION), {
      maxParticipants: 2,
    });
    expectFailure(await ask(PLATFORM_CONVERSATION, HANA), 'dry run', 'CAPACITY_EXCEEDED');
  });

  test('a budget above the rate limit is a warning, with the greatest number that fits', async () => {
    genesys.state.behaviour.requestsPerMinute = 180;
    const { exitCode, checks, text } = await runDoctor();
    expect(checks).toContain('warning rate limit');
    expect(text).toContain('at most 3.');
    expect(exitCode).toBe(0);
  });

  test('responses without rate limit headers are a warning', async () => {
    const response = { status: 200, body: { entities: [] }, from: 'gateway' } as const;
    genesys.state.faults.push({ path: '/users', fault: { response } });
    const { checks } = await look();
    expect(checks).toContain('warning rate limit');
  });
});

describe('the configuration', () => {
  test('a region that does not exist is refused with the list of those that do', async () => {
    const { exitCode, text } = await runDoctor([], { GENESYS_ENV: 'mars-east-1' });
    expect(text).toContain('eu-central-1 (mypurecloud.de)');
    expect(exitCode).toBe(1);
  });

  test('credentials come from the secret where the environment has none', async () => {
    secrets.putSecret('the-credentials', JSON.stringify(SAMPLE_CLIENT));
    secrets.putSecret('empty-credentials');
    const there = await runDoctor([], secretEnvironment('the-credentials'));
    expect(there.checks).toContain('passed login');
    expect(there.text).toContain('from the secret the-credentials');
    const empty = await runDoctor([], secretEnvironment('empty-credentials'));
    expect(empty.checks).toContain('failed credentials');
    expect(empty.text).toContain('has no value yet');
    expect(new Set(secrets.operations)).toEqual(new Set(['GetSecretValue']));
  });

  test('without one, the system that runs here is examined', async () => {
    secrets.putSecret('the-credentials', JSON.stringify(SAMPLE_CLIENT));
    const folder = join(directory, 'local');
    const adder = { timeoutMs: 60_000, environment: secretEnvironment('the-credentials') };
    await writeEndpoints(folder, {
      pid: process.pid,
      apiUrl: '',
      sqsEndpoint: '',
      secretsManagerEndpoint: secrets.endpoint,
      dynamoDbEndpoint: '',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      region: 'us-east-1',
      queues: {},
      secrets: {},
      tables: {},
      functions: { adder },
    });
    const { checks, text } = await runDoctor([], { LOCAL_FOLDER: relative(ROOT, folder) });
    expect(checks).toContain('passed login');
    expect(text).toContain(`${genesys.url}: API`);
  });

  test('does not call Genesys Cloud without either', async () => {
    const { checks, text } = await runDoctor([], { LOCAL_FOLDER: 'not-there' });
    expect(checks).toContain('failed credentials');
    expect(text).toContain('us-east-1: API https://api.mypurecloud.com');
  });

  test('a .env file does as well as the environment', async () => {
    const file = join(directory, '.env');
    const lines = Object.entries(environment()).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(file, lines.join(''));
    const { checks } = await spawnDoctor([], {});
    rmSync(file);
    expect(checks).toContain('passed login');
  });

  test.each([
    [['--conversation', 'not-an-id'], '--conversation must be a UUID'],
    [['--user', '../users'], '--user must be a UUID'],
    [['--wrong'], "Unknown option '--wrong'"],
  ])('%j is refused with exit code 2, and nothing is asked', async (args, word) => {
    const { exitCode, text } = await runDoctor(args);
    expect(text).toContain(word);
    expect(exitCode).toBe(2);
    expect(genesys.state.calls).toEqual([]);
  });

  test('--help says what it does', async () => {
    const { exitCode, text } = await spawnDoctor(['--help']);
    expect(text).toContain('It only reads');
    expect(exitCode).toBe(0);
  });
});

describe('secrets', () => {
  test('neither the client secret nor a token is printed, even where a response repeats it', async () => {
    const { clientSecret } = SAMPLE_CLIENT;
    const body = { error: 'invalid_client', error_description: `no client has ${clientSecret}` };
    genesys.state.faults.push({
      path: '/oauth/token',
      fault: { response: { status: 401, body } },
    });
    const { text } = await runDoctor();
    expect(text).toContain('no client has [redacted]');
    expect(text).not.toContain(clientSecret);
  });

  test('a token that an error repeats is hidden', async () => {
    const message = 'the token abc.def.ghi is not welcome';
    genesys.state.faults.push(
      {
        path: '/oauth/token',
        fault: {
          response: { status: 200, body: { access_token: 'abc.def.ghi', expires_in: 600 } },
        },
      },
      { path: '/api/', fault: { response: platformError(403, 'not.authorized', message) } },
    );
    const { text } = await runDoctor();
    expect(text).toContain('the token [redacted] is not welcome');
  });
});

describe('--stage', () => {
  const STACK = 'genesys-automated-adder-prod';
  let cloudFormation: Listening;
  beforeEach(async () => {
    const template = JSON.stringify({
      Resources: {
        AdderLambdaFunction: {
          Properties: {
            Environment: { Variables: { GENESYS_ENV: genesys.url, QUEUE: { Ref: 'Queue' } } },
          },
        },
      },
    });
    cloudFormation = await listen(
      createServer((request, response) => {
        let body = '';
        request.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk;
        });
        request.on('end', () => {
          const action = new URLSearchParams(body).get('Action');
          const result =
            action === 'GetTemplate'
              ? `<TemplateBody>${template.replaceAll('"', '&quot;')}</TemplateBody>`
              : `<StackResourceDetail><StackName>${STACK}</StackName><PhysicalResourceId>stage-secret</PhysicalResourceId></StackResourceDetail>`;
          response.writeHead(200, { 'content-type': 'text/xml' });
          response.end(
            `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`,
          );
        });
      }),
    );
  });
  afterEach(() => cloudFormation.stop());

  test('examines what is deployed: its settings and its secret, not those of the environment', async () => {
    secrets.putSecret('stage-secret', JSON.stringify(SAMPLE_CLIENT));
    const { exitCode, text } = await runDoctor(['--stage', 'prod'], {
      GENESYS_ENV: 'eu-west-1',
      GENESYS_CLIENT_ID: 'a-developers',
      GENESYS_CLIENT_SECRET: 'a-developers-secret',
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    });
    expect(text).toContain(genesys.url);
    expect(text).toContain('stage-secret');
    expect(text).not.toContain('a-developers');
    expect(exitCode).toBe(0);
  });
});

test('a pipe that is closed early leaves no stack trace', async () => {
  const { stdout, stderr } = await promisify(execFile)(
    'sh',
    ['-c', `"${process.execPath}" "${RUN}" cli/doctor --help | true`],
    { cwd: directory },
  );
  expect(stdout + stderr).toBe('');
});
