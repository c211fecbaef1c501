import { BatchGetItemCommand, type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { Item } from './item.ts';

/** Maximum number of keys of BatchGetItem. */
const MAX_BATCH_KEYS = 100;

export interface ReadOptions {
  /** Read the latest write. */
  consistent: boolean;
}

/** Reads items of a table by their keys. All methods throw the SDK's errors. */
export interface ReadItems {
  one(key: Item, options: ReadOptions): Promise<Item | undefined>;
  /** @returns the items that exist, in any order */
  many(keys: readonly Item[], options: ReadOptions): Promise<Item[]>;
  /**
   * Reads consistently. Reads that begin in the same turn of the event loop share a call, so a batch of messages
   * reads its records with one call.
   */
  together(key: Item): Promise<Item | undefined>;
}

interface BatchRead {
  items: Item[];
  left: Item[];
}

interface Waiting {
  key: Item;
  found: (item: Item | undefined) => void;
  failed: (error: unknown) => void;
}

export function createReadItems(client: DynamoDBClient, tableName: string): ReadItems {
  let waiting: Waiting[] = [];

  async function one(key: Item, { consistent }: ReadOptions): Promise<Item | undefined> {
    const { Item: item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: key, ConsistentRead: consistent }),
    );
    return item;
  }

  async function many(keys: readonly Item[], { consistent }: ReadOptions): Promise<Item[]> {
    const { items, left } = await readInBatches(keys, consistent);
    if (left.length > 0) throw throttled();
    return items;
  }

  /** @returns the items that exist, and the keys that the table did not read for lack of capacity */
  async function readInBatches(keys: readonly Item[], consistent: boolean): Promise<BatchRead> {
    const batches = Array.from({ length: Math.ceil(keys.length / MAX_BATCH_KEYS) }, (_, index) =>
      keys.slice(index * MAX_BATCH_KEYS, (index + 1) * MAX_BATCH_KEYS),
    );
    const reads = await Promise.all(batches.map((batch) => readBatch(batch, consistent)));
    return {
      items: reads.flatMap(({ items }) => items),
      left: reads.flatMap(({ left }) => left),
    };
  }

  async function readBatch(keys: Item[], ConsistentRead: boolean): Promise<BatchRead> {
    const items: Item[] = [];
    let left = keys;
    while (left.length > 0) {
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys: left, ConsistentRead } } }),
      );
      items.push(...(Responses?.[tableName] ?? []));
      const unprocessed = UnprocessedKeys?.[tableName]?.Keys ?? [];
      // DynamoDB cuts a response at 16 MB, and the rest is read next. If nothing was read, the table is throttling.
      if (unprocessed.length === left.length) break;
      left = unprocessed;
    }
    return { items, left };
  }

  async function readWaiting(): Promise<void> {
    const reads = waiting;
    waiting = [];
    // DynamoDB refuses a key that is named twice.
    const keys = new Map(reads.map(({ key }) => [key.pk?.S, key]));
    try {
      const { items, left } =
        keys.size === 1
          ? { items: [], left: [...keys.values()] }
          : await readInBatches([...keys.values()], true);
      const byKey = new Map<string | undefined, Promise<Item | undefined>>(
        items.map((item) => [item.pk?.S, Promise.resolve(item)]),
      );
      // The SDK repeats a read of one item with pauses.
      for (const key of left) byKey.set(key.pk?.S, one(key, { consistent: true }));
      for (const { key, found, failed } of reads) {
        Promise.resolve(byKey.get(key.pk?.S)).then(found, failed);
      }
    } catch (error) {
      for (const { failed } of reads) failed(error);
    }
  }

  return {
    one,
    many,
    together: (key) =>
      new Promise((found, failed) => {
        waiting.push({ key, found, failed });
        if (waiting.length === 1) setImmediate(() => void readWaiting());
      }),
  };
}

/** The error that DynamoDB throws when it lacks the capacity for a request. */
function throttled(): Error {
  return Object.assign(new Error('The table did not accept the request; try again later'), {
    name: 'ThrottlingException',
  });
}
