import { beforeAll, describe, expect, test } from '@jest/globals';
import { packageService, type Resource, type Template } from '../../local/package-service.ts';
import { describeWithChecks, runCheck } from '../checks/run-check.ts';

const KEY = 'arn:aws:kms:us-east-1:111111111111:key/0c1d';

let plain: Template;
let template: Template;
let templateFile: string;
let encrypted: Template;
beforeAll(async () => {
  ({ template: plain } = await packageService());
  ({ template, templateFile } = await packageService({
    params: { auditTrailRetentionDays: '2555', auditTrailMode: 'COMPLIANCE' },
  }));
  ({ template: encrypted } = await packageService({
    params: { auditTrailRetentionDays: '365', kmsKeyArn: KEY },
  }));
}, 180_000);

const resource = (logicalId: string, from = template): Resource => {
  const found = from.Resources[logicalId];
  if (!found) throw new Error(`The template has no ${logicalId}`);
  return found;
};
const properties = (logicalId: string, from = template) => resource(logicalId, from).Properties;
const arn = (logicalId: string, attribute = 'Arn') => ({ 'Fn::GetAtt': [logicalId, attribute] });

test('without the parameter there is no audit trail, and the table has no stream', () => {
  expect(Object.keys(plain.Resources).filter((id) => /AuditTrail/.test(id))).toEqual([]);
  expect(properties('RequestsTable', plain)).not.toHaveProperty('StreamSpecification');
});

describeWithChecks('the template with the audit trail', () => {
  test('passes @aws/cloudformation-validate, warnings included', async () => {
    const report = await runCheck('validate-template.mjs', [templateFile]);
    expect(report).toEqual({ status: 'OK', diagnostics: [] });
  }, 60_000);
});

