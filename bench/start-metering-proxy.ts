import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import { type Listening, listen } from '../local/listen.ts';

/** What DynamoDB bills, in units. */
export interface TableUnits {
  reads: number;
  writes: number;
}

export interface MeteringProxy extends Omit<Listening, 'port'> {
  /** Units since the last call of it. */
  takeUnits(): TableUnits;
}

type Call = Record<string, unknown>;

/**
 * Forwards the calls of an AWS SDK to dynalite, and adds up the capacity that each consumes. dynalite reports
 * the table's; the writes to the two indexes follow from what a call changes.
 */
export async function startMeteringProxy(serverUrl: string): Promise<MeteringProxy> {
  const agent = new Agent({ keepAlive: true });
  let units: TableUnits = { reads: 0, writes: 0 };
  const server = createServer(async (incoming, outgoing) => {
    const operation = String(incoming.headers['x-amz-target']).split('.').at(-1) ?? '';
    const call = JSON.parse(await textOf(incoming)) as Call;
    const body = JSON.stringify({ ...call, ReturnConsumedCapacity: 'TOTAL' });
    const { method, url = '' } = incoming;
    const headers = { ...incoming.headers, 'content-length': String(Buffer.byteLength(body)) };
    const forwarded = request(
      `${serverUrl}${url}`,
      { method, headers, agent },
      async (response) => {
        const text = await textOf(response);
        count(operation, call, response.statusCode === 200 ? JSON.parse(text) : undefined);
        outgoing.writeHead(response.statusCode ?? 502, response.headers).end(text);
      },
    );
    forwarded.on('error', () => outgoing.destroy());
    forwarded.end(body);
  });

  function count(operation: string, call: Call, response: Call | undefined): void {
    const isRead = ['GetItem', 'BatchGetItem', 'Query'].includes(operation);
    if (isRead) units.reads += consumedOf(response);
    // A write whose condition fails is billed, too.
    else units.writes += response ? consumedOf(response) + indexWrites(operation, call) : 1;
  }

  const { url, stop } = await listen(server);
  return {
    url,
    takeUnits() {
      const taken = units;
      units = { reads: 0, writes: 0 };
      return taken;
    },
    async stop() {
      agent.destroy();
      await stop();
    },
  };
}

function consumedOf(response: Call | undefined): number {
  const consumed = [response?.ConsumedCapacity ?? []].flat() as { CapacityUnits?: number }[];
  return consumed.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
}

/**
 * Writes to the indexes, whose items are below 1 KB: one for an entry that is new or removed, two for one whose
 * key changes (DynamoDB developer guide, "Provisioned throughput considerations for Global Secondary Indexes").
 */
function indexWrites(operation: string, { Item = {}, UpdateExpression = '' }: Call): number {
  if (operation === 'PutItem') {
    return ['conversationKey', 'dueAtMs'].filter((name) => name in (Item as object)).length;
  }
  const [set = '', removed = ''] = String(UpdateExpression).split('REMOVE ');
  if (removed.includes('#dueAtMs')) return 1;
  if (!set.includes('#dueAtMs')) return 0;
  // A record without this attribute was not in the index.
  return set.includes('#dueShard') ? 1 : 2;
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
