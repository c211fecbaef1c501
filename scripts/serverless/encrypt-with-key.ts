import type { Resource, Template } from '../../local/package-service.ts';

/** Sets the key of each kind of resource. */
const encrypt: Record<string, (properties: Resource['Properties'], keyArn: string) => void> = {
  'AWS::SQS::Queue': (properties, keyArn) => {
    delete properties.SqsManagedSseEnabled;
    properties.KmsMasterKeyId = keyArn;
  },
  'AWS::SecretsManager::Secret': (properties, keyArn) => {
    properties.KmsKeyId = keyArn;
  },
  'AWS::Logs::LogGroup': (properties, keyArn) => {
    properties.KmsKeyId = keyArn;
  },
  'AWS::SNS::Topic': (properties, keyArn) => {
    properties.KmsMasterKeyId = keyArn;
  },
  'AWS::DynamoDB::Table': (properties, keyArn) => {
    properties.SSESpecification = {
      SSEEnabled: true,
      SSEType: 'KMS',
      KMSMasterKeyId: keyArn,
    };
  },
  'AWS::Lambda::Function': (properties, keyArn) => {
    properties.KmsKeyArn = keyArn;
  },
  'AWS::KinesisFirehose::DeliveryStream': (properties, keyArn) => {
    properties.DeliveryStreamEncryptionConfigurationInput = {
      KeyType: 'CUSTOMER_MANAGED_CMK',
      KeyARN: keyArn,
    };
    properties.ExtendedS3DestinationConfiguration.EncryptionConfiguration = {
      KMSEncryptionConfig: { AWSKMSKeyARN: keyArn },
    };
  },
  'AWS::S3::Bucket': encryptBucket,
};

/** The bucket of osls keeps its own encryption: it holds code, and exists before the stack does. */
function encryptBucket(properties: Resource['Properties'], keyArn: string): void {
  if (!properties.OwnershipControls) return;
  properties.BucketEncryption.ServerSideEncryptionConfiguration = [
    {
      ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: keyArn },
      BucketKeyEnabled: true,
    },
  ];
  for (const rule of properties.ReplicationConfiguration?.Rules ?? []) {
    rule.SourceSelectionCriteria = { SseKmsEncryptedObjects: { Status: 'Enabled' } };
    rule.Destination.EncryptionConfiguration = { ReplicaKmsKeyID: keyArn };
  }
}

/** The services through which roles use the key: no role may call KMS itself. */
const SERVICES = ['sqs', 'secretsmanager', 'dynamodb', 'lambda', 'firehose', 's3'];

/**
 * Encrypts queues, secrets, logs, the topic, the table, the functions' environment and the audit trail
 * with one customer-managed key, and lets the roles use it, through these services alone.
 */
export function encryptWithKey(template: Template, keyArn: string): void {
  for (const [logicalId, { Type, Properties }] of Object.entries(template.Resources)) {
    encrypt[Type]?.(Properties, keyArn);
    // The role of the data actions only invokes functions and reads nothing encrypted.
    if (Type !== 'AWS::IAM::Role' || logicalId === 'DataActionRole') continue;
    for (const { PolicyDocument } of Properties.Policies ?? []) {
      PolicyDocument.Statement.push({
        Sid: 'UseTheKey',
        Effect: 'Allow',
        Action: [
          'kms:Decrypt',
          'kms:GenerateDataKey',
          // S3 encrypts replicas anew.
          ...(logicalId === 'AuditTrailReplicationRole' ? ['kms:Encrypt'] : []),
        ],
        Resource: keyArn,
        Condition: {
          StringEquals: {
            'kms:ViaService': SERVICES.map((service) => ({
              'Fn::Sub': `${service}.\${AWS::Region}.\${AWS::URLSuffix}`,
            })),
          },
        },
      });
    }
  }
}
