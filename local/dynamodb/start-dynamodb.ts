import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateTableCommand,
  type CreateTableInput,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { accessKeyOf } from '../access-key-of.ts';
import { isLocalProgram } from '../is-local-program.ts';
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

export interface LocalDynamoDbOptions {
  /** Default 0: any free port. */
  port?: number;
  /** Access key that requests must use; default: any. */
  accessKeyId?: string;
}

/**
 * DynamoDB on this machine: dynalite in this process, with tables in memory. Items past their TTL are
 * not deleted. Request records have phone numbers in clear, so it refuses web pages, which dynalite alone
 * would let in.
 * @throws Error `EADDRINUSE` if the port is in use
 */
export async function startDynamoDb({
  port = 0,
  accessKeyId,
}: LocalDynamoDbOptions = {}): Promise<LocalDynamoDb> {
  // Loaded on demand, because packaging works without it.
  const { default: dynalite } = await import('dynalite');
  const server = dynalite({ createTableMs: 0 });
  guard(server, accessKeyId);
  const whenIdle = trackRequests(server);
  const { url, stop } = await listen(server, port);
  const client = new DynamoDBClient({
    endpoint: url,
    region: LOCAL_REGION,
    credentials: { ...LOCAL_CREDENTIALS, ...(accessKeyId === undefined ? {} : { accessKeyId }) },
  });
  return {
    endpoint: url,
    async createTable(properties) {
      await client.send(new CreateTableCommand(toDynamoDbTable(properties)));
    },
    async stop() {
      client.destroy();
      // dynalite throws where a request is still at work on a table that is closed.
      await Promise.race([whenIdle(), delay(LONGEST_STOP_MS, undefined, { ref: false })]);
      await stop();
    },
  };
}

/** Input of CreateTable from the properties of an `AWS::DynamoDB::Table`. */
export function toDynamoDbTable(properties: Record<string, unknown>): CreateTableInput {
  const input = TABLE_PROPERTIES.filter((name) => name in properties).map((name) => [
    name,
    properties[name],
  ]);
  return Object.fromEntries(input);
}

/** Has requests answered only where a program on this machine sent them, with the access key. */
function guard(server: Server, accessKeyId: string | undefined): void {
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const hasKey = accessKeyId === undefined || accessKeyOf(request.headers) === accessKeyId;
    if (isLocalProgram(request.headers) && hasKey) {
      for (const listener of listeners) listener(request, response);
      return;
    }
    const type = hasKey ? 'AccessDeniedException' : 'UnrecognizedClientException';
    response.writeHead(hasKey ? 403 : 400, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(
      JSON.stringify({
        __type: type,
        message:
          'Only programs on this machine may ask, with the credentials of this start (endpoints.json).',
      }),
    );
  });
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
