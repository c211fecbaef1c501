import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type LambdaProcess,
  startLambdaProcess,
} from '../../local/lambda-runtime/start-lambda-process.ts';
import { unzip } from '../../local/lambda-runtime/unzip.ts';
import { type PackagedService, packageService } from '../../local/package-service.ts';
import { startRecorder } from '../support/start-recorder.ts';
import { isSigned } from '../support/verify-sigv4.ts';

let service: PackagedService;
beforeAll(async () => {
  service = await packageService();
}, 120_000);

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of cleanUp.splice(0)) await stop();
});

/** The most that each may weigh, minified, in bytes. A cold start reads all of it. */
const limits = {
  intake: 325_000,
  requests: 325_000,
  relay: 330_000,
  adder: 425_000,
  'follow-up': 415_000,
};

describe.each(Object.entries(limits))('the bundle of %s', (name, limit) => {
  let files: Map<string, Buffer>;
  let code: string;
  beforeAll(async () => {
    files = unzip(await readFile(service.zipOf(name)));
    code = files.get(`functions/${name}/index.mjs`)?.toString('utf8') ?? '';
  });

  test('is one file', () => {
    expect([...files.keys()]).toEqual([`functions/${name}/index.mjs`]);
  });

  test(`weighs no more than ${limit / 1000} KB`, () => {
    expect(code.length).toBeGreaterThan(10_000);
    expect(code.length).toBeLessThanOrEqual(limit);
  });

  test('imports nothing, and takes of Node what it needs by getBuiltinModule', () => {
    // An ES import of node:http would load all of fetch (esbuild.plugins.cjs).
    expect(code).toMatch(/\bgetBuiltinModule\("node:https"\)/);
    expect(code.match(/(?:^|[;}\n])import\b[^;]{0,200}/)?.[0]).toBeUndefined();
    // Never reached: no operation that is called streams events (scripts/serverless/bundle-functions.ts).
    expect(code.match(/\bimport\("[^"]*"\)/g)).toEqual(['import("@smithy/core/event-streams")']);
  });

  test('has no credential provider in it but the environment', () => {
    expect(code).toContain('AWS_SECRET_ACCESS_KEY');
    expect(code).not.toMatch(/AWS_CONTAINER_CREDENTIALS|AWS_WEB_IDENTITY_TOKEN_FILE|sso_start_url/);
  });
});

const EVENT = new URL('../../events/http-api-v2.three-users.json', import.meta.url);

/** What intake does in a process of its own until its first request is on the queue. */
async function firstRequest(code: string) {
  const folder = await mkdtemp(join(tmpdir(), 'bundle-'));
  cleanUp.push(() => rm(folder, { recursive: true, force: true }));
  const bundle = join(folder, 'index.mjs');
  await writeFile(bundle, code);
  const { url, requests } = await startQueue();
  const script = `
    import { readFileSync } from 'node:fs';
    import files from 'node:fs/promises';
    const read = [];
    const { readFile } = files;
    files.readFile = (path, ...rest) => {
      read.push(path);
      return readFile(path, ...rest);
    };
    const { handler } = await import(${JSON.stringify(pathToFileURL(bundle).href)});
    await handler(JSON.parse(readFileSync(new URL(${JSON.stringify(EVENT.href)}), 'utf8')), {});
    process.stdout.write(JSON.stringify({ list: process.moduleLoadList, read }));
    process.exit();`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', script],
    {
      env: {
        AWS_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'the secret of this test',
        AWS_ENDPOINT_URL_SQS: url,
        AWS_ENDPOINT_URL_DYNAMODB: url,
        REQUESTS_TABLE_NAME: 'requests',
        REQUEST_QUEUE_URL: `${url}/000000000000/requests.fifo`,
        POWERTOOLS_METRICS_NAMESPACE: 'Test',
        POWERTOOLS_LOG_LEVEL: 'SILENT',
      },
    },
  );
  const { list, read } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as {
    list: string[];
    read: string[];
  };
  return { requests, loaded: list.map((name) => name.split(' ').at(-1)), read };
}

/** Records requests, and gives the table and the queue a response that both accept. */
async function startQueue() {
  const { url, requests, stop } = await startRecorder((response) => {
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end('{"MessageId":"1"}');
  });
  cleanUp.push(stop);
  return { url, requests };
}

async function startIntake(env: Record<string, string>) {
  const lines: string[] = [];
  const { url, requests } = await startQueue();
  const intake: LambdaProcess = await startLambdaProcess({
    zipOrDir: service.zipOf('intake'),
    handler: 'functions/intake/index.handler',
    timeoutMs: 10_000,
    onLine: (line) => void lines.push(line),
    env: {
      REQUEST_QUEUE_URL: `${url}/000000000000/requests.fifo`,
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL_SQS: url,
      AWS_ENDPOINT_URL_DYNAMODB: url,
      REQUESTS_TABLE_NAME: 'requests',
      ...env,
    },
  });
  cleanUp.push(() => intake.stop());
  const event = JSON.parse(await readFile(EVENT, 'utf8'));
  return { intake, event, requests, lines };
}

describe('what the bundles have instead of the SDK’s credential chain', () => {
  test('signs requests with the credentials that Lambda puts into the environment', async () => {
    const { intake, event, requests } = await startIntake({
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'the secret of this test',
      AWS_SESSION_TOKEN: 'the session of this test',
    });
    // The recorder leaves out the checksum of a real response, which the SDK may take ill.
    await intake.invoke(event);
    expect(requests).toHaveLength(2);
    for (const [index, name] of ['dynamodb', 'sqs'].entries()) {
      const request = requests[index];
      if (!request) throw new Error(`nothing was sent to ${name}`);
      expect(request.headers.authorization).toContain('Credential=AKIDEXAMPLE/');
      expect(request.headers.authorization).toContain(`/eu-west-1/${name}/aws4_request`);
      expect(request.headers['x-amz-security-token']).toBe('the session of this test');
      expect(isSigned(request, 'the secret of this test')).toBe(true);
      expect(isSigned(request, 'another secret')).toBe(false);
    }
  });

  test('logs that the credentials are missing, and sends nothing', async () => {
    const { intake, event, requests, lines } = await startIntake({ AWS_ACCESS_KEY_ID: 'AKID' });
    expect(await intake.invoke(event)).toMatchObject({ statusCode: 503 });
    expect(lines.join('\n')).toContain('Unable to find environment variable credentials');
    expect(requests).toEqual([]);
  });
});

test('a first request loads no fetch and no web streams, and reads no files of a profile', async () => {
  const files = unzip(await readFile(service.zipOf('intake')));
  const code = files.get('functions/intake/index.mjs')?.toString('utf8') ?? '';
  const { requests, loaded, read } = await firstRequest(code);
  expect(requests).toHaveLength(2);
  expect(loaded).toContain('https');
  expect(loaded.filter((name) => /undici|webstreams/.test(name ?? ''))).toEqual([]);
  expect(read).toEqual([]);
});
