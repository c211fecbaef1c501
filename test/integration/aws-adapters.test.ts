import { createServer } from 'node:http';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createChangeVisibility, MAX_VISIBILITY_SECONDS } from '../../lib/aws/change-visibility.ts';
import { isConfigurationFault } from '../../lib/aws/configuration-fault.ts';
import { createGetSecret } from '../../lib/aws/get-secret.ts';
import { createSendMessage } from '../../lib/aws/send-message.ts';
import { systemClock } from '../../lib/system-clock.ts';
import { listen } from '../../local/listen.ts';
import {
  type LocalSecretsManager,
  startSecretsManager,
} from '../../local/secrets-manager/start-secrets-manager.ts';
import { type LocalSqs, startSqs } from '../../local/sqs/start-sqs.ts';

const access = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
};

/** An address on which no server listens. */
async function deadEndpoint(): Promise<string> {
  const { url, stop } = await listen(createServer());
  await stop();
  return url;
}

let sqs: LocalSqs;
let sqsClient: SQSClient;
let secrets: LocalSecretsManager;
let secretsClient: SecretsManagerClient;

beforeAll(async () => {
  [sqs, secrets] = await Promise.all([startSqs(), startSecretsManager()]);
  sqsClient = new SQSClient({ ...access, endpoint: sqs.endpoint });
  secretsClient = new SecretsManagerClient({ ...access, endpoint: secrets.endpoint });
});

afterAll(async () => {
  sqsClient.destroy();
  secretsClient.destroy();
  await Promise.all([sqs.stop(), secrets.stop()]);
});

async function receive(queueUrl: string) {
  const response = await sqsClient.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    }),
  );
  return response.Messages?.[0];
}

describe('sending a message', () => {
  test('carries group, deduplication id, attributes and trace to a FIFO queue', async () => {
    const { url } = sqs.createQueue('full.fifo');
    await createSendMessage(sqsClient)({
      queueUrl: url,
      body: 'grüße',
      groupId: 'group',
      deduplicationId: 'id',
      attributes: { reason: 'INVALID_MESSAGE' },
      traceHeader: 'Root=1-6921d5f4-1f2e3d4c5b6a798001234567',
    });
    expect(await receive(url)).toMatchObject({
      Body: 'grüße',
      Attributes: {
        MessageGroupId: 'group',
        MessageDeduplicationId: 'id',
        AWSTraceHeader: 'Root=1-6921d5f4-1f2e3d4c5b6a798001234567',
      },
      MessageAttributes: { reason: { DataType: 'String', StringValue: 'INVALID_MESSAGE' } },
    });
  });

  test('needs nothing but a body for a standard queue', async () => {
    const { url } = sqs.createQueue('plain');
    await createSendMessage(sqsClient)({ queueUrl: url, body: 'hello' });
    expect((await receive(url))?.Body).toBe('hello');
  });

  test('fails with a configuration error if the queue does not exist', async () => {
    const error = await createSendMessage(sqsClient)({
      queueUrl: `${sqs.endpoint}/000000000000/missing`,
      body: 'hello',
    }).catch((fault: unknown) => fault);
    expect(error).toBeInstanceOf(Error);
    expect(isConfigurationFault(error)).toBe(true);
  });

  test('fails with a temporary error if no server listens', async () => {
    const endpoint = await deadEndpoint();
    const gone = new SQSClient({ ...access, endpoint, maxAttempts: 1 });
    const error = await createSendMessage(gone)({
      queueUrl: `${endpoint}/000000000000/plain`,
      body: 'hello',
    }).catch((fault: unknown) => fault);
    expect(error).toBeInstanceOf(Error);
    expect(isConfigurationFault(error)).toBe(false);
  });
});

