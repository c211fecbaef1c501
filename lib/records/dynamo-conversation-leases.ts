import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { type ConversationLeases, type RecentAdd, recentAddsAt } from './conversation-lease.ts';
import { fromItem, type Item, toAttribute, toItem } from './item.ts';
import { conversationKey } from './record-item.ts';

/**
 * The item outlives its last lease by this, in seconds. The fencing number starts again after that;
 * the owner, which is unique to each lease, still tells leases apart.
 */
const KEEP_SECONDS = 86_400;

const leaseItem = z.object({
  owner: z.optional(z.string()),
  fence: z.int(),
  leaseExpiresAtMs: z.optional(z.int()),
  recentAdds: z.array(
    z.object({
      requestId: z.string(),
      participant: z.object({ id: z.optional(z.string()), address: z.optional(z.string()) }),
      atMs: z.int(),
    }),
  ),
});

const NAMES = { '#owner': 'owner' };
const IS_HELD_BY_US = '#owner = :owner AND fence = :fence';

/**
 * The lease items in the table. Every write can be repeated, as the SDK does when a response was lost:
 * an owner acquires its own lease again, and the other operations are idempotent.
 */
export function createDynamoConversationLeases(
  client: DynamoDBClient,
  { tableName }: { tableName: string },
): ConversationLeases {
  const TableName = tableName;
  const keyOf = (conversationId: string) => toItem({ pk: conversationKey(conversationId) });

  async function read(conversationId: string) {
    const { Item: item } = await client.send(
      new GetItemCommand({ TableName, Key: keyOf(conversationId), ConsistentRead: true }),
    );
    return item && parse(item);
  }

  /** @returns the item after the write, or `undefined` if the condition failed */
  async function update(
    conversationId: string,
    input: { change: string; condition: string; values: Record<string, unknown> },
  ) {
    try {
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          TableName,
          Key: keyOf(conversationId),
          UpdateExpression: input.change,
          ConditionExpression: input.condition,
          ExpressionAttributeNames: NAMES,
          ExpressionAttributeValues: toItem(input.values),
          ReturnValues: 'ALL_NEW',
        }),
      );
      return Attributes ?? {};
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }

  return {
    async acquire(conversationId, { owner, nowMs, durationMs }) {
      const expiresAtMs = nowMs + durationMs;
      const written = await update(conversationId, {
        change:
          'SET #owner = :owner, fence = if_not_exists(fence, :zero) + :one, leaseExpiresAtMs = :expires, ' +
          'recentAdds = if_not_exists(recentAdds, :none), expiresAt = :ttl',
        condition:
          'attribute_not_exists(leaseExpiresAtMs) OR leaseExpiresAtMs <= :now OR #owner = :owner',
        values: {
          ':owner': owner,
          ':zero': 0,
          ':one': 1,
          ':none': [],
          ':expires': expiresAtMs,
          ':now': nowMs,
          ':ttl': ttl(expiresAtMs),
        },
      });
      if (!written) {
        // Released meanwhile. The caller may retry immediately.
        return { heldUntilMs: (await read(conversationId))?.leaseExpiresAtMs ?? nowMs };
      }
      const { fence, recentAdds } = parse(written);
      return {
        conversationId,
        owner,
        fence,
        expiresAtMs,
        recentAdds: recentAddsAt(nowMs, recentAdds),
      };
    },

    async announceAdds(lease, { nowMs, expiresAtMs, adds }) {
      const recentAdds = recentAddsAt(nowMs, [...lease.recentAdds, ...adds]);
      const written = await update(lease.conversationId, {
        change: 'SET leaseExpiresAtMs = :expires, recentAdds = :adds, expiresAt = :ttl',
        condition: `${IS_HELD_BY_US} AND leaseExpiresAtMs > :now`,
        values: {
          ':owner': lease.owner,
          ':fence': lease.fence,
          ':expires': expiresAtMs,
          ':adds': recentAdds,
          ':now': nowMs,
          ':ttl': ttl(expiresAtMs),
        },
      });
      if (!written) return false;
      Object.assign(lease, { expiresAtMs, recentAdds });
      return true;
    },

    async release({ conversationId, owner, fence, recentAdds }) {
      await update(conversationId, {
        change: 'SET recentAdds = :adds REMOVE #owner, leaseExpiresAtMs',
        condition: IS_HELD_BY_US,
        values: { ':owner': owner, ':fence': fence, ':adds': recentAdds },
      });
    },

    async isHeld(conversationId, nowMs) {
      return ((await read(conversationId))?.leaseExpiresAtMs ?? 0) > nowMs;
    },
  };
}

function parse(item: Item) {
  const lease = leaseItem.parse(fromItem({ recentAdds: toAttribute([]), ...item }));
  return { ...lease, recentAdds: lease.recentAdds satisfies unknown[] as RecentAdd[] };
}

/** The table's TTL attribute, in seconds since the epoch. */
const ttl = (expiresAtMs: number) => Math.ceil(expiresAtMs / 1000) + KEEP_SECONDS;
