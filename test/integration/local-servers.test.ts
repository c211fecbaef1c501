import { once } from 'node:events';
import { request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, test } from '@jest/globals';
import { startDynamoDb } from '../../local/dynamodb/start-dynamodb.ts';
import { createRuntimeApi } from '../../local/lambda-runtime/runtime-api.ts';
import { startSqs } from '../../local/sqs/start-sqs.ts';

let stop: (() => Promise<unknown>) | undefined;
afterEach(() => stop?.());

/** What a browser sends for a page of another site. */
const PAGES: [string, Record<string, string>][] = [
  ['whose host name resolves to this machine', { host: 'evil.example' }],
  ['that sends its origin', { origin: 'https://evil.example' }],
  ['that loads an image', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
];

const SIGNED = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=LOCAL1/20261126/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
  'x-amz-date': '20261126T000000Z',
};

function ask(port: number | string, method: string, path: string, headers: object) {
  return new Promise<{ status: number | undefined; headers: object; body: string }>(
    (resolve, reject) => {
      request(
        { host: '127.0.0.1', port, method, path, headers: { ...headers } },
        async (response) =>
          resolve({
            status: response.statusCode,
            headers: response.headers,
            body: await text(response),
          }),
      )
        .on('error', reject)
        .end(method === 'POST' ? '{}' : undefined);
    },
  );
}

// Bug: dynalite allows every page to read and write (CORS), and phone numbers are in the records.
// Fix: requests of browsers are refused before they reach it.
describe('the local DynamoDB', () => {
  const start = async () => {
    const dynamoDb = await startDynamoDb({ accessKeyId: 'LOCAL1' });
    stop = () => dynamoDb.stop();
    return dynamoDb.endpoint;
  };
  const headers = {
    ...SIGNED,
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'DynamoDB_20120810.ListTables',
  };

  test.each(PAGES)('refuses a page %s', async (_, sent) => {
    const { port } = new URL(await start());
    for (const method of ['POST', 'OPTIONS', 'GET']) {
      const response = await ask(port, method, '/', { ...headers, ...sent });
      expect(response.status).toBe(403);
      expect(Object.keys(response.headers)).not.toContain('access-control-allow-origin');
      expect(response.body).not.toContain('TableNames');
    }
  });

  test('refuses other credentials, and accepts those of the start', async () => {
    const endpoint = await start();
    const list = async (accessKeyId: string) => {
      const client = new DynamoDBClient({
        endpoint,
        region: 'us-east-1',
        maxAttempts: 1,
        credentials: { accessKeyId, secretAccessKey: 'x' },
      });
      return client.send(new ListTablesCommand({})).finally(() => client.destroy());
    };
    await expect(list('local')).rejects.toThrow('Only programs on this machine');
    expect(await list('LOCAL1')).toMatchObject({ TableNames: [] });
  });
});

test.each(PAGES)('the local SQS refuses a page %s', async (_, sent) => {
  const sqs = await startSqs();
  stop = () => sqs.stop();
  const { port } = new URL(sqs.endpoint);
  expect((await ask(port, 'GET', '/', sent)).status).toBe(403);
});

test.each(PAGES)('the Runtime API of a function refuses a page %s', async (_, sent) => {
  const errors: unknown[] = [];
  const { server } = createRuntimeApi({
    onInitError: (error) => errors.push(error),
    onPoll: () => 0,
  });
  await listening(server);
  const { port } = server.address() as AddressInfo;
  const root = '/2018-06-01/runtime';
  expect((await ask(port, 'GET', `${root}/invocation/next`, sent)).status).toBe(403);
  expect((await ask(port, 'POST', `${root}/init/error`, sent)).status).toBe(403);
  expect(errors).toEqual([]);
});

async function listening(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stop = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
}
