import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type LocalSecretsManager,
  startSecretsManager,
} from '../../local/secrets-manager/start-secrets-manager.ts';

let secrets: LocalSecretsManager;
let client: SecretsManagerClient;
let nowMs: number;

beforeEach(async () => {
  nowMs = Date.parse('2026-11-22T12:00:00Z');
  secrets = await startSecretsManager({ now: () => nowMs });
  client = new SecretsManagerClient({
    endpoint: secrets.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
});

afterEach(async () => {
  client.destroy();
  await secrets.stop();
});

/** A version id of the required length. */
const token = (name: string) => name.padEnd(32, '-');

const put = (value: string, versionId?: string, stages?: string[]) =>
  client.send(
    new PutSecretValueCommand({
      SecretId: 'token',
      SecretString: value,
      ClientRequestToken: versionId,
      VersionStages: stages,
    }),
  );

const get = (stage?: string) =>
  client.send(new GetSecretValueCommand({ SecretId: 'token', VersionStage: stage }));

const move = (stage: string, from?: string, to?: string) =>
  client.send(
    new UpdateSecretVersionStageCommand({
      SecretId: 'token',
      VersionStage: stage,
      RemoveFromVersionId: from,
      MoveToVersionId: to,
    }),
  );

async function stagesById() {
  const response = await client.send(new DescribeSecretCommand({ SecretId: 'token' }));
  return response.VersionIdsToStages;
}

const named = (name: string) => expect.objectContaining({ name });

describe('reading', () => {
  test('a secret that does not exist, or has no value yet, is not found', async () => {
    await expect(get()).rejects.toEqual(named('ResourceNotFoundException'));
    secrets.putSecret('token');
    await expect(get()).rejects.toEqual(named('ResourceNotFoundException'));
  });

  test('a secret is found by its name and by its ARN', async () => {
    secrets.putSecret('token', 'v1');
    const { ARN } = await get();

    const byArn = await client.send(new GetSecretValueCommand({ SecretId: ARN }));

    expect(byArn).toMatchObject({ SecretString: 'v1', Name: 'token' });
  });

  test('a version without the requested label is refused', async () => {
    secrets.putSecret('token');
    await put('v1', token('one'));
    await put('v2', token('two'));

    const wanted = { SecretId: 'token', VersionId: token('two'), VersionStage: 'AWSPREVIOUS' };

    await expect(client.send(new GetSecretValueCommand(wanted))).rejects.toEqual(
      named('InvalidParameterException'),
    );
  });
});

describe('creating', () => {
  test('a secret is created with its first value, or without one', async () => {
    const create = (Name: string, SecretString?: string) =>
      client.send(new CreateSecretCommand({ Name, SecretString }));

    expect((await create('token', 'v1')).VersionId).toEqual(expect.any(String));
    expect((await create('empty')).VersionId).toBeUndefined();
    expect((await get()).SecretString).toBe('v1');
    await expect(create('token', 'v2')).rejects.toEqual(named('ResourceExistsException'));
  });
});

describe('putting a value', () => {
  beforeEach(() => secrets.putSecret('token'));

  test('makes it current and the former current version previous', async () => {
    await put('v1', token('one'));
    await put('v2', token('two'));

    expect(await stagesById()).toEqual({
      [token('two')]: ['AWSCURRENT'],
      [token('one')]: ['AWSPREVIOUS'],
    });
  });

  test('the same token with the same content succeeds without a change', async () => {
    await put('v1', token('one'));
    await put('v2', token('two'));

    const again = await put('v1', token('one'));

    expect(again.VersionId).toBe(token('one'));
    expect((await get()).SecretString).toBe('v2');
    expect(secrets.countVersions('token')).toBe(2);
  });

  test('the same token with other content is refused', async () => {
    await put('v1', token('one'));

    await expect(put('other', token('one'))).rejects.toEqual(named('ResourceExistsException'));
    expect((await get()).SecretString).toBe('v1');
  });

  test('of concurrent puts with one token, one succeeds', async () => {
    const racing = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => put(`v${index}`, token('race'))),
    );

    expect(racing.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(secrets.countVersions('token')).toBe(1);
  });

  test('the first version becomes current, whatever its labels', async () => {
    await put('v1', token('one'), ['LOCK']);

    expect(await stagesById()).toEqual({ [token('one')]: ['LOCK', 'AWSCURRENT'] });
  });

  test('a custom label moves to the new version without moving AWSCURRENT', async () => {
    await put('v1', token('one'));
    await put('lock 1', token('two'), ['LOCK']);
    await put('lock 2', token('three'), ['LOCK']);

    expect(await stagesById()).toEqual({
      [token('one')]: ['AWSCURRENT'],
      [token('three')]: ['LOCK'],
    });
    expect((await get('LOCK')).SecretString).toBe('lock 2');
  });

  test('a token that is too short, or no value at all, is refused', async () => {
    await expect(put('v1', 'short')).rejects.toEqual(named('InvalidParameterException'));
    await expect(client.send(new PutSecretValueCommand({ SecretId: 'token' }))).rejects.toEqual(
      named('InvalidParameterException'),
    );
  });

  test('the 101st version is refused, until versions without a label are a day old', async () => {
    for (let version = 1; version <= 100; version++) await put(`v${version}`);

    await expect(put('v101')).rejects.toEqual(named('LimitExceededException'));
    nowMs += 25 * 60 * 60 * 1000;
    await put('v101');

    expect((await get()).SecretString).toBe('v101');
    expect((await get('AWSPREVIOUS')).SecretString).toBe('v100');
  });
});

describe('moving a label', () => {
  beforeEach(async () => {
    secrets.putSecret('token');
    await put('v1', token('one'));
    await put('v2', token('two'), ['PENDING']);
  });

  test('from where it is to another version succeeds', async () => {
    await move('AWSCURRENT', token('one'), token('two'));

    expect(await stagesById()).toEqual({
      [token('one')]: ['AWSPREVIOUS'],
      [token('two')]: ['PENDING', 'AWSCURRENT'],
    });
  });

  test('from a version that no longer has it is refused', async () => {
    await put('v3', token('three'), ['PENDING']);

    await expect(move('PENDING', token('two'), token('one'))).rejects.toEqual(
      named('InvalidParameterException'),
    );
    expect((await get('PENDING')).SecretString).toBe('v3');
  });

  test('without naming the version that has it is refused', async () => {
    await expect(move('AWSCURRENT', undefined, token('two'))).rejects.toEqual(
      named('InvalidParameterException'),
    );
  });

  test('that no version has yet succeeds once', async () => {
    const racing = await Promise.allSettled([
      move('LOCK', undefined, token('one')),
      move('LOCK', undefined, token('two')),
    ]);

    expect(racing.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('off a version deprecates it, and AWSCURRENT cannot be removed', async () => {
    await move('PENDING', token('two'));

    expect(await stagesById()).toEqual({ [token('one')]: ['AWSCURRENT'] });
    await expect(move('AWSCURRENT', token('one'))).rejects.toEqual(
      named('InvalidParameterException'),
    );
  });

  test('to a version that does not exist is refused', async () => {
    await expect(move('AWSCURRENT', token('one'), token('none'))).rejects.toEqual(
      named('InvalidParameterException'),
    );
  });
});

test('versions are listed, deprecated ones on request', async () => {
  secrets.putSecret('token');
  for (const value of ['v1', 'v2', 'v3']) await put(value);
  const list = async (IncludeDeprecated: boolean) =>
    (await client.send(new ListSecretVersionIdsCommand({ SecretId: 'token', IncludeDeprecated })))
      .Versions?.length;

  expect(await list(false)).toBe(2);
  expect(await list(true)).toBe(3);
});

test('the requested operations are recorded by name', async () => {
  secrets.putSecret('token', 'v1');
  await get();
  await put('v2');

  expect(secrets.operations).toEqual(['GetSecretValue', 'PutSecretValue']);
  expect(secrets.readSecret('token')).toBe('v2');
});

test('an unsupported operation is refused by name', async () => {
  const response = await fetch(secrets.endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': 'secretsmanager.RotateSecret' },
    body: '{}',
  });

  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ __type: 'UnknownOperationException' });
});

describe('a Secrets Manager that requires its own credentials', () => {
  let guarded: LocalSecretsManager;

  beforeEach(async () => {
    guarded = await startSecretsManager({ accessKeyId: 'LOCAL1' });
    guarded.putSecret('client', 'the secret');
  });

  afterEach(() => guarded.stop());

  const ask = (headers: Record<string, string>) =>
    new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      const { port } = new URL(guarded.endpoint);
      request(
        {
          port,
          host: '127.0.0.1',
          method: 'POST',
          headers: { 'x-amz-target': 'secretsmanager.GetSecretValue', ...headers },
        },
        async (response) => resolve({ status: response.statusCode, body: await text(response) }),
      )
        .on('error', reject)
        .end('{"SecretId":"client"}');
    });
  const authorization = (accessKeyId: string) =>
    `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261126/us-east-1/secretsmanager/aws4_request, …`;

  test('accepts a client that has them', async () => {
    const response = await ask({ authorization: authorization('LOCAL1').replace('…', 'x') });

    expect(response).toMatchObject({ status: 200, body: expect.stringContaining('the secret') });
  });

  test.each<[string, Record<string, string>]>([
    ['no credentials', {}],
    ['other credentials', { authorization: 'Credential=local/x' }],
    [
      'the name of another host, as after DNS rebinding',
      { authorization: 'Credential=LOCAL1/x', host: 'evil.example' },
    ],
    [
      'the origin of a page',
      { authorization: 'Credential=LOCAL1/x', origin: 'http://evil.example' },
    ],
  ])('refuses %s', async (_name, headers) => {
    const response = await ask(headers);

    expect(response.status).toBe(403);
    expect(response.body).not.toContain('the secret');
  });
});
