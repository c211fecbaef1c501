import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { packageService, type Resource, type Template } from '../../local/package-service.ts';
import { everyParameter } from '../support/every-parameter.ts';

const {
  kmsKeyArn: KEY,
  permissionsBoundary: BOUNDARY,
  alarmTopicArns: TOPIC,
  operatorRoleArns: OPERATOR,
} = everyParameter;

let template: Template;
let plain: Template;
let production: Template;
beforeAll(async () => {
  ({ template } = await packageService({ params: everyParameter }));
  ({ template: plain } = await packageService());
  ({ template: production } = await packageService({ stage: 'prod' }));
}, 180_000);

const ofType = (type: string, from = template): [string, Resource][] =>
  Object.entries(from.Resources).filter(([, { Type }]) => Type === type);
const each = (type: string, property: string, from = template): unknown[] =>
  ofType(type, from).map(([, { Properties }]) => Properties[property]);
const properties = (logicalId: string, from = template) => {
  const resource = from.Resources[logicalId];
  if (!resource) throw new Error(`The template has no ${logicalId}`);
  return resource.Properties;
};

describe('with every optional parameter the template', () => {
  test('puts the permissions boundary and the path on every role', () => {
    expect(new Set(each('AWS::IAM::Role', 'PermissionsBoundary'))).toEqual(new Set([BOUNDARY]));
    expect(new Set(each('AWS::IAM::Role', 'Path'))).toEqual(new Set(['/service-roles/']));
  });

  test('encrypts queues, secrets, logs and environments with the key', () => {
    expect(new Set(each('AWS::SQS::Queue', 'KmsMasterKeyId'))).toEqual(new Set([KEY]));
    expect(new Set(each('AWS::SQS::Queue', 'SqsManagedSseEnabled'))).toEqual(new Set([undefined]));
    expect(new Set(each('AWS::SecretsManager::Secret', 'KmsKeyId'))).toEqual(new Set([KEY]));
    expect(new Set(each('AWS::Logs::LogGroup', 'KmsKeyId'))).toEqual(new Set([KEY]));
    expect(new Set(each('AWS::Lambda::Function', 'KmsKeyArn'))).toEqual(new Set([KEY]));
  });

  test('lets every role use the key through AWS services, and no other key', () => {
    const roles = ofType('AWS::IAM::Role').filter(([id]) => id !== 'DataActionRole');
    for (const [id, { Properties }] of roles) {
      const statements = Properties.Policies[0].PolicyDocument.Statement;
      const forKeys = statements.filter(({ Action }: { Action: string | string[] }) =>
        [Action].flat().some((action) => action.startsWith('kms:')),
      );
      // S3 encrypts replicas anew.
      const more = id === 'AuditTrailReplicationRole' ? ['kms:Encrypt'] : [];
      const Action = ['kms:Decrypt', 'kms:GenerateDataKey', ...more];
      expect(forKeys).toEqual([expect.objectContaining({ Action, Resource: KEY })]);
      // Through AWS services alone: a role that leaks decrypts nothing that its services do not give it.
      const services = forKeys[0].Condition.StringEquals['kms:ViaService'].map(
        (service: { 'Fn::Sub': string }) => service['Fn::Sub'],
      );
      expect(services[0]).toMatch(/^sqs\.\$\{AWS::Region\}\.\$\{AWS::URLSuffix\}$/);
      expect(services).toHaveLength(6);
    }
  });

  test('tells the topics that exist already, and has none of its own', () => {
    expect(each('AWS::CloudWatch::Alarm', 'AlarmActions').length).toBeGreaterThan(10);
    for (const actions of each('AWS::CloudWatch::Alarm', 'AlarmActions')) {
      expect(actions).toEqual([TOPIC]);
    }
    expect(JSON.stringify(template)).not.toMatch(/AlarmTopic|AlarmEmail|HasAlarmEmail/);
  });

  test('has the host name, its certificate, and where its DNS record must lead', () => {
    expect(properties('HttpApiDomain')).toEqual({
      DomainName: 'adder.example.com',
      DomainNameConfigurations: [
        {
          CertificateArn: everyParameter.certificateArn,
          EndpointType: 'REGIONAL',
          SecurityPolicy: 'TLS_1_2',
        },
      ],
    });
    expect(properties('HttpApiDomainMapping')).toEqual({
      ApiId: { Ref: 'HttpApi' },
      DomainName: { Ref: 'HttpApiDomain' },
      Stage: { Ref: 'HttpApiStage' },
    });
    expect(template.Outputs).toHaveProperty('CustomDomainTarget');
  });

  test('writes the access log where CloudWatch’s resource policy covers it already', () => {
    expect(properties('HttpApiLogGroup').LogGroupName).toBe(
      '/aws/vendedlogs/http-api/genesys-automated-adder-dev',
    );
  });

  test('lets the accounts that are named send requests, over TLS only', () => {
    const { Queues, PolicyDocument } = properties('RequestQueuePolicy');
    expect(Queues).toEqual([{ Ref: 'RequestQueue' }]);
    expect(PolicyDocument.Statement).toEqual([
      expect.objectContaining({ Sid: 'TlsOnly', Effect: 'Deny' }),
      {
        Sid: 'SendersOfOtherAccounts',
        Effect: 'Allow',
        Principal: {
          AWS: ['222222222222', '333333333333'].map((account) => ({
            'Fn::Sub': `arn:\${AWS::Partition}:iam::${account}:root`,
          })),
        },
        Action: ['sqs:SendMessage', 'sqs:GetQueueUrl'],
        Resource: { 'Fn::GetAtt': ['RequestQueue', 'Arn'] },
      },
    ]);
  });

  test('asks a token for the scope', () => {
    for (const [, { Properties }] of ofType('AWS::ApiGatewayV2::Route')) {
      if (!/participants|default/.test(Properties.RouteKey)) continue;
      expect(Properties.AuthorizationScopes).toEqual(['participants.add']);
    }
  });
});

