import type { Resource, Template } from '../../local/package-service.ts';

/** How each kind of resource is told of a key. */
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
};

/**
 * Encrypts queues, secrets, logs, the topic, the table and the functions' environment with one
 * customer-managed key, and lets the functions use it.
 */
export function encryptWithKey(template: Template, keyArn: string): void {
  for (const [logicalId, { Type, Properties }] of Object.entries(template.Resources)) {
    encrypt[Type]?.(Properties, keyArn);
    // The role of the data actions invokes functions and touches nothing that is encrypted.
    if (Type !== 'AWS::IAM::Role' || logicalId === 'DataActionRole') continue;
    for (const { PolicyDocument } of Properties.Policies ?? []) {
      PolicyDocument.Statement.push({
        Sid: 'UseTheKey',
        Effect: 'Allow',
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Resource: keyArn,
      });
    }
  }
}
