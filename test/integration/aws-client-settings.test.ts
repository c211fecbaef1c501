import type { ServerResponse } from 'node:http';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { awsClientSettings } from '../../lib/aws/aws-client-settings.ts';
import { startRecorder } from '../support/start-recorder.ts';
import { isSigned } from '../support/verify-sigv4.ts';

const SECRET = 'the secret of this test';
const MESSAGE = { QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/1/audit', MessageBody: '{"ü":1}' };

type Respond = (response: ServerResponse) => void;

const accept: Respond = (response) => response.end('{"MessageId":"m-1"}');
const silence: Respond = () => {};
const hangUp: Respond = (response) => response.destroy();
const stopHalfway: Respond = (response) => {
  response.writeHead(200, { 'content-length': 19 });
  response.write('{"Mess', () => response.destroy());
};
const stallHalfway: Respond = (response) => {
  response.writeHead(200, { 'content-length': 19 });
  response.write('{"Mess');
};
const refuse: Respond = (response) => {
  response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
  response.end('{"__type":"com.amazonaws.sqs#OverLimit","message":"too many"}');
};

const cleanUp: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of cleanUp.splice(0)) await stop();
});

/** A service that gives one response after the other, and the settings of a client of it. */
async function startService(...responses: Respond[]) {
  const { url, requests, stop } = await startRecorder((response) => responses.shift()?.(response));
  cleanUp.push(stop);
  const own = awsClientSettings('SQS');
  const settings = {
    ...own,
    // The limits are the functions' own, twelve times as short.
    requestHandler: {
      ...own.requestHandler,
      requestTimeout: own.requestHandler.requestTimeout / 12,
      socketTimeout: own.requestHandler.socketTimeout / 12,
    },
    endpoint: url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET },
    maxAttempts: 2,
  };
  return { settings, requests };
}

async function startQueue(...responses: Respond[]) {
  const { settings, requests } = await startService(...responses);
  // The responses here have no checksum.
  const client = new SQSClient({ ...settings, md5: false });
  cleanUp.push(() => client.destroy());
  return { requests, send: () => client.send(new SendMessageCommand(MESSAGE)) };
}

describe('an AWS client with the settings of the functions', () => {
  test('sends what it signed, and reads the response', async () => {
    const { requests, send } = await startQueue(accept);
    expect(await send()).toMatchObject({ MessageId: 'm-1', $metadata: { httpStatusCode: 200 } });
    const [request] = requests;
    if (!request) throw new Error('nothing was sent');
    expect(JSON.parse(request.body)).toEqual(MESSAGE);
    expect(isSigned(request, SECRET)).toBe(true);
  });

  test.each([
    ['no response in time', silence],
    ['a connection that breaks', hangUp],
    ['a response that stops halfway', stopHalfway],
    ['a response that stalls halfway', stallHalfway],
  ])('tries again after %s', async (_, respond) => {
    const { requests, send } = await startQueue(respond, accept);
    expect(await send()).toMatchObject({ MessageId: 'm-1' });
    expect(requests).toHaveLength(2);
  });

  test('throws when no try gets a response', async () => {
    const { requests, send } = await startQueue(hangUp, silence);
    await expect(send()).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(requests).toHaveLength(2);
  });

  test('throws the error that the service responds with, and does not repeat the request', async () => {
    const { requests, send } = await startQueue(refuse, accept);
    await expect(send()).rejects.toMatchObject({
      name: 'OverLimit',
      message: 'too many',
      $metadata: { httpStatusCode: 400 },
    });
    expect(requests).toHaveLength(1);
  });

  test('reads a secret', async () => {
    const { settings } = await startService(silence, (response) =>
      response.end('{"SecretString":"s","VersionId":"v"}'),
    );
    const client = new SecretsManagerClient(settings);
    cleanUp.push(() => client.destroy());
    const command = new GetSecretValueCommand({ SecretId: 'token' });
    expect(await client.send(command)).toMatchObject({ SecretString: 's', VersionId: 'v' });
  });

  test('reads a table', async () => {
    const { settings } = await startService(silence, (response) =>
      response.end('{"Item":{"pk":{"S":"r-1"},"n":{"N":"7"}}}'),
    );
    const client = new DynamoDBClient(settings);
    cleanUp.push(() => client.destroy());
    const command = new GetItemCommand({ TableName: 'requests', Key: { pk: { S: 'r-1' } } });
    expect((await client.send(command)).Item).toEqual({ pk: { S: 'r-1' }, n: { N: '7' } });
  });
});
