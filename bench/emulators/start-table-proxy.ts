import {
  Agent,
  createServer,
  type IncomingMessage,
  type ServerResponse,
  request as sendRequest,
} from 'node:http';
import { listen } from '../../local/listen.ts';

export interface TableProxy {
  url: string;
  /** Operations since the last look at them. */
  takeCounts(): TableCounts;
  stop(): Promise<void>;
}

export interface TableCounts {
  /** By operation and kind of key, as `UpdateItem budget`. */
  operations: Record<string, OperationCount>;
  conditionalFailures: number;
}

export interface OperationCount {
  count: number;
  conditionalFailures: number;
  /** Sum of the times from the request to the end of the response. */
  totalMs: number;
}

interface Input {
  Key?: Key;
  Item?: Key;
  IndexName?: string;
  RequestItems?: Record<string, { Keys?: Key[] }>;
}

interface Key {
  pk?: { S?: string };
}

const STATUS_OF_CLIENT_ERRORS = 400;

/** Forwards calls to moto's DynamoDB and counts them. */
export async function startTableProxy(endpoint: string): Promise<TableProxy> {
  const target = new URL(endpoint);
  const agent = new Agent({ keepAlive: true });
  let counts: TableCounts = { operations: {}, conditionalFailures: 0 };

  function count(name: string, startedAtMs: number, failed: boolean): void {
    counts.operations[name] ??= { count: 0, conditionalFailures: 0, totalMs: 0 };
    const entry = counts.operations[name];
    entry.count += 1;
    entry.totalMs += performance.now() - startedAtMs;
    if (!failed) return;
    entry.conditionalFailures += 1;
    counts.conditionalFailures += 1;
  }

  /** Resolves when moto has responded, whether or not the caller is still there. */
  function forward(
    { method, headers, url }: IncomingMessage,
    body: Buffer,
    outgoing: ServerResponse,
  ): Promise<{ failed: boolean }> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = target;
      const forwarded = sendRequest(
        { agent, hostname, port, method, path: url, headers },
        (response) => {
          const { statusCode = 502 } = response;
          outgoing.writeHead(statusCode, response.headers);
          let error = '';
          response.on('data', (chunk: Buffer) => {
            if (statusCode === STATUS_OF_CLIENT_ERRORS) error += chunk.toString('latin1');
            outgoing.write(chunk);
          });
          response.on('end', () => {
            outgoing.end();
            resolve({ failed: error.includes('ConditionalCheckFailedException') });
          });
          response.on('error', reject);
        },
      );
      forwarded.on('error', reject);
      forwarded.end(body);
    });
  }

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const startedAtMs = performance.now();
    const operation = String(incoming.headers['x-amz-target']).split('.').at(-1) ?? '';
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const input: Input = JSON.parse(body.toString('utf8'));
    const { failed } = await forward(incoming, body, outgoing);
    count(`${operation} ${kindOf(input)}`, startedAtMs, failed);
  }

  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  // As AWS. Node's default of five seconds would often break idle connections.
  server.keepAliveTimeout = 60_000;
  const { url, stop } = await listen(server);
  return {
    url,
    takeCounts() {
      const taken = counts;
      counts = { operations: {}, conditionalFailures: 0 };
      return taken;
    },
    async stop() {
      agent.destroy();
      await stop();
    },
  };
}

/** Prefixes of the keys, or the index. */
function kindOf({ Key, Item, RequestItems = {}, IndexName = '' }: Input): string {
  const all = [Key, Item, ...Object.values(RequestItems).flatMap(({ Keys = [] }) => Keys)];
  const prefixes = all.flatMap((key) => key?.pk?.S?.split('#', 1) ?? []);
  return prefixes.length === 0 ? IndexName : [...new Set(prefixes)].sort().join('+');
}
