import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { startDynamoDb } from '../../local/dynamodb/start-dynamodb.ts';

/** Keys and indexes of resources/table.yml; test/deploy/template.test.ts compares the two. */
export const REQUESTS_TABLE = {
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'conversationKey', AttributeType: 'S' },
    { AttributeName: 'requestedAtId', AttributeType: 'S' },
    { AttributeName: 'dueShard', AttributeType: 'S' },
    { AttributeName: 'dueAtMs', AttributeType: 'N' },
  ],
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'byConversation',
      KeySchema: [
        { AttributeName: 'conversationKey', KeyType: 'HASH' },
        { AttributeName: 'requestedAtId', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
    {
      IndexName: 'due',
      KeySchema: [
        { AttributeName: 'dueShard', KeyType: 'HASH' },
        { AttributeName: 'dueAtMs', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
};

export interface RequestsTable {
  tableName: string;
  endpoint: string;
  client: DynamoDBClient;
  stop(): Promise<void>;
}

/**
 * A local DynamoDB with the table of the service.
 * @param settings of the client, besides the endpoint and the credentials
 */
export async function startRequestsTable(
  settings: DynamoDBClientConfig = {},
): Promise<RequestsTable> {
  const tableName = 'requests';
  const dynamoDb = await startDynamoDb();
  await dynamoDb.createTable({ ...REQUESTS_TABLE, TableName: tableName });
  const client = new DynamoDBClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 3,
    ...settings,
    endpoint: dynamoDb.endpoint,
  });
  return {
    tableName,
    endpoint: dynamoDb.endpoint,
    client,
    async stop() {
      client.destroy();
      await dynamoDb.stop();
    },
  };
}
