import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { listen } from '../listen.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../system/local-credentials.ts';

export interface LocalDynamoDb {
  /** For `AWS_ENDPOINT_URL_DYNAMODB`. */
  endpoint: string;
  /** Creates a table from the properties of an `AWS::DynamoDB::Table`. */
  createTable(properties: Record<string, unknown>): Promise<void>;
  stop(): Promise<void>;
}

/** Properties of CloudFormation that CreateTable and dynalite accept. */
const TABLE_PROPERTIES = [
  'TableName',
  'AttributeDefinitions',
  'KeySchema',
  'BillingMode',
  'GlobalSecondaryIndexes',
];

/**
 * DynamoDB on this machine: dynalite in this process, with tables in memory. Items past their TTL are
 * not deleted.
 * @throws Error `EADDRINUSE` if the port is in use
 */
export async function startDynamoDb({ port = 0 } = {}): Promise<LocalDynamoDb> {
  // Loaded on demand, because packaging works without it.
  const { default: dynalite } = await import('dynalite');
  const { url, stop } = await listen(dynalite({ createTableMs: 0 }), port);
  const client = new DynamoDBClient({
    endpoint: url,
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
  });
  return {
    endpoint: url,
    async createTable(properties) {
      const input = TABLE_PROPERTIES.filter((name) => name in properties).map((name) => [
        name,
        properties[name],
      ]);
      await client.send(new CreateTableCommand(Object.fromEntries(input)));
    },
    async stop() {
      client.destroy();
      await stop();
    },
  };
}
