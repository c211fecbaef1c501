import { randomUUID } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { CallWindow } from '../domain/call-window.ts';
import type { Clock } from '../domain/clock.ts';
import type { CallWindowItem, WindowUpdate } from '../domain/window-update.ts';
import { keptUntil } from './dynamo-item.ts';
import { fromWindowItem, instanceName, toWindowItem } from './from-window-item.ts';
import { type Item, toItem } from './item.ts';
import { createReadItems } from './read-items.ts';
import { toUpdateExpression } from './to-update-expression.ts';

/**
 * The window in the requests table: a counter for each second, their sum, and counters for each caller.
 *
 * Each instance writes an attribute with the number of its last update, and the condition of the next one is
 * that it is greater. An update whose response was lost, and that the SDK therefore repeats, is not made again.
 * @param key the item's partition key
 */
export function createDynamoCallWindow(
  client: DynamoDBClient,
  { tableName, key, clock }: { tableName: string; key: string; clock: Pick<Clock, 'now'> },
): CallWindowItem {
  const Key = { pk: { S: key } };
  const instance = randomUUID().slice(0, 8);
  let lastNumber = 0;
  /** The attributes of other instances, and when they were written. */
  let instances: ReadonlyMap<string, number> = new Map();

  const expiresAt = () => keptUntil(clock.now());
  const load = () => createReadItems(client, tableName).one(Key, { consistent: true });

  function toWindow(item: Item | undefined): CallWindow | 'unreadable' {
    const found = fromWindowItem(item ?? {});
    if (found === 'unreadable') return found;
    instances = found.instances;
    return found.window;
  }

  /** Rises with each update of this instance, and tells when it was made. */
  function nextNumber(): number {
    lastNumber = Math.max(lastNumber + 1, clock.now());
    return lastNumber;
  }

  function toCommand(update: WindowUpdate, number: number): UpdateItemCommand {
    return new UpdateItemCommand({
      TableName: tableName,
      Key,
      ...toUpdateExpression(update, { instance, number, instances, expiresAt: expiresAt() }),
      ReturnValues: 'ALL_NEW',
      // Saves a read where the conditions do not hold.
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  }

  return {
    async read() {
      return toWindow(await load());
    },

    async update(update) {
      const number = nextNumber();
      try {
        const { Attributes } = await client.send(toCommand(update, number));
        return { isMade: true, window: toWindow(Attributes) };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        // Some emulators do not return the item.
        const item = error.Item ?? (await load());
        const isMade = item?.[instanceName(instance)]?.N === String(number);
        return { isMade, window: toWindow(item) };
      }
    },

    async replace(seconds) {
      const Item = { ...Key, ...toWindowItem(seconds), ...toItem({ expiresAt: expiresAt() }) };
      await client.send(new PutItemCommand({ TableName: tableName, Item }));
    },
  };
}