describe('who may send to the audit queue', () => {
  const denied = (from: Template) => {
    const { Queues, PolicyDocument } = properties('AuditQueuePolicy', from);
    expect(Queues).toEqual([{ Ref: 'AuditQueue' }]);
    const statement = PolicyDocument.Statement.find(
      ({ Sid }: { Sid: string }) => Sid === 'OnlyThoseWhoSendResults',
    );
    expect(statement).toMatchObject({
      Effect: 'Deny',
      Principal: '*',
      Action: 'sqs:SendMessage',
      Resource: '*',
    });
    return statement.Condition.ArnNotLike['aws:PrincipalArn'];
  };

  test('by default only the roles of the functions that send results', () => {
    expect(denied(plain)).toContainEqual({ 'Fn::GetAtt': ['AdderRole', 'Arn'] });
    expect(denied(plain)).not.toContainEqual({ 'Fn::GetAtt': ['IntakeRole', 'Arn'] });
    expect(denied(plain)).not.toContainEqual({ 'Fn::GetAtt': ['RelayRole', 'Arn'] });
    for (const principal of denied(plain)) expect(principal).toHaveProperty('Fn::GetAtt');
  });

  test('and the operators who are named', () => {
    expect(denied(template)).toContain(OPERATOR);
  });

  test('over TLS only, as to every queue', () => {
    const covered = ofType('AWS::SQS::QueuePolicy').flatMap(([, { Properties }]) => {
      expect(Properties.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({ Sid: 'TlsOnly', Effect: 'Deny' }),
      );
      return Properties.Queues.map(({ Ref }: { Ref: string }) => Ref);
    });
    // A queue has one policy: a second one would replace the first.
    expect(covered.sort()).toEqual(
      ofType('AWS::SQS::Queue')
        .map(([logicalId]) => logicalId)
        .sort(),
    );
  });
});

describe('without alarms', () => {
  test('no alarm is left, nothing refers to one, and the dashboard stays', async () => {
    const { template: quiet } = await packageService({ params: { alarms: 'false' } });
    expect(ofType('AWS::CloudWatch::Alarm', quiet)).toEqual([]);
    expect(JSON.stringify(quiet)).not.toMatch(/AlarmTopic|AlarmEmail|:alarm:/);
    const { widgets } = JSON.parse(properties('Dashboard', quiet).DashboardBody['Fn::Sub']);
    expect(widgets.length).toBeGreaterThan(5);
    expect(Math.min(...widgets.map(({ y }: { y: number }) => y))).toBe(0);
  }, 120_000);
});

describe('what is kept when a stack is deleted', () => {
  const kept = (from: Template) =>
    Object.entries(from.Resources)
      .filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain')
      .map(([logicalId]) => logicalId);

  test('in dev nothing; elsewhere what cannot be made again', () => {
    expect(kept(plain)).toEqual([]);
    expect(kept(production)).toEqual(
      expect.arrayContaining(['GenesysCredentialsSecret', 'WebhookSigningSecret']),
    );
  });

  test('never has a name that the next deploy of the stage would need', () => {
    for (const logicalId of kept(production)) {
      const names = Object.keys(properties(logicalId, production)).filter((key) =>
        /^(Name|.*(Queue|Table|Function|Role|Bucket|LogGroup|Alarm)Name)$/.test(key),
      );
      expect({ logicalId, names }).toEqual({ logicalId, names: [] });
    }
  });
});

describe('the serverless command', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const serverless = async (args: string[], env: Record<string, string> = {}) => {
    const run = promisify(execFile)(
      process.execPath,
      [`${root}node_modules/serverless/bin/serverless.js`, ...args],
      {
        cwd: root,
        env: {
          PATH: process.env.PATH,
          HOME: process.env.HOME,
          AWS_REGION: 'us-east-1',
          ...env,
        },
      },
    );
    return run.then(
      ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
      (error) => ({ code: error.code as number, output: `${error.stdout}${error.stderr}` }),
    );
  };

  test('refuses settings with which the functions would not work, before it packages', async () => {
    const { code, output } = await serverless(
      ['package', '--stage', 'prod', '--param=logRetention=45', '--param=apiRateLimit=abc'],
      {
        GENESYS_ENV: 'us-esat-1',
        EXTERNAL_WEBHOOK_URL: 'nonsense',
        MAX_PARTICIPANTS: '-3',
      },
    );
    expect(code).toBe(1);
    expect(output).toMatch(
      /logRetention: there is no such parameter; did you mean logRetentionDays/,
    );
    expect(output).toMatch(/apiRateLimit must be a whole number/);
    expect(output).toMatch(/GENESYS_ENV "us-esat-1"/);
    expect(output).toMatch(/MAX_PARTICIPANTS /);
    expect(output).toMatch(/EXTERNAL_WEBHOOK_URL /);
    expect(output).not.toMatch(/^\s+at /m);
    expect(output).not.toMatch(/packaged/);
  }, 60_000);

  test('refuses a program that is not osls, in one line', async () => {
    // The file that osls evaluates first, evaluated by another program.
    const file = `${root}scripts/serverless/stage.cjs`;
    const run = promisify(execFile)(process.execPath, [
      '-e',
      `require(${JSON.stringify(file)})({ options: {} }).catch((e) => { console.log(e.stack); process.exit(3); })`,
    ]);
    await expect(run).rejects.toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/^This is not .*npm ci.*\n$/),
    });
  });
});
