import { beforeAll, describe, expect, test } from '@jest/globals';
import { packageService, type Template } from '../../local/package-service.ts';
import { type AwsCall, isAllowed } from '../support/iam-simulator.ts';

let template: Template;
beforeAll(async () => {
  ({ template } = await packageService());
}, 120_000);

const current = { 'secretsmanager:VersionStage': 'AWSCURRENT' };
const previous = { 'secretsmanager:VersionStage': 'AWSPREVIOUS' };

/** A call to the table on one item. */
const table = (operation: string, key: string): AwsCall => ({
  action: `dynamodb:${operation}`,
  resource: 'RequestsTable',
  context: { 'dynamodb:LeadingKeys': [key] },
});
const DELIVERY = ['pk', 'version', 'writeId', 'delivery', 'expiresAtMs', 'expiresAt'];
/** The relay's update of one item, with the attributes that it names. */
const update = (key: string, attributes: string[], returnValues = 'NONE'): AwsCall => ({
  action: 'dynamodb:UpdateItem',
  resource: 'RequestsTable',
  context: {
    'dynamodb:LeadingKeys': [key],
    'dynamodb:Attributes': attributes,
    'dynamodb:ReturnValues': returnValues,
  },
});
const calls = (operations: string[], keys: string[]) =>
  keys.flatMap((key) => operations.map((operation) => table(operation, `${key}#1`)));
const SHARED_ITEMS = ['request', 'conversation', 'token', 'budget'];

/** What each function has to do, and no more: every action of its role is in here. */
const needed: Record<string, AwsCall[]> = {
  IntakeRole: [
    { action: 'sqs:SendMessage', resource: 'RequestQueue' },
    ...calls(['GetItem', 'PutItem'], ['request']),
    ...calls(['UpdateItem'], ['quota']),
    ...calls(['UpdateItem', 'DeleteItem'], ['waiter']),
    { action: 'logs:CreateLogStream', resource: 'IntakeLogGroup' },
    { action: 'logs:PutLogEvents', resource: 'IntakeLogGroup' },
    { action: 'xray:PutTraceSegments', resource: '*' },
    { action: 'xray:PutTelemetryRecords', resource: '*' },
  ],
  AdderRole: [
    { action: 'sqs:ReceiveMessage', resource: 'RequestQueue' },
    { action: 'sqs:DeleteMessage', resource: 'RequestQueue' },
    { action: 'sqs:GetQueueAttributes', resource: 'RequestQueue' },
    { action: 'sqs:ChangeMessageVisibility', resource: 'RequestQueue' },
    { action: 'sqs:SendMessage', resource: 'AuditQueue' },
    { action: 'sqs:SendMessage', resource: 'RequestDeadLetterQueue' },
    { action: 'sqs:SendMessage', resource: 'WatchQueue' },
    ...calls(['GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem'], SHARED_ITEMS),
    {
      action: 'secretsmanager:GetSecretValue',
      resource: 'GenesysCredentialsSecret',
      context: current,
    },
    { action: 'secretsmanager:GetSecretValue', resource: 'GenesysTokenSecret' },
    { action: 'secretsmanager:PutSecretValue', resource: 'GenesysTokenSecret' },
    { action: 'logs:CreateLogStream', resource: 'AdderLogGroup' },
    { action: 'logs:PutLogEvents', resource: 'AdderLogGroup' },
    { action: 'xray:PutTraceSegments', resource: '*' },
    { action: 'xray:PutTelemetryRecords', resource: '*' },
  ],
  RelayRole: [
    { action: 'sqs:ReceiveMessage', resource: 'AuditQueue' },
    { action: 'sqs:DeleteMessage', resource: 'AuditQueue' },
    { action: 'sqs:GetQueueAttributes', resource: 'AuditQueue' },
    { action: 'sqs:ChangeMessageVisibility', resource: 'AuditQueue' },
    { action: 'sqs:SendMessage', resource: 'AuditDeadLetterQueue' },
    table('GetItem', 'request#1'),
    update('request#1', DELIVERY),
    update('request#1', ['pk', 'version', 'writeId', 'connectionDelivery', 'expiresAt']),
    { action: 'secretsmanager:GetSecretValue', resource: 'WebhookSigningSecret', context: current },
    { action: 'logs:CreateLogStream', resource: 'RelayLogGroup' },
    { action: 'logs:PutLogEvents', resource: 'RelayLogGroup' },
    { action: 'xray:PutTraceSegments', resource: '*' },
    { action: 'xray:PutTelemetryRecords', resource: '*' },
  ],
  RequestsRole: [
    { action: 'sqs:SendMessage', resource: 'AuditQueue' },
    ...calls(['GetItem', 'BatchGetItem', 'UpdateItem'], ['request']),
    ...calls(['UpdateItem', 'DeleteItem'], ['waiter']),
    { action: 'dynamodb:Query', resource: 'RequestsTable/index/byConversation' },
    { action: 'logs:CreateLogStream', resource: 'RequestsLogGroup' },
    { action: 'logs:PutLogEvents', resource: 'RequestsLogGroup' },
    { action: 'xray:PutTraceSegments', resource: '*' },
    { action: 'xray:PutTelemetryRecords', resource: '*' },
  ],
  FollowUpRole: [
    { action: 'sqs:ReceiveMessage', resource: 'WatchQueue' },
    { action: 'sqs:DeleteMessage', resource: 'WatchQueue' },
    { action: 'sqs:GetQueueAttributes', resource: 'WatchQueue' },
    { action: 'sqs:ChangeMessageVisibility', resource: 'WatchQueue' },
    { action: 'sqs:SendMessage', resource: 'AuditQueue' },
    { action: 'sqs:SendMessage', resource: 'WatchQueue' },
    ...calls(['GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem'], SHARED_ITEMS),
    { action: 'dynamodb:Query', resource: 'RequestsTable/index/due' },
    {
      action: 'secretsmanager:GetSecretValue',
      resource: 'GenesysCredentialsSecret',
      context: current,
    },
    { action: 'secretsmanager:GetSecretValue', resource: 'GenesysTokenSecret' },
    { action: 'secretsmanager:PutSecretValue', resource: 'GenesysTokenSecret' },
    { action: 'logs:CreateLogStream', resource: 'FollowDashupLogGroup' },
    { action: 'logs:PutLogEvents', resource: 'FollowDashupLogGroup' },
    { action: 'xray:PutTraceSegments', resource: '*' },
    { action: 'xray:PutTelemetryRecords', resource: '*' },
  ],
};

