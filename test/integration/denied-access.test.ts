import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { FREE_USERS, PLATFORM_CONVERSATION } from '../../local/genesys/sample-organisation.ts';
import { type AdderUnderTest, type StartAdderOptions, startAdder } from '../support/start-adder.ts';
import { startIntake } from '../support/start-intake.ts';
import { auditEventOf, type RelayUnderTest, startRelay } from '../support/start-relay.ts';
import { httpEvent, startRequests } from '../support/start-requests.ts';

const ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:ours-AbCdEf';
const denial = (name = 'AccessDeniedException') =>
  Object.assign(new Error(`User is not authorized to perform the action on ${ARN}`), {
    name,
    $metadata: { httpStatusCode: 400 },
  });
const deny = () => Promise.reject(denial());

describe('a request whose adder is denied access', () => {
  let adder: AdderUnderTest;
  afterEach(() => adder.stop());
  const message = (more: object = {}) => ({
    requestId: randomUUID(),
    conversationId: PLATFORM_CONVERSATION,
    participants: [{ id: FREE_USERS[0] }],
    ...more,
  });
  const lines = (text: string) => adder.log.filter((line) => line.message === text);

  test.each<[string, StartAdderOptions, string]>([
    [
      'the credentials secret',
      { credentialsError: denial() },
      "The function's role has no access to the credentials secret: allow secretsmanager:GetSecretValue",
    ],
    [
      'the token secret',
      { tokenError: denial() },
      "The function's role has no access to the token secret: allow secretsmanager:GetSecretValue",
    ],
    [
      'the requests table',
      { callTable: deny },
      "The function's role has no access to the requests table: allow dynamodb:GetItem, dynamodb:BatchGetItem, dynamodb:PutItem, dynamodb:UpdateItem, and dynamodb:Query for follow-up",
    ],
  ])(
    'to %s is deferred, and the log says which permission is missing',
    async (_, options, text) => {
      adder = await startAdder(options);
      expect((await adder.deliver(message())).batchItemFailures).toHaveLength(1);
      expect(lines('deferred')[0]?.fields.cause).toContain(`INTERNAL_ERROR: ${text}`);
      expect(lines('deferred')[0]?.fields.cause).not.toContain(ARN);
      expect(lines('access denied')[0]).toMatchObject({ level: 'error' });
      expect(lines('defect')).toEqual([]);
    },
  );

  test('to a secret until its deadline has the missing permission in its result', async () => {
    adder = await startAdder({ credentialsError: denial() });
    const deadline = new Date(adder.clock.now() + 60_000).toISOString();
    const audit = await adder.settleInTheEnd(message({ deadline }));
    expect(audit).toMatchObject({ status: 'EXPIRED', code: 'DEADLINE_EXCEEDED' });
    expect(audit.error).toContain('no access to the credentials secret');
    expect(JSON.stringify(audit)).not.toContain(ARN);
  });

  test('to the audit queue keeps its result, and the log names the queue', async () => {
    adder = await startAdder({ sendMessage: () => Promise.reject(denial('AccessDenied')) });
    expect((await adder.deliver(message())).batchItemFailures).toHaveLength(1);
    const [line] = lines('access denied');
    expect(line?.fields.error).toMatchObject({
      message: expect.stringContaining('no access to the queue audit: allow sqs:SendMessage'),
    });
    expect(lines('defect')).toEqual([]);
  });

  test('is told apart from one whose table does not respond', async () => {
    adder = await startAdder({ callTable: () => Promise.reject(new Error('no route')) });
    await adder.deliver(message());
    expect([...lines('access denied'), ...lines('defect')]).toEqual([]);
    expect(lines('table failed')[0]).toMatchObject({
      level: 'error',
      fields: { reason: 'unavailable' },
    });
    expect(lines('deferred')[0]?.fields.cause).toBe(
      'INTERNAL_ERROR: The requests table could not be reached',
    );
  });

  test.each<[string, StartAdderOptions]>([
    ['credentials secret', { credentialsError: new Error('no route') }],
    ['token secret', { tokenError: new Error('no route') }],
  ])('is told apart from one whose %s does not respond', async (secret, options) => {
    adder = await startAdder(options);
    await adder.deliver(message());
    expect([...lines('access denied'), ...lines('defect')]).toEqual([]);
    expect(lines('secret failed')[0]).toMatchObject({ level: 'error' });
    expect(lines('deferred')[0]?.fields.cause).toBe(
      `INTERNAL_ERROR: The ${secret} could not be reached`,
    );
  });

  test('is told apart from one whose record cannot be read, which is a defect', async () => {
    const unreadable = Object.assign(new Error('no such status'), { name: '$ZodError' });
    adder = await startAdder({ callTable: () => Promise.reject(unreadable) });
    await adder.deliver(message());
    expect([...lines('access denied'), ...lines('table failed')]).toEqual([]);
    expect(lines('defect')[0]).toMatchObject({ level: 'error' });
  });

  test('is told apart from one whose table is missing', async () => {
    const missing = Object.assign(new Error('not found'), {
      name: 'ResourceNotFoundException',
      $metadata: { httpStatusCode: 400 },
    });
    adder = await startAdder({ callTable: () => Promise.reject(missing) });
    await adder.deliver(message());
    expect(lines('table failed')[0]?.fields).toMatchObject({ reason: 'configuration' });
  });

  test('is told apart from one whose result cannot be sent', async () => {
    adder = await startAdder({ sendMessage: () => Promise.reject(new Error('no route')) });
    await adder.deliver(message());
    expect([...lines('access denied'), ...lines('defect')]).toEqual([]);
    expect(lines('send failed')[0]).toMatchObject({ level: 'error' });
  });
});

