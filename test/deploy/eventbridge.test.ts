import { beforeAll, expect, test } from '@jest/globals';
import { parseRequestMessage } from '../../lib/domain/request-message.ts';
import { packageService, type Template } from '../../local/package-service.ts';
import { type AwsCall, isAllowed } from '../support/iam-simulator.ts';

const CONVERSATION = 'b0a7ca11-0000-4000-8000-000000000001';
const USER = 'a9e7c000-0000-4000-8000-000000000008';
const event = {
  version: '0',
  id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
  'detail-type': 'AddParticipants',
  source: 'com.example.crm',
  account: '111111111111',
  time: '2026-11-22T15:29:40Z',
  region: 'us-east-1',
  resources: [],
  detail: {
    conversationId: CONVERSATION,
    participants: [{ id: USER, role: 'agent' }, { address: '+15551230199' }],
  },
};

let plain: Template;
let template: Template;
beforeAll(async () => {
  ({ template: plain } = await packageService());
  ({ template } = await packageService({ params: { eventSource: 'com.example.crm' } }));
}, 120_000);

const properties = (logicalId: string) => template.Resources[logicalId]?.Properties ?? {};
const arn = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

/** A path as EventBridge reads it: dots and names. */
const read = (path: string, value: unknown): unknown =>
  path
    .replace(/^\$\.?/, '')
    .split('.')
    .filter(Boolean)
    // biome-ignore lint/suspicious/noExplicitAny: any JSON
    .reduce((part: any, name) => part?.[name], value);

/** What the rule's input transformer makes of an event: each variable becomes JSON. */
function transform(from: object): string {
  const { InputPathsMap, InputTemplate } = properties('EventRule').Targets[0].InputTransformer;
  return InputTemplate.replace(/<(\w+)>/g, (_: string, name: string) => {
    const value = read(InputPathsMap[name], from);
    if (value === undefined) throw new Error(`The event has no ${InputPathsMap[name]}`);
    return JSON.stringify(value);
  });
}

/** A message of the event queue as a pipe sees it: a body that is JSON is read as such. */
const asPipeEvent = (body: string) => ({
  messageId: '19dd0b57-b21e-4ac1-bd88-01bbb068cb78',
  receiptHandle: 'handle',
  body: JSON.parse(body),
  eventSource: 'aws:sqs',
});

test('there is no way in by EventBridge unless eventSource is given', () => {
  const added = Object.entries(template.Resources).filter(([id]) => !(id in plain.Resources));
  expect(added.length).toBeGreaterThan(5);
  expect(added.filter(([id]) => !id.startsWith('Event'))).toEqual([]);
});

test('the rule takes events of the given source and of one detail type', () => {
  expect(properties('EventRule')).toMatchObject({
    EventBusName: 'default',
    EventPattern: { source: ['com.example.crm'], 'detail-type': ['AddParticipants'] },
  });
});

test('the transformer makes an event a request message with the id of the event', () => {
  const message = transform(event);
  expect(JSON.parse(message)).toEqual({
    requestId: event.id,
    requestedAt: event.time,
    conversationId: CONVERSATION,
    participants: event.detail.participants,
  });
  const parsed = parseRequestMessage(message, { messageId: 'm', sentAtMs: Date.parse(event.time) });
  expect(parsed).toMatchObject({ ok: true });
});

test('the pipe forwards the message as it is, in the group of its conversation', () => {
  const { InputTemplate, SqsQueueParameters } = properties('EventPipe').TargetParameters;
  const received = asPipeEvent(transform(event));
  const forwarded = read(InputTemplate.replace(/^<(.*)>$/, '$1'), received);
  expect(forwarded).toEqual(JSON.parse(transform(event)));
  expect(read(SqsQueueParameters.MessageGroupId, received)).toBe(CONVERSATION);
  expect(read(SqsQueueParameters.MessageDeduplicationId, received)).toBe(received.messageId);
});

