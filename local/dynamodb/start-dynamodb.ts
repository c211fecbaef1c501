import type { Server, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
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

/** Requests that are not done by then are cut off. */
const LONGEST_STOP_MS = 2_000;

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
  const server = dynalite({ createTableMs: 0 });
  const whenIdle = trackRequests(server);
  const { url, stop } = await listen(server, port);
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
      // dynalite throws where a request is still at work on a table that is closed.
      await Promise.race([whenIdle(), delay(LONGEST_STOP_MS, undefined, { ref: false })]);
      await stop();
    },
  };
}

/**
 * Follows the requests of a server until their response ends, also where the client has gone meanwhile.
 * @returns a function that resolves once no request is at work
 */
function trackRequests(server: Server): () => Promise<void> {
  let atWork = 0;
  const idle: (() => void)[] = [];
  server.on('request', (_, response: ServerResponse) => {
    atWork += 1;
    const end = response.end.bind(response) as (...all: unknown[]) => ServerResponse;
    response.end = (...all: unknown[]) => {
      response.end = end;
      atWork -= 1;
      if (atWork === 0) for (const wake of idle.splice(0)) wake();
      return end(...all);
    };
  });
  return async () => {
    if (atWork > 0) await new Promise<void>((resolve) => idle.push(resolve));
  };
}