describe('an event whose relay is denied access', () => {
  let relay: RelayUnderTest;
  afterEach(() => relay.stop());

  test.each([
    [
      'the signing secret',
      { getSecret: deny },
      "the signing keys cannot be read: The function's role has no access to the webhook signing secret: allow secretsmanager:GetSecretValue",
    ],
    [
      'the table',
      { records: { get: deny, replace: async () => false } },
      "the record cannot be read: The function's role has no access to the requests table: allow dynamodb:GetItem",
    ],
  ])('to %s waits, and the log says which permission is missing', async (_, deps, text) => {
    relay = await startRelay({ url: 'https://hooks.example.com/in', deps });
    await relay.send(JSON.stringify(auditEventOf(randomUUID())));
    expect((await relay.run()).response.batchItemFailures).toHaveLength(1);
    const log = JSON.stringify(
      relay.log.filter((line) => JSON.stringify(line).includes('relay failed')),
    );
    expect(log).toContain(text);
    expect(log).not.toContain(ARN);
  });
});

describe('an HTTP request whose function is denied access', () => {
  const records = { create: deny, get: deny, replace: deny, listByConversation: deny } as never;
  const post = JSON.parse(readFileSync('events/http-api-v2.three-users.json', 'utf8'));
  const get = httpEvent('GET', `/requests/${randomUUID()}`);

  test.each([
    [
      'intake to the table',
      () => startIntake({ records }),
      post,
      'the requests table: allow dynamodb:GetItem, dynamodb:PutItem and dynamodb:UpdateItem',
    ],
    [
      'intake to the queue',
      () => startIntake({ sendMessage: deny }),
      post,
      'the queue requests.fifo: allow sqs:SendMessage',
    ],
    [
      'requests to the table',
      () => startRequests({ records }),
      get,
      'the requests table: allow dynamodb:GetItem, dynamodb:BatchGetItem, dynamodb:UpdateItem and dynamodb:Query',
    ],
  ])('%s gets 503, and the log says which permission is missing', async (_, start, event, text) => {
    const { send, lines } = start();
    const { status, body } = await send(event);
    expect(status).toBe(503);
    expect(JSON.stringify(body)).not.toContain('arn:');
    expect(lines[0]?.fields).toMatchObject({
      reason: 'configuration',
      error: { message: expect.stringContaining(`no access to ${text}`) },
    });
  });

  test('as a data action gets an error that says to retry, and the log names the permission', async () => {
    const { act, lines } = startRequests({ records });
    await expect(act({ requestId: randomUUID() })).rejects.toThrow('Retry after 5 seconds');
    expect(lines[0]).toMatchObject({ level: 'error', message: 'table failed' });
    expect(lines.map((line) => line.message)).not.toContain('defect');
  });
});