describe('changing the visibility of a message', () => {
  const received = async (name: string) => {
    const { url } = sqs.createQueue(name);
    await createSendMessage(sqsClient)({ queueUrl: url, body: 'hello' });
    return { queueUrl: url, receiptHandle: (await receive(url))?.ReceiptHandle ?? '' };
  };

  test('makes it visible immediately with 0', async () => {
    const message = await received('back');
    expect(await receive(message.queueUrl)).toBeUndefined();
    await createChangeVisibility(sqsClient, { clock: systemClock })({ ...message, seconds: 0 });
    expect((await receive(message.queueUrl))?.Body).toBe('hello');
  });

  test('hides it for the delay', async () => {
    const message = await received('wait');
    await createChangeVisibility(sqsClient, { clock: systemClock })({ ...message, seconds: 0.2 });
    expect(sqs.inspect('wait')).toEqual({ ready: [], inFlight: ['hello'] });
  });

  test.each([
    [-1, 0],
    [0, 0],
    [0.2, 1],
    [59.01, 60],
    [1e9, MAX_VISIBILITY_SECONDS],
  ])('of %d seconds asks SQS for %d', async (seconds, asked) => {
    const message = await received('asked');
    const client = new SQSClient({ ...access, endpoint: sqs.endpoint });
    const inputs: unknown[] = [];
    client.middlewareStack.add((next) => (args) => {
      inputs.push(args.input);
      return next(args);
    });
    await createChangeVisibility(client, { clock: systemClock })({ ...message, seconds });
    expect(inputs).toMatchObject([{ Entries: [{ VisibilityTimeout: asked }] }]);
  });

  test('changes at the same time share a call, and one that SQS refuses fails alone', async () => {
    const [first, second] = [await received('first'), await received('second')];
    const client = new SQSClient({ ...access, endpoint: sqs.endpoint });
    const commands: unknown[] = [];
    client.middlewareStack.add((next, { commandName }) => (args) => {
      commands.push(commandName);
      return next(args);
    });
    const change = createChangeVisibility(client, { clock: systemClock });
    const changes = await Promise.allSettled([
      change({ ...first, seconds: 0 }),
      change({ ...first, receiptHandle: 'unknown', seconds: 0 }),
      change({ ...second, seconds: 0 }),
    ]);
    // One for each queue.
    expect(commands).toEqual([
      'ChangeMessageVisibilityBatchCommand',
      'ChangeMessageVisibilityBatchCommand',
    ]);
    expect(changes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('without a server, every change fails', async () => {
    const endpoint = await deadEndpoint();
    const gone = new SQSClient({ ...access, endpoint, maxAttempts: 1 });
    const change = createChangeVisibility(gone, { clock: systemClock });
    const wanted = { queueUrl: `${endpoint}/000000000000/gone`, receiptHandle: 'one', seconds: 0 };
    const changes = await Promise.allSettled([change(wanted), change(wanted)]);
    expect(changes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});

describe('reading a secret', () => {
  test('gives the current version, its id and its labels', async () => {
    secrets.putSecret('ours', 'first');
    secrets.putSecret('ours', 'second');
    const getSecret = createGetSecret(secretsClient);
    expect(await getSecret('ours')).toEqual({
      value: 'second',
      versionId: expect.stringMatching(/.{32}/),
      stages: ['AWSCURRENT'],
    });
    expect((await getSecret('ours', 'AWSPREVIOUS'))?.value).toBe('first');
  });

  test('returns undefined for a secret without a value, an unknown version or an unknown secret', async () => {
    secrets.putSecret('empty');
    secrets.putSecret('ours', 'first');
    const getSecret = createGetSecret(secretsClient);
    expect(await getSecret('empty')).toBeUndefined();
    expect(await getSecret('ours', 'OTHER')).toBeUndefined();
    expect(await getSecret('missing')).toBeUndefined();
  });

  test('fails if Secrets Manager is unreachable', async () => {
    const gone = new SecretsManagerClient({
      ...access,
      endpoint: await deadEndpoint(),
      maxAttempts: 1,
    });
    await expect(createGetSecret(gone)('ours')).rejects.toThrow();
  });
});