describe('the audit trail', () => {
  test('needs no code: no function, and no permission of a function, refers to it', () => {
    for (const { Type, Properties } of Object.values(template.Resources)) {
      if (Type === 'AWS::Lambda::Function') expect(JSON.stringify(Properties)).not.toMatch(/Trail/);
    }
    for (const id of ['IntakeRole', 'AdderRole', 'RelayRole', 'RequestsRole', 'FollowUpRole']) {
      expect(properties(id)).toEqual(properties(id, plain));
    }
  });

  test('keeps objects locked for as long as the parameter says, then removes them', () => {
    expect(properties('AuditTrailBucket')).toMatchObject({
      ObjectLockEnabled: true,
      VersioningConfiguration: { Status: 'Enabled' },
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 2555 } },
      },
      LifecycleConfiguration: { Rules: [{ ExpirationInDays: 2555 }] },
    });
  });

  test('is locked in mode GOVERNANCE by default', () => {
    const { Rule } = properties('AuditTrailBucket', encrypted).ObjectLockConfiguration;
    expect(Rule.DefaultRetention).toEqual({ Mode: 'GOVERNANCE', Days: 365 });
  });

  test('is uploaded to a bucket without a default retention, and replicated from there', () => {
    const { ExtendedS3DestinationConfiguration } = properties('AuditTrailFirehose');
    expect(ExtendedS3DestinationConfiguration.BucketARN).toEqual(arn('AuditTrailStagingBucket'));
    const staging = properties('AuditTrailStagingBucket');
    expect(staging).not.toHaveProperty('ObjectLockConfiguration');
    expect(staging.VersioningConfiguration).toEqual({ Status: 'Enabled' });
    expect(staging.ReplicationConfiguration).toMatchObject({
      Role: arn('AuditTrailReplicationRole'),
      Rules: [{ Status: 'Enabled', Destination: { Bucket: arn('AuditTrailBucket') } }],
    });
  });

  test.each(['AuditTrailStagingBucket', 'AuditTrailBucket'])(
    '%s is private, encrypted, used over TLS only, and outlives the stack',
    (bucket) => {
      const { DeletionPolicy, Properties } = resource(bucket);
      expect(DeletionPolicy).toBe('Retain');
      expect(Properties).not.toHaveProperty('BucketName');
      expect(new Set(Object.values(Properties.PublicAccessBlockConfiguration))).toEqual(
        new Set([true]),
      );
      expect(Properties.BucketEncryption).toBeDefined();
      const { Statement } = properties(`${bucket}Policy`).PolicyDocument;
      expect(Statement).toContainEqual(
        expect.objectContaining({
          Sid: 'TlsOnly',
          Effect: 'Deny',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      );
    },
  );

  test('is written by Firehose and by replication alone, and cannot be deleted', () => {
    const denies = (bucket: string) =>
      properties(`${bucket}Policy`)
        .PolicyDocument.Statement.filter(({ Sid }: { Sid: string }) => Sid !== 'TlsOnly')
        .map(({ Effect, Principal, Action, Condition }: Record<string, unknown>) => ({
          Effect,
          Principal,
          Action,
          except: (Condition as { ArnNotEquals: object } | undefined)?.ArnNotEquals,
        }));
    const everyone = { Effect: 'Deny', Principal: '*' };
    expect(denies('AuditTrailStagingBucket')).toEqual([
      { ...everyone, Action: ['s3:DeleteObject', 's3:DeleteObjectVersion'] },
      {
        ...everyone,
        Action: 's3:PutObject',
        except: { 'aws:PrincipalArn': arn('AuditTrailFirehoseRole') },
      },
    ]);
    expect(denies('AuditTrailBucket')).toEqual([
      { ...everyone, Action: 's3:BypassGovernanceRetention' },
      {
        ...everyone,
        Action: 's3:PutObject',
        except: { 'aws:PrincipalArn': arn('AuditTrailReplicationRole') },
      },
    ]);
  });

  test('alarms where a result gets stuck on each of the three ways', () => {
    for (const id of [
      'AuditTrailPipeAlarm',
      'AuditTrailDeliveryAlarm',
      'AuditTrailReplicationAlarm',
    ]) {
      expect(properties(id).AlarmActions).toEqual([{ Ref: 'AlarmTopic' }]);
      expect(properties(id).AlarmDescription).toContain('docs/operate.md, audit-trail');
    }
  });

  test('is encrypted with the customer-managed key, replicas included', () => {
    for (const id of ['AuditTrailStagingBucket', 'AuditTrailBucket']) {
      expect(properties(id, encrypted).BucketEncryption.ServerSideEncryptionConfiguration).toEqual([
        {
          ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY },
          BucketKeyEnabled: true,
        },
      ]);
    }
    const [rule] = properties('AuditTrailStagingBucket', encrypted).ReplicationConfiguration.Rules;
    expect(rule.SourceSelectionCriteria.SseKmsEncryptedObjects.Status).toBe('Enabled');
    expect(rule.Destination.EncryptionConfiguration.ReplicaKmsKeyID).toBe(KEY);
    expect(
      properties('AuditTrailFirehose', encrypted).DeliveryStreamEncryptionConfigurationInput,
    ).toEqual({ KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: KEY });
  });
});

describe('the pipe forwards', () => {
  const image = (fields: object) => ({ result: undefined, ...fields });
  const event = { M: { digest: { S: 'abc' } } };

  test.each([
    ['a result that is written', image({}), image({ result: event }), true],
    ['a record that is created with its result', undefined, image({ result: event }), true],
    ['the result of a second run', image({}), image({ result: event }), true],
    [
      'a connection event',
      image({ result: event }),
      image({ result: event, connectionResult: event }),
      true,
    ],
    ['no delivery', image({ result: event }), image({ result: event }), false],
    ['no request without a result', image({}), image({}), false],
    ['no lease or budget', undefined, { pk: { S: 'budget#1' } }, false],
    ['no deletion', image({ result: event }), undefined, false],
  ])('%s', (_, OldImage, NewImage, forwarded) => {
    const { Filters } = properties('AuditTrailPipe').SourceParameters.FilterCriteria;
    const record = { dynamodb: { OldImage, NewImage } };
    const matching = Filters.filter(({ Pattern }: { Pattern: string }) =>
      matches(JSON.parse(Pattern), record),
    );
    expect(matching.length > 0).toBe(forwarded);
  });
});

/** EventBridge's matching of patterns, as far as `exists` goes. */
function matches(pattern: object, value: unknown): boolean {
  return Object.entries(pattern).every(([key, part]) => {
    const below = (value as Record<string, unknown> | undefined)?.[key];
    if (!Array.isArray(part)) return matches(part, below);
    return part.some(({ exists }) => exists === (below !== undefined));
  });
}
