import { beforeAll, describe, expect, test } from '@jest/globals';
import { MAX_VISIBILITY_SECONDS } from '../../lib/aws/change-visibility.ts';
import {
  readAdderConfig,
  readFollowUpConfig,
  readIntakeConfig,
  readRelayConfig,
  readRequestsConfig,
} from '../../lib/config.ts';
import { functionResource } from '../../local/lambda-runtime/template-environment.ts';
import { packageService, type Template } from '../../local/package-service.ts';
import { REQUESTS_TABLE } from '../support/start-requests-table.ts';

let template: Template;
let production: Template;
beforeAll(async () => {
  ({ template } = await packageService());
  ({ template: production } = await packageService({
    stage: 'prod',
    env: { JWT_ISSUER: 'https://issuer.example/', JWT_AUDIENCE: 'adder, other' },
  }));
}, 120_000);

const ref = (logicalId: string) => ({ Ref: logicalId });
const properties = (logicalId: string) => {
  const resource = template.Resources[logicalId];
  if (!resource) throw new Error(`The template has no ${logicalId}`);
  return resource.Properties;
};
const ofType = (from: Template, type: string) =>
  Object.entries(from.Resources).filter(([, resource]) => resource.Type === type);
const variables = (name: string, from = template): Record<string, unknown> =>
  functionResource(from, name).Properties.Environment.Variables;

describe('the environment of the functions', () => {
  test('has every variable of the configuration, each with the right reference', () => {
    expect(variables('intake')).toMatchObject({ REQUEST_QUEUE_URL: ref('RequestQueue') });
    expect(variables('adder')).toMatchObject({
      GENESYS_ENV: 'us-east-1',
      GENESYS_CREDENTIALS_SECRET_ID: ref('GenesysCredentialsSecret'),
      GENESYS_TOKEN_SECRET_ID: ref('GenesysTokenSecret'),
      GENESYS_REQUESTS_PER_SECOND: '5',
      MAX_PARTICIPANTS: '20',
      REQUEST_QUEUE_URL: ref('RequestQueue'),
      REQUEST_DLQ_URL: ref('RequestDeadLetterQueue'),
      AUDIT_QUEUE_URL: ref('AuditQueue'),
    });
    expect(variables('relay')).toMatchObject({
      AUDIT_QUEUE_URL: ref('AuditQueue'),
      AUDIT_DLQ_URL: ref('AuditDeadLetterQueue'),
      EXTERNAL_WEBHOOK_URL: '',
      WEBHOOK_SIGNING_SECRET_ID: ref('WebhookSigningSecret'),
      WEBHOOK_ALLOW_PRIVATE: 'false',
    });
    expect(variables('requests')).toMatchObject({ AUDIT_QUEUE_URL: ref('AuditQueue') });
    expect(variables('follow-up')).toMatchObject({
      GENESYS_ENV: 'us-east-1',
      AUDIT_QUEUE_URL: ref('AuditQueue'),
      WATCH_QUEUE_URL: ref('WatchQueue'),
    });
    for (const name of ['adder', 'follow-up']) {
      expect(variables(name)).toMatchObject({
        WATCH_CONNECTIONS: 'true',
        WATCH_QUEUE_URL: ref('WatchQueue'),
      });
    }
    for (const name of ['intake', 'adder', 'relay', 'requests', 'follow-up']) {
      expect(variables(name)).toMatchObject({
        REQUESTS_TABLE_NAME: ref('RequestsTable'),
        RECORD_RETENTION_DAYS: '30',
      });
    }
  });

  test('is what the functions accept at their start', () => {
    const given = (name: string) =>
      Object.fromEntries(
        Object.entries(variables(name)).map(([key, value]) => [
          key,
          typeof value === 'string' ? value : 'https://sqs.us-east-1.amazonaws.com/1/q',
        ]),
      );
    expect(() => readIntakeConfig(given('intake'))).not.toThrow();
    expect(() => readAdderConfig(given('adder'))).not.toThrow();
    expect(() => readRelayConfig(given('relay'))).not.toThrow();
    expect(() => readRequestsConfig(given('requests'))).not.toThrow();
    expect(() => readFollowUpConfig(given('follow-up'))).not.toThrow();
  });

  test('takes the deployer’s values for region, rate, limit and webhook', async () => {
    const { template: ours } = await packageService({
      env: {
        GENESYS_ENV: 'mypurecloud.ie',
        GENESYS_REQUESTS_PER_SECOND: '3',
        MAX_PARTICIPANTS: '10',
        EXTERNAL_WEBHOOK_URL: 'https://receiver.example/hook',
        WEBHOOK_ALLOW_PRIVATE: 'true',
        WATCH_CONNECTIONS: 'false',
        RECORD_RETENTION_DAYS: '60',
        ALLOWED_ADDRESSES: '+44',
      },
    });
    expect(variables('adder', ours)).toMatchObject({
      GENESYS_ENV: 'mypurecloud.ie',
      GENESYS_REQUESTS_PER_SECOND: '3',
      MAX_PARTICIPANTS: '10',
      WATCH_CONNECTIONS: 'false',
      RECORD_RETENTION_DAYS: '60',
      ALLOWED_ADDRESSES: '+44',
    });
    expect(variables('relay', ours)).toMatchObject({
      EXTERNAL_WEBHOOK_URL: 'https://receiver.example/hook',
      WEBHOOK_ALLOW_PRIVATE: 'true',
    });
  }, 60_000);

  test('has a log level by stage', () => {
    expect(variables('adder')).toMatchObject({ POWERTOOLS_LOG_LEVEL: 'DEBUG' });
    expect(variables('adder', production)).toMatchObject({ POWERTOOLS_LOG_LEVEL: 'INFO' });
  });

  test('has nothing in it that could be a secret', () => {
    expect(JSON.stringify(template)).not.toMatch(/whsec_[A-Za-z0-9]|client_secret|SecretString/);
  });
});

