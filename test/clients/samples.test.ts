import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PLATFORM_CONVERSATION } from '../../local/genesys/sample-organisation.ts';
import type openapi from '../../schemas/openapi.json';
import { describeWithChecks } from '../checks/run-check.ts';
import { type StartedSystem, startWithNpm } from '../support/start-npm.ts';
import { sampleOf } from './sample-of.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

const SIGNING_KEY = `whsec_${Buffer.alloc(24, 5).toString('base64')}`;

let system: StartedSystem;
/** docs/receivers/receiver.ts, which gets the results. */
let receiver: ChildProcess;
let received = '';
beforeAll(async () => {
  receiver = spawn(process.execPath, [join(root, 'docs/receivers/receiver.ts')], {
    env: { PATH: process.env.PATH, WEBHOOK_KEY: SIGNING_KEY, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  receiver.stdout?.setEncoding('utf8').on('data', (text: string) => {
    received += text;
  });
  while (!received.includes('\n')) await once(receiver.stdout ?? receiver, 'data');
  const url = received.replace('listening on ', '').trim();
  system = await startWithNpm({ EXTERNAL_WEBHOOK_URL: url, WEBHOOK_SIGNING_KEY: SIGNING_KEY });
}, 180_000);
afterAll(async () => {
  await system.stop();
  receiver.kill();
});

/** The environment that the page asks for, on the local system. */
const environment = () => ({
  PATH: process.env.PATH ?? '',
  HOME: system.folder,
  API: system.endpoints.apiUrl,
  CONVERSATION: PLATFORM_CONVERSATION,
  REQUEST_QUEUE_URL: system.endpoints.queues.RequestQueue?.url ?? '',
  AWS_REGION: system.endpoints.region,
  AWS_DEFAULT_REGION: system.endpoints.region,
  AWS_ACCESS_KEY_ID: 'any',
  AWS_SECRET_ACCESS_KEY: 'any',
  AWS_SESSION_TOKEN: 'any',
  AWS_ENDPOINT_URL_SQS: system.endpoints.sqsEndpoint,
});

async function runSample(command: string, args: string[], cwd?: string): Promise<string> {
  const { stdout } = await run(command, args, { env: environment(), ...(cwd ? { cwd } : {}) });
  return stdout;
}

/** The final request, which is what every sample leads to. */
async function finalRequest(requestId: string): Promise<Record<string, unknown>> {
  for (;;) {
    const response = await fetch(`${system.endpoints.apiUrl}/requests/${requestId}`, {
      headers: { prefer: 'wait=20' },
    });
    const request = (await response.json()) as Record<string, unknown>;
    if ('finishedAt' in request) return request;
    // Not received yet, if it was sent to the queue.
    if (response.status === 404) await setTimeout(100);
  }
}

const idIn = (output: string) => new RegExp(UUID).exec(output)?.[0] ?? output;

test('curl.sh signs and adds a participant, and receiver.ts gets the result', async () => {
  const output = await runSample('bash', ['-c', sampleOf('curl.sh')]);
  expect(output).toMatch(/^HTTP\/1.1 202 /);
  const { requestId } = JSON.parse(output.slice(output.indexOf('{')));
  expect(await finalRequest(requestId)).toMatchObject({ status: 'SUCCESS' });
  const event = `evt_${requestId} participant_added SUCCESS conversation ${PLATFORM_CONVERSATION}\n`;
  while (!received.includes(event)) await once(receiver.stdout ?? receiver, 'data');
});

test('send-message.sh is the command for what the samples send', () => {
  const sample = sampleOf('send-message.sh');
  const body = /--message-body '(.*?)'/s.exec(sample)?.[1] ?? '';
  expect(JSON.parse(body).conversationId).toBe(PLATFORM_CONVERSATION);
  expect(sample).toContain(`--message-group-id ${PLATFORM_CONVERSATION} `);
});

test('send.ts sends a queue message that is carried out', async () => {
  const folder = await mkdtemp(join(root, '.local/samples-'));
  try {
    await writeFile(join(folder, 'send.ts'), sampleOf('send.ts'));
    const requestId = idIn(await runSample(process.execPath, [join(folder, 'send.ts')]));
    expect(await finalRequest(requestId)).toMatchObject({ status: 'SUCCESS' });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

describeWithChecks('the client that openapi-typescript generates', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(root, '.local/samples-'));
    await symlink(join(root, 'checks/node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'add.ts'), sampleOf('add.ts'));
    await run(process.execPath, [
      join(root, 'checks/node_modules/openapi-typescript/bin/cli.js'),
      join(root, 'schemas/openapi.json'),
      '-o',
      join(folder, 'openapi.d.ts'),
    ]);
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const compile = async (file: string) => {
    const options = [
      '--strict',
      '--exactOptionalPropertyTypes',
      '--noEmit',
      '--skipLibCheck',
      '--ignoreConfig',
    ];
    const modules = ['--module', 'nodenext', '--target', 'es2024', '--allowImportingTsExtensions'];
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const args = [tsc, ...options, ...modules, ...types, join(folder, file)];
    const { stdout } = await run(process.execPath, args, { cwd: folder }).catch(
      (failed: { stdout: string }) => failed,
    );
    return stdout;
  };

  test('has types that the document’s own examples fit, under --strict', async () => {
    const document: typeof openapi = JSON.parse(
      readFileSync(join(root, 'schemas/openapi.json'), 'utf8'),
    );
    const { post } = document.paths['/conversations/{conversationId}/participants'];
    const { examples } = post.requestBody.content['application/json'];
    const bodies = Object.values(examples).map(({ value }) => JSON.stringify(value));
    expect(bodies.length).toBeGreaterThan(1);
    const request = document.paths['/requests/{requestId}'].get.responses['200'];
    const shown = JSON.stringify(request.content['application/json'].example);
    await writeFile(
      join(folder, 'examples.ts'),
      `import type { components } from './openapi.d.ts';
type Schemas = components['schemas'];
export const bodies: Schemas['RequestBody'][] = [${bodies.join(', ')}];
export const request: Schemas['Request'] = ${shown};
// @ts-expect-error a participant is a user or an outside party
export const neither: Schemas['RequestBody'] = { participants: [{ role: 'agent' }] };
// @ts-expect-error an outside party is a customer
export const agent: Schemas['OutsideParty'] = { address: '+15551230199', role: 'agent' };
`,
    );
    expect(await compile('examples.ts')).toBe('');
  }, 120_000);

  test('compiles under --strict in the sample add.ts, and adds a user and an outside party', async () => {
    expect(await compile('add.ts')).toBe('');
    const output = await runSample(process.execPath, [join(folder, 'add.ts')]);
    expect(output).toMatch(new RegExp(`^${UUID} \\w+\nfinal SUCCESS\n$`));
    expect(await finalRequest(idIn(output))).toMatchObject({
      participants: [{ id: 'a9e7c000-0000-4000-8000-000000000008' }, { address: '+15551230199' }],
    });
  }, 120_000);
});

/** The first Python here that has boto3: the deployment check installs one. */
const python = [join(root, '.local/check-deploy/bin/python'), process.env.PYTHON ?? 'python3'].find(
  (one) =>
    (one.includes('/') ? existsSync(one) : true) &&
    spawnSync(one, ['-c', 'import boto3']).status === 0,
);
if (!python) {
  process.stderr.write(
    '\nSKIPPED: the samples in Python. There is no Python with boto3: npm run check:deploy\n\n',
  );
}

(python ? describe : describe.skip)('the samples in Python', () => {
  const runPython = (file: string) => runSample(python ?? '', ['-c', sampleOf(file)]);

  test('add.py signs, adds a user and an outside party, and polls for the result', async () => {
    const output = await runPython('add.py');
    expect(output).toMatch(new RegExp(`^${UUID} \\w+\nfinal SUCCESS\n$`));
    expect(await finalRequest(idIn(output))).toMatchObject({
      participants: [{ id: 'a9e7c000-0000-4000-8000-000000000009' }, { address: '+15551230198' }],
    });
  });

  test('send.py sends a queue message that is carried out', async () => {
    const requestId = idIn(await runPython('send.py'));
    expect(await finalRequest(requestId)).toMatchObject({ status: 'SUCCESS' });
  });
});