const queues = ['Request', 'Audit', 'Watch'].flatMap((name) => [
  `${name}Queue`,
  `${name}DeadLetterQueue`,
]);
const itemKinds = ['request', 'conversation', 'token', 'budget', 'quota', 'waiter'];
const tableOperations = [
  ...['GetItem', 'BatchGetItem', 'PutItem', 'UpdateItem', 'DeleteItem'],
  ...['BatchWriteItem', 'Query', 'Scan'],
];
const secrets = ['GenesysCredentialsSecret', 'GenesysTokenSecret', 'WebhookSigningSecret'];
const logGroups = ['Intake', 'Adder', 'Relay', 'Requests', 'FollowDashup', 'HttpApi'].map(
  (name) => `${name}LogGroup`,
);
const others = [
  'ServerlessDeploymentBucket',
  'AlarmTopic',
  'AdderLambdaFunction',
  'IntakeRole',
  'arn:aws:secretsmanager:us-east-1:111111111111:secret:another-service',
  'arn:aws:sqs:us-east-1:111111111111:another-service',
];
const actions = [
  'sqs:SendMessage',
  'sqs:ReceiveMessage',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:SetQueueAttributes',
  'sqs:ChangeMessageVisibility',
  'sqs:PurgeQueue',
  'sqs:DeleteQueue',
  'sqs:StartMessageMoveTask',
  'secretsmanager:GetSecretValue',
  'secretsmanager:PutSecretValue',
  'secretsmanager:UpdateSecret',
  'secretsmanager:UpdateSecretVersionStage',
  'secretsmanager:ListSecretVersionIds',
  'secretsmanager:DescribeSecret',
  'secretsmanager:DeleteSecret',
  'logs:CreateLogGroup',
  'logs:CreateLogStream',
  'logs:PutLogEvents',
  'logs:FilterLogEvents',
  'logs:DeleteLogGroup',
  's3:GetObject',
  's3:PutObject',
  'lambda:InvokeFunction',
  'lambda:UpdateFunctionCode',
  'sns:Publish',
  'iam:PassRole',
  'iam:PutRolePolicy',
  'sts:AssumeRole',
  'kms:Decrypt',
  'xray:GetTraceSummaries',
];

