import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Clock, Random } from '../domain/clock.ts';

/** Number of slots to try before all count as taken. */
const TRIES = 4;

export interface WaiterSlots {
  /** @returns a function that frees the slot, or nothing if none was free */
  acquire(durationMs: number): Promise<(() => Promise<void>) | undefined>;
}

/**
 * Limits how many requests wait for a result at once, across all instances. A slot expires after
 * `durationMs`, so that a crash does not block it for long.
 */
export function createWaiterSlots(
  client: Pick<DynamoDBClient, 'send'>,
  deps: {
    tableName: string;
    /** 0: nothing waits. */
    slots: number;
    clock: Pick<Clock, 'now'>;
    random: Random;
    randomUuid: () => string;
  },
): WaiterSlots {
  const { tableName: TableName, slots, clock } = deps;

  async function take(number: number, owner: string, durationMs: number): Promise<boolean> {
    const nowMs = clock.now();
    try {
      await client.send(
        new UpdateItemCommand({
          TableName,
          Key: { pk: { S: `waiter#${number}` } },
          UpdateExpression: 'SET #owner = :owner, untilMs = :until, expiresAt = :expiresAt',
          ConditionExpression: 'attribute_not_exists(untilMs) OR untilMs < :now OR #owner = :owner',
          ExpressionAttributeNames: { '#owner': 'owner' },
          ExpressionAttributeValues: {
            ':owner': { S: owner },
            ':now': { N: String(nowMs) },
            ':until': { N: String(nowMs + durationMs) },
            ':expiresAt': { N: String(Math.ceil((nowMs + durationMs) / 1_000) + 600) },
          },
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  async function free(number: number, owner: string): Promise<void> {
    try {
      await client.send(
        new DeleteItemCommand({
          TableName,
          Key: { pk: { S: `waiter#${number}` } },
          ConditionExpression: '#owner = :owner',
          ExpressionAttributeNames: { '#owner': 'owner' },
          ExpressionAttributeValues: { ':owner': { S: owner } },
        }),
      );
    } catch {
      // The slot expires.
    }
  }

  return {
    async acquire(durationMs) {
      const owner = deps.randomUuid();
      const first = Math.floor(deps.random() * slots);
      for (let tried = 0; tried < Math.min(slots, TRIES); tried += 1) {
        const number = (first + tried) % slots;
        if (await take(number, owner, durationMs)) return () => free(number, owner);
      }
      return undefined;
    },
  };
}
