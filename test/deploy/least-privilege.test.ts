import { beforeAll, describe, expect, test } from '@jest/globals';
import { packageService, type Template } from '../../local/package-service.ts';
import { type AwsCall, isAllowed } from '../support/iam-simulator.ts';

let template: Template;
beforeAll(async () => {
  ({ template } = await packageService());
}, 120_000);

const current = { 'secretsmanager:VersionStage': 'AWSCURRENT' };
const previous = { 'secretsmanager:VersionStage': 'AWSPREVIOUS' };

/** What each function has to do, and no more: every action of its role is in here. */
const needed: Record<string, AwsCall[]> = {
  IntakeRole: [
    { action: 'sqs:SendMessage', resource: 'RequestQueue' },
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
    { action: 'secretsmanager:GetSecretValue', resource: 'WebhookSigningSecret', context: current },
    { action: 'logs:CreateLogStream', resource: 'RelayLogGroup' },
    { action: 'logs:PutLogEvents', resource: 'RelayLogGroup' },
    { action: 'xray:PutTraceSegments', resource: '*' },
    { action: 'xray:PutTelemetryRecords', resource: '*' },
  ],
};

const queues = ['RequestQueue', 'RequestDeadLetterQueue', 'AuditQueue', 'AuditDeadLetterQueue'];
const secrets = ['GenesysCredentialsSecret', 'GenesysTokenSecret', 'WebhookSigningSecret'];
const logGroups = ['IntakeLogGroup', 'AdderLogGroup', 'RelayLogGroup', 'HttpApiLogGroup'];
const others = [
  'ServerlessDeploymentBucket',
  'AlarmTopic',
  'AdderLambdaFunction',
  'IntakeRole',
  'arn:aws:secretsmanager:us-east-1:111111111111:secret:somebody-elses',
  'arn:aws:sqs:us-east-1:111111111111:somebody-elses',
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
    expect(allowed.sort()).toEqual(wanted.filter((call) => !call.startsWith('xray')).sort());
  });

  test('is for Lambda to assume, and for nobody else', () => {
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