describe('the functions', () => {
  test.each([
    ['intake', 'IntakeRole'],
    ['adder', 'AdderRole'],
    ['relay', 'RelayRole'],
    ['requests', 'RequestsRole'],
    ['follow-up', 'FollowUpRole'],
  ])('%s runs on Node 24, on arm64, traced', (name, role) => {
    expect(functionResource(template, name).Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      TracingConfig: { Mode: 'Active' },
      Handler: `functions/${name}/index.handler`,
      Role: { 'Fn::GetAtt': [role, 'Arn'] },
      Tags: [
        { Key: 'Service', Value: 'genesys-automated-adder' },
        { Key: 'Stage', Value: 'dev' },
      ],
    });
  });

  test('intake responds before API Gateway gives up', () => {
    const integration = properties('HttpApiIntegrationIntake');
    expect(functionResource(template, 'intake').Properties.Timeout * 1000).toBeLessThan(
      integration.TimeoutInMillis,
    );
  });
});

describe('queues and event sources', () => {
  const pairs = [
    { name: 'adder', queue: 'RequestQueue', dead: 'RequestDeadLetterQueue' },
    { name: 'relay', queue: 'AuditQueue', dead: 'AuditDeadLetterQueue' },
    { name: 'follow-up', queue: 'WatchQueue', dead: 'WatchDeadLetterQueue' },
  ];

  test.each(pairs)(
    '$queue hides a message for at least six times the time-out of its function',
    ({ name, queue }) => {
      const { Timeout } = functionResource(template, name).Properties;
      expect(properties(queue).VisibilityTimeout).toBeGreaterThanOrEqual(6 * Timeout);
      expect(properties(queue).VisibilityTimeout).toBeLessThanOrEqual(MAX_VISIBILITY_SECONDS);
    },
  );

  test.each(pairs)(
    '$queue ends in $dead, which keeps its messages for 14 days',
    ({ queue, dead }) => {
      expect(properties(queue).RedrivePolicy.deadLetterTargetArn).toEqual({
        'Fn::GetAtt': [dead, 'Arn'],
      });
      expect(properties(dead).MessageRetentionPeriod).toBe(14 * 86_400);
      expect(properties(dead).FifoQueue).toEqual(properties(queue).FifoQueue);
    },
  );

  test('keep their messages longer than anything that may take its time', () => {
    const longestDeadlineSeconds = 86_400;
    const webhookScheduleSeconds = 3 * 86_400;
    expect(properties('RequestQueue').MessageRetentionPeriod).toBeGreaterThanOrEqual(
      4 * longestDeadlineSeconds,
    );
    expect(properties('AuditQueue').MessageRetentionPeriod).toBeGreaterThanOrEqual(
      2 * webhookScheduleSeconds,
    );
  });

  test('are encrypted, and refuse requests without TLS', () => {
    const queues = ofType(template, 'AWS::SQS::Queue');
    expect(queues).toHaveLength(6);
    for (const [, { Properties }] of queues) expect(Properties.SqsManagedSseEnabled).toBe(true);
    const policies = ofType(template, 'AWS::SQS::QueuePolicy').map(([, one]) => one.Properties);
    const covered = policies.flatMap(({ Queues }) => Queues.map(({ Ref }: { Ref: string }) => Ref));
    expect(covered.sort()).toEqual(queues.map(([logicalId]) => logicalId).sort());
    for (const { PolicyDocument } of policies) {
      expect(PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({
          Effect: 'Deny',
          Principal: '*',
          Action: 'sqs:*',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      );
    }
  });

  test('the request queue keeps the order of a conversation and lets conversations be', () => {
    expect(properties('RequestQueue')).toMatchObject({
      FifoQueue: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
    });
  });

  test('the adder takes batches of ten, in ten instances at most', () => {
    const mapping = properties('AdderEventSourceMappingSQSRequestQueue');
    expect(mapping).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': ['RequestQueue', 'Arn'] },
      BatchSize: 10,
      ScalingConfig: { MaximumConcurrency: 10 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  test('the adder knows which receive of a request is the last', () => {
    expect(variables('adder').REQUEST_MAX_RECEIVES).toBe(
      String(properties('RequestQueue').RedrivePolicy.maxReceiveCount),
    );
  });

  test('the relay reports each failed result of its batch', () => {
    expect(properties('RelayEventSourceMappingSQSAuditQueue')).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': ['AuditQueue', 'Arn'] },
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });
});

describe('the table', () => {
  test('is the one that the tests use, and pays by use', () => {
    expect(properties('RequestsTable')).toMatchObject(REQUESTS_TABLE);
  });

  test('is encrypted, backed up, and deletes items past their time', () => {
    expect(properties('RequestsTable')).toMatchObject({
      SSESpecification: { SSEEnabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
  });

  test('cannot be deleted, and is retained with the stack gone, outside dev', () => {
    expect(properties('RequestsTable').DeletionProtectionEnabled).toBe(false);
    const table = production.Resources.RequestsTable;
    expect(table?.Properties.DeletionProtectionEnabled).toBe(true);
    expect(table?.DeletionPolicy).toBe('Retain');
  });
});

describe('follow-up', () => {
  test('runs every minute, and looks at the watches that are due', () => {
    const schedules = ofType(template, 'AWS::Events::Rule').map(([, { Properties }]) => Properties);
    expect(schedules).toEqual([
      expect.objectContaining({ ScheduleExpression: 'rate(1 minute)', State: 'ENABLED' }),
    ]);
    expect(properties('FollowDashupEventSourceMappingSQSWatchQueue')).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': ['WatchQueue', 'Arn'] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });
});

describe('the API', () => {
  const routes = (from: Template) =>
    ofType(from, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => Properties);

  test('lets in whom IAM lets in', () => {
    const route = (RouteKey: string) =>
      expect.objectContaining({ RouteKey, AuthorizationType: 'AWS_IAM' });
    expect(routes(template)).toEqual([
      route('POST /conversations/{conversationId}/participants'),
      route('$default'),
      route('GET /requests/{requestId}'),
      route('DELETE /requests/{requestId}'),
      route('GET /conversations/{conversationId}/requests'),
      route('ANY /requests'),
      route('ANY /requests/{proxy+}'),
      route('ANY /conversations/{conversationId}/requests'),
    ]);
  });

  test('lets in the tokens of one issuer instead, where one is given', () => {
    const byToken = expect.objectContaining({
      AuthorizationType: 'JWT',
      AuthorizerId: ref('HttpApiAuthorizerJwt'),
    });
    expect(routes(production)).toEqual(Array.from({ length: 8 }, () => byToken));
    expect(production.Resources.HttpApiAuthorizerJwt?.Properties.JwtConfiguration).toEqual({
      Issuer: 'https://issuer.example/',
      Audience: ['adder', 'other'],
    });
  });

  test('is not packaged with an issuer and no audience', async () => {
    await expect(
      packageService({ env: { JWT_ISSUER: 'https://issuer.example/' } }),
    ).rejects.toThrow(/jwtIssuer and jwtAudience belong together/);
  }, 60_000);

  test('is throttled, and logs each call as one JSON object', () => {
    const stage = properties('HttpApiStage');
    expect(stage.DefaultRouteSettings).toEqual({
      ThrottlingRateLimit: 50,
      ThrottlingBurstLimit: 100,
    });
    expect(stage.AccessLogSettings.DestinationArn).toEqual({
      'Fn::GetAtt': ['HttpApiLogGroup', 'Arn'],
    });
    const line = stage.AccessLogSettings.Format.replace(/\$context\.[\w.]+/g, '1');
    expect(JSON.parse(line)).toMatchObject({ requestId: '1', caller: '1', status: 1 });
  });
});

describe('the stack', () => {
  test('keeps its logs for a time, and not for ever', () => {
    const days = (from: Template) =>
      ofType(from, 'AWS::Logs::LogGroup').map(([, { Properties }]) => Properties.RetentionInDays);
    expect(days(template)).toEqual(Array.from({ length: 6 }, () => 14));
    expect(days(production)).toEqual(Array.from({ length: 6 }, () => 90));
  });

  test('leaves nothing behind when it is deleted', () => {
    for (const [logicalId, { DeletionPolicy = 'Delete', Type }] of Object.entries(
      template.Resources,
    )) {
      expect({ logicalId, DeletionPolicy }).toEqual({ logicalId, DeletionPolicy: 'Delete' });
      // Versions of a function are kept, whatever their policy says.
      expect(Type).not.toBe('AWS::Lambda::Version');
    }
  });

  test('has no name in it that another stage in the account would have, too', () => {
    const names = (from: Template) =>
      Object.entries(from.Resources).flatMap(([logicalId, { Properties }]) =>
        Object.entries(Properties)
          .filter(([key, value]) => /Name$/.test(key) && typeof value === 'string')
          .filter(([key]) => !['StageName', 'MetricName', 'DisplayName'].includes(key))
          .map(([key, value]) => `${logicalId}.${key}=${value}`),
      );
    const shared = names(template).filter((name) => names(production).includes(name));
    expect(names(template).length).toBeGreaterThan(10);
    expect(shared).toEqual([]);
  });

  test('creates the secrets empty, so that no deploy can overwrite what is in them', () => {
    const secrets = ofType(template, 'AWS::SecretsManager::Secret');
    expect(secrets).toHaveLength(3);
    for (const [, { Properties }] of secrets)
      expect(Object.keys(Properties)).toEqual(['Description']);
  });

  test('tells where to put credentials, requests and an ear for alarms', () => {
    expect(Object.keys(template.Outputs)).toEqual(
      expect.arrayContaining([
        'HttpApiUrl',
        'RequestQueueUrl',
        'RequestDeadLetterQueueUrl',
        'AuditQueueUrl',
        'AuditDeadLetterQueueUrl',
        'GenesysCredentialsSecretArn',
        'WebhookSigningSecretArn',
        'AlarmTopicArn',
        'RequestsTableName',
      ]),
    );
  });
});
