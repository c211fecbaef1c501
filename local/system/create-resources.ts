import type { Service } from '../api-gateway/start-api-gateway.ts';
import type { LocalDynamoDb } from '../dynamodb/start-dynamodb.ts';
import type { LocalSecretsManager } from '../secrets-manager/start-secrets-manager.ts';
import type { LocalQueue, LocalSqs } from '../sqs/start-sqs.ts';
import { type LocalResource, resolveReferences } from './resolve-references.ts';

export interface CreatedResources {
  /** By logical id. */
  queues: Record<string, LocalQueue>;
  /** Names, by logical id. */
  secrets: Record<string, string>;
  /** Names, by logical id. */
  tables: Record<string, string>;
  /** Resolves when the tables are ready. */
  tablesReady: Promise<unknown>;
  /** Values of references to them. */
  references: Record<string, LocalResource>;
}

/** Properties of CloudFormation that are not attributes of CreateQueue. */
const NO_QUEUE_ATTRIBUTES = new Set(['QueueName', 'Tags', 'RedriveAllowPolicy']);

/** Creates the queues, the empty secrets and the tables of the template. */
export function createResources(
  service: Service,
  sqs: LocalSqs,
  secretsManager: LocalSecretsManager,
  dynamoDb: LocalDynamoDb,
): CreatedResources {
  const queues: Record<string, LocalQueue> = {};
  const secrets: Record<string, string> = {};
  const references: Record<string, LocalResource> = {
    'AWS::Region': { ref: service.provider.region },
    'AWS::AccountId': { ref: '000000000000' },
    'AWS::Partition': { ref: 'aws' },
  };
  const ofType = (type: string) =>
    Object.entries(service.resources).filter(([, resource]) => resource.Type === type);

  for (const [id, { Properties = {} }] of ofType('AWS::SQS::Queue')) {
    const queue = sqs.createQueue(String(Properties.QueueName ?? id));
    queues[id] = queue;
    references[id] = {
      ref: queue.url,
      attributes: { Arn: queue.arn, QueueName: queue.name, QueueUrl: queue.url },
    };
  }
  // Attributes are set afterwards, because a queue can refer to a later one.
  for (const [id, { Properties = {} }] of ofType('AWS::SQS::Queue')) {
    const attributes = Object.entries(Properties)
      .filter(([name]) => !NO_QUEUE_ATTRIBUTES.has(name))
      .map(([name, value]) => {
        const resolved = resolveReferences(value, references);
        return [name, typeof resolved === 'object' ? JSON.stringify(resolved) : String(resolved)];
      });
    sqs.setAttributes(queues[id]?.name ?? id, Object.fromEntries(attributes));
  }
  for (const [id, { Properties = {} }] of ofType('AWS::SecretsManager::Secret')) {
    const name = String(Properties.Name ?? id);
    secretsManager.putSecret(name);
    secrets[id] = name;
    references[id] = { ref: name };
  }
  const tables: Record<string, string> = {};
  const creations = ofType('AWS::DynamoDB::Table').map(([id, { Properties = {} }]) => {
    const name = String(Properties.TableName ?? id);
    tables[id] = name;
    references[id] = { ref: name };
    return dynamoDb.createTable({ ...Properties, TableName: name });
  });
  return { queues, secrets, tables, tablesReady: Promise.all(creations), references };
}