describe.each(Object.keys(needed))('%s', (role) => {
  test('may do what its function has to do', () => {
    for (const call of needed[role] ?? []) {
      expect({ call, allowed: isAllowed(template, role, call) }).toEqual({ call, allowed: true });
    }
  });

  test('may do nothing else: no other action, on no other resource', () => {
    const allowed = [];
    for (const resource of [...queues, ...secrets, ...logGroups, ...others]) {
      for (const action of actions) {
        const call = { action, resource, context: current };
        if (isAllowed(template, role, call)) allowed.push(`${action} ${resource}`);
      }
    }
    const wanted = (needed[role] ?? []).map(({ action, resource }) => `${action} ${resource}`);
    expect(allowed.sort()).toEqual(wanted.filter((call) => !/^(xray|dynamodb)/.test(call)).sort());
  });

  test('may touch no other items of the table, and read no other index', () => {
    const nameOf = ({ action, resource, context }: AwsCall) =>
      `${action} ${resource} ${context?.['dynamodb:LeadingKeys'] ?? ''}`;
    const tried = [
      ...calls(tableOperations, itemKinds).map((call) => ({
        ...call,
        context: { ...call.context, 'dynamodb:Attributes': DELIVERY },
      })),
      ...['RequestsTable/index/byConversation', 'RequestsTable/index/due'].map((resource) => ({
        action: 'dynamodb:Query',
        resource,
      })),
      // Without a key, as a scan; and with the key of another item beside one's own.
      ...tableOperations.map((operation) => ({
        action: `dynamodb:${operation}`,
        resource: 'RequestsTable',
      })),
      ...tableOperations.map((operation) => ({
        action: `dynamodb:${operation}`,
        resource: 'RequestsTable',
        context: { 'dynamodb:LeadingKeys': ['request#1', 'other#1'] },
      })),
      ...['DeleteTable', 'UpdateTable', 'DescribeTable', 'ExportTableToPointInTime'].map(
        (operation) => ({ action: `dynamodb:${operation}`, resource: 'RequestsTable' }),
      ),
    ];
    const allowed = tried.filter((call) => isAllowed(template, role, call)).map(nameOf);
    const wanted = (needed[role] ?? [])
      .filter(({ action }) => action.startsWith('dynamodb:'))
      .map(nameOf);
    expect(allowed.sort()).toEqual([...new Set(wanted)].sort());
  });

  test('can be assumed by Lambda only', () => {
    expect(template.Resources[role]?.Properties.AssumeRolePolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'lambda.amazonaws.com' },
        Action: 'sts:AssumeRole',
      },
    ]);
  });
});

describe('what must not be possible', () => {
  const cases: [string, string, AwsCall][] = [
    ...secrets.map((secret): [string, string, AwsCall] => [
      `intake reads ${secret}`,
      'IntakeRole',
      { action: 'secretsmanager:GetSecretValue', resource: secret, context: current },
    ]),
    [
      'intake reads the queue',
      'IntakeRole',
      { action: 'sqs:ReceiveMessage', resource: 'RequestQueue' },
    ],
    [
      'relay reads the Genesys credentials',
      'RelayRole',
      {
        action: 'secretsmanager:GetSecretValue',
        resource: 'GenesysCredentialsSecret',
        context: current,
      },
    ],
    [
      'relay reads the Genesys token',
      'RelayRole',
      { action: 'secretsmanager:GetSecretValue', resource: 'GenesysTokenSecret', context: current },
    ],
    ['relay sends requests', 'RelayRole', { action: 'sqs:SendMessage', resource: 'RequestQueue' }],
    [
      'relay changes its signing keys',
      'RelayRole',
      { action: 'secretsmanager:PutSecretValue', resource: 'WebhookSigningSecret' },
    ],
    [
      'adder reads the credentials that were in force before',
      'AdderRole',
      {
        action: 'secretsmanager:GetSecretValue',
        resource: 'GenesysCredentialsSecret',
        context: previous,
      },
    ],
    [
      'adder reads the credentials by version id',
      'AdderRole',
      {
        action: 'secretsmanager:GetSecretValue',
        resource: 'GenesysCredentialsSecret',
        context: { 'secretsmanager:VersionId': '0c1d' },
      },
    ],
    [
      'adder writes the credentials',
      'AdderRole',
      { action: 'secretsmanager:PutSecretValue', resource: 'GenesysCredentialsSecret' },
    ],
    [
      'adder reads the signing keys',
      'AdderRole',
      {
        action: 'secretsmanager:GetSecretValue',
        resource: 'WebhookSigningSecret',
        context: current,
      },
    ],
    [
      'adder takes results off the audit queue',
      'AdderRole',
      { action: 'sqs:ReceiveMessage', resource: 'AuditQueue' },
    ],
    [
      'relay changes the result of a record',
      'RelayRole',
      update('request#1', [...DELIVERY, 'result']),
    ],
    ['relay gets a record from an update', 'RelayRole', update('request#1', DELIVERY, 'ALL_NEW')],
    ['intake changes a record', 'IntakeRole', table('UpdateItem', 'request#1')],
    ['requests creates a record', 'RequestsRole', table('PutItem', 'request#1')],
    [
      'requests sends requests',
      'RequestsRole',
      { action: 'sqs:SendMessage', resource: 'RequestQueue' },
    ],
    [
      'adder sends itself requests',
      'AdderRole',
      { action: 'sqs:SendMessage', resource: 'RequestQueue' },
    ],
  ];
  test.each(cases)('%s', (_name, role, call) => {
    expect(isAllowed(template, role, call)).toBe(false);
  });
});

test('the simulation sees a permission that is too wide', () => {
  const wide = structuredClone(template);
  wide.Resources.IntakeRole?.Properties.Policies[0].PolicyDocument.Statement.push({
    Effect: 'Allow',
    Action: 'secretsmanager:*',
    Resource: '*',
  });
  expect(
    isAllowed(wide, 'IntakeRole', {
      action: 'secretsmanager:GetSecretValue',
      resource: 'GenesysCredentialsSecret',
    }),
  ).toBe(true);
});
