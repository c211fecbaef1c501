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
   * reads its records with one.
   */
  together(key: Item): Promise<Item | undefined>;
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
    const batches = Array.from({ length: Math.ceil(keys.length / MAX_BATCH_KEYS) }, (_, index) =>
      keys.slice(index * MAX_BATCH_KEYS, (index + 1) * MAX_BATCH_KEYS),
    );
    return (await Promise.all(batches.map((batch) => readBatch(batch, consistent)))).flat();
  }

  async function readBatch(keys: Item[], ConsistentRead: boolean): Promise<Item[]> {
    const found: Item[] = [];
    let left = keys;
    while (left.length > 0) {
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetItemCommand({ RequestItems: { [tableName]: { Keys: left, ConsistentRead } } }),
      );
      found.push(...(Responses?.[tableName] ?? []));
      const unprocessed = UnprocessedKeys?.[tableName]?.Keys ?? [];
      // A response of 16 MB at most; a batch of which nothing was read was throttled.
      if (unprocessed.length === left.length) throw throttled();
      left = unprocessed;
    }
    return found;
  }

  async function readWaiting(): Promise<void> {
    const reads = waiting;
    waiting = [];
    try {
      // DynamoDB refuses a key that is named twice.
      const keys = [...new Map(reads.map(({ key }) => [key.pk?.S, key])).values()];
      const [first] = keys;
      const items =
        keys.length === 1 && first
          ? [await one(first, { consistent: true })]
          : await many(keys, { consistent: true });
      const byKey = new Map(items.map((item) => [item?.pk?.S, item]));
      for (const { key, found } of reads) found(byKey.get(key.pk?.S));
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

/** As DynamoDB says it, when it did not do the work for lack of capacity. */
export function throttled(): Error {
  return Object.assign(new Error('The table did not accept the request; try again later'), {
    name: 'ThrottlingException',
  });
}