test('the pipe leads from the event queue, which is no FIFO queue, to the request queue', () => {
  expect(properties('EventRule').Targets[0].Arn).toEqual(arn('EventQueue'));
  expect(properties('EventPipe')).toMatchObject({
    Source: arn('EventQueue'),
    Target: arn('RequestQueue'),
    RoleArn: arn('EventPipeRole'),
  });
  expect(properties('EventQueue')).not.toHaveProperty('FifoQueue');
  expect(properties('RequestQueue').FifoQueue).toBe(true);
});

test('what cannot be forwarded is kept, and an alarm tells of it', () => {
  expect(properties('EventRule').Targets[0].DeadLetterConfig.Arn).toEqual(
    arn('EventDeadLetterQueue'),
  );
  expect(properties('EventQueue').RedrivePolicy.deadLetterTargetArn).toEqual(
    arn('EventDeadLetterQueue'),
  );
  expect(properties('EventDeadLettersAlarm').AlarmDescription).toContain(
    'docs/operate.md, event-dead-letters',
  );
  expect(properties('EventDeadLettersAlarm').Dimensions).toEqual([
    { Name: 'QueueName', Value: { 'Fn::GetAtt': ['EventDeadLetterQueue', 'QueueName'] } },
  ]);
});

test('both queues are encrypted, and only the rule may send to them without a role', () => {
  for (const queue of ['EventQueue', 'EventDeadLetterQueue']) {
    expect(properties(queue).SqsManagedSseEnabled).toBe(true);
  }
  const { Queues, PolicyDocument } = properties('EventQueuePolicy');
  expect(Queues).toEqual([{ Ref: 'EventQueue' }, { Ref: 'EventDeadLetterQueue' }]);
  expect(PolicyDocument.Statement).toEqual([
    expect.objectContaining({ Sid: 'TlsOnly', Effect: 'Deny' }),
    expect.objectContaining({
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Condition: { ArnEquals: { 'aws:SourceArn': arn('EventRule') } },
    }),
  ]);
});

test('the pipe’s role takes events and sends requests, and nothing else', () => {
  const allowed: AwsCall[] = [
    { action: 'sqs:ReceiveMessage', resource: 'EventQueue' },
    { action: 'sqs:DeleteMessage', resource: 'EventQueue' },
    { action: 'sqs:GetQueueAttributes', resource: 'EventQueue' },
    { action: 'sqs:SendMessage', resource: 'RequestQueue' },
  ];
  const actions = [...new Set(allowed.map(({ action }) => action)), 'dynamodb:PutItem'];
  const calls = Object.keys(template.Resources).flatMap((resource) =>
    actions.map((action) => ({ action, resource })),
  );
  expect(calls.filter((call) => isAllowed(template, 'EventPipeRole', call)).sort(byText)).toEqual(
    allowed.sort(byText),
  );
  const [trust] = properties('EventPipeRole').AssumeRolePolicyDocument.Statement;
  expect(trust.Principal).toEqual({ Service: 'pipes.amazonaws.com' });
  expect(Object.keys(trust.Condition)).toEqual(['StringEquals', 'ArnEquals']);
});

const byText = (a: AwsCall, b: AwsCall) => JSON.stringify(a).localeCompare(JSON.stringify(b));

test('with a key of the customer’s, the queues and the pipe use it and the data actions do not', async () => {
  const kmsKeyArn = 'arn:aws:kms:us-east-1:111111111111:key/0c1d';
  const { template: encrypted } = await packageService({
    params: {
      eventSource: 'com.example.crm',
      genesysOrganizationId: '0a1b2c3d-0000-4000-8000-000000000001',
      kmsKeyArn,
    },
  });
  expect(encrypted.Resources.EventQueue?.Properties.KmsMasterKeyId).toBe(kmsKeyArn);
  const usesKey = (role: string) =>
    encrypted.Resources[role]?.Properties.Policies.some(
      (policy: { PolicyDocument: { Statement: { Action: string[]; Resource: unknown }[] } }) =>
        policy.PolicyDocument.Statement.some(
          ({ Action, Resource }) => Action.includes('kms:Decrypt') && Resource === kmsKeyArn,
        ),
    );
  expect([usesKey('EventPipeRole'), usesKey('DataActionRole')]).toEqual([true, false]);
}, 120_000);
