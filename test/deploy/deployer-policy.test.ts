import { readdir, readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { packageService, type Template } from '../../local/package-service.ts';

interface Statement {
  Sid: string;
  Effect: string;
  Action: string | string[];
  Resource: string | string[];
}

/** What CloudFormation calls to create, read, update and delete each type of resource. */
const neededFor: Record<string, string[]> = {
  'AWS::S3::Bucket': ['s3:CreateBucket', 's3:DeleteBucket', 's3:PutBucketPublicAccessBlock'],
  'AWS::S3::BucketPolicy': ['s3:PutBucketPolicy', 's3:DeleteBucketPolicy'],
  'AWS::Lambda::Function': [
    'lambda:CreateFunction',
    'lambda:GetFunction',
    'lambda:UpdateFunctionCode',
    'lambda:UpdateFunctionConfiguration',
    'lambda:DeleteFunction',
    'iam:PassRole',
  ],
  'AWS::Lambda::Permission': ['lambda:AddPermission', 'lambda:RemovePermission'],
  'AWS::Lambda::Alias': ['lambda:CreateAlias', 'lambda:UpdateAlias', 'lambda:DeleteAlias'],
  'AWS::Lambda::EventSourceMapping': [
    'lambda:CreateEventSourceMapping',
    'lambda:UpdateEventSourceMapping',
    'lambda:DeleteEventSourceMapping',
    'lambda:GetEventSourceMapping',
  ],
  'AWS::IAM::Role': [
    'iam:CreateRole',
    'iam:GetRole',
    'iam:PutRolePolicy',
    'iam:DeleteRolePolicy',
    'iam:DeleteRole',
    'iam:PutRolePermissionsBoundary',
  ],
  'AWS::SQS::Queue': ['sqs:CreateQueue', 'sqs:SetQueueAttributes', 'sqs:DeleteQueue'],
  'AWS::SQS::QueuePolicy': ['sqs:SetQueueAttributes'],
  'AWS::SecretsManager::Secret': [
    'secretsmanager:CreateSecret',
    'secretsmanager:UpdateSecret',
    'secretsmanager:DeleteSecret',
  ],
  'AWS::DynamoDB::Table': [
    'dynamodb:CreateTable',
    'dynamodb:UpdateTable',
    'dynamodb:DescribeTable',
    'dynamodb:DeleteTable',
    'dynamodb:UpdateTimeToLive',
    'dynamodb:UpdateContinuousBackups',
  ],
  'AWS::Logs::LogGroup': [
    'logs:CreateLogGroup',
    'logs:PutRetentionPolicy',
    'logs:AssociateKmsKey',
    'logs:DeleteLogGroup',
  ],
  'AWS::ApiGatewayV2::Api': ['apigateway:POST', 'apigateway:GET', 'apigateway:DELETE'],
  'AWS::ApiGatewayV2::Stage': ['apigateway:POST', 'apigateway:PATCH', 'logs:CreateLogDelivery'],
  'AWS::ApiGatewayV2::Route': ['apigateway:POST', 'apigateway:PATCH'],
  'AWS::ApiGatewayV2::Integration': ['apigateway:POST', 'apigateway:PATCH'],
  'AWS::ApiGatewayV2::Authorizer': ['apigateway:POST', 'apigateway:PATCH'],
  'AWS::ApiGatewayV2::DomainName': ['apigateway:POST', 'apigateway:PATCH'],
  'AWS::ApiGatewayV2::ApiMapping': ['apigateway:POST', 'apigateway:PATCH'],
  'AWS::CloudWatch::Alarm': ['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms'],
  'AWS::CloudWatch::Dashboard': ['cloudwatch:PutDashboard', 'cloudwatch:DeleteDashboards'],
  'AWS::SNS::Topic': ['sns:CreateTopic', 'sns:SetTopicAttributes', 'sns:DeleteTopic'],
  'AWS::SNS::TopicPolicy': ['sns:SetTopicAttributes'],
  'AWS::SNS::Subscription': ['sns:Subscribe', 'sns:Unsubscribe'],
  'AWS::Pipes::Pipe': ['pipes:CreatePipe', 'pipes:UpdatePipe', 'pipes:DeletePipe', 'iam:PassRole'],
  'AWS::KinesisFirehose::DeliveryStream': [
    'firehose:CreateDeliveryStream',
    'firehose:DeleteDeliveryStream',
    's3:PutReplicationConfiguration',
    's3:PutBucketObjectLockConfiguration',
    's3:PutLifecycleConfiguration',
    's3:PutBucketVersioning',
    's3:PutBucketOwnershipControls',
  ],
  'AWS::IAM::RolePolicy': ['iam:PutRolePolicy', 'iam:GetRolePolicy', 'iam:DeleteRolePolicy'],
  'AWS::Logs::LogStream': ['logs:CreateLogStream', 'logs:DeleteLogStream'],
  'AWS::Events::Rule': ['events:PutRule', 'events:PutTargets', 'events:DeleteRule'],
};

/** What the command itself calls. */
const ofTheCommand = [
  'sts:GetCallerIdentity',
  'ecr:DescribeRepositories',
  'cloudformation:CreateChangeSet',
  'cloudformation:ExecuteChangeSet',
  'cloudformation:DescribeStacks',
  'cloudformation:DescribeStackEvents',
  'cloudformation:DeleteStack',
  'cloudformation:ValidateTemplate',
  'cloudformation:UpdateTerminationProtection',
  's3:PutObject',
  's3:ListBucket',
  's3:DeleteObject',
  'lambda:GetFunctionConfiguration',
  'sqs:GetQueueUrl',
  'sqs:GetQueueAttributes',
];

const folder = new URL('../../docs/deployer-policies/', import.meta.url);

/** Those that AWS cannot limit to a resource. */
const withoutResource = [
  'Templates',
  'CreateEventSources',
  'ListEventSources',
  'AccessLogDelivery',
  'Subscriptions',
];

let texts: string[];
let statements: Statement[];
let template: Template;
beforeAll(async () => {
  const files = (await readdir(folder)).map((name) => new URL(name, folder));
  texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  statements = texts.flatMap((text) => JSON.parse(text).Statement);
  ({ template } = await packageService({
    params: {
      customDomain: 'adder.example.com',
      certificateArn: 'arn:aws:acm:us-east-1:111111111111:certificate/1',
      jwtIssuer: 'https://issuer.example/',
      jwtAudience: 'adder',
      genesysOrganizationId: '0a1b2c3d-0000-4000-8000-000000000001',
      eventSource: 'com.example.crm',
      auditTrailRetentionDays: '365',
    },
  }));
}, 120_000);

const actions = () => statements.flatMap(({ Action }) => Action);

test('the deployer may make every type of resource in the template', () => {
  const types = new Set(Object.values(template.Resources).map(({ Type }) => Type));
  for (const type of types) {
    const needed = neededFor[type] ?? [`an entry for ${type} in this test`];
    const missing = needed.filter((action) => !actions().includes(action));
    expect({ type, missing }).toEqual({ type, missing: [] });
  }
});

test('the deployer may make every call of the command itself', () => {
  expect(ofTheCommand.filter((action) => !actions().includes(action))).toEqual([]);
});

test('the deployer may do nothing with wildcards in actions, and is held to this service', () => {
  expect(actions().filter((action) => action.includes('*'))).toEqual([]);
  for (const { Sid, Effect, Resource } of statements) {
    expect(Effect).toBe('Allow');
    if (withoutResource.includes(Sid)) {
      expect({ Sid, Resource }).toEqual({ Sid, Resource: '*' });
      continue;
    }
    for (const resource of [Resource].flat()) {
      expect(resource).toMatch(
        /genesys-automated-adder-|secret:\w+Secret-|apigateway:|event-source-mapping/,
      );
    }
  }
});

test('each policy fits into a managed policy of the longest region', () => {
  expect(texts.length).toBeGreaterThan(1);
  for (const text of texts) {
    const filled = text
      .replaceAll('REGION', 'ap-southeast-99')
      .replaceAll('ACCOUNT', '1'.repeat(12));
    // The quota of IAM, which does not count white space.
    expect(JSON.stringify(JSON.parse(filled)).length).toBeLessThanOrEqual(6_144);
  }
});
