import { isDeepStrictEqual } from 'node:util';
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Clock } from '../domain/clock.ts';
import type { RequestRecord } from '../domain/request-record.ts';
import { type Item, toItem } from './item.ts';
import { decodeCursor, encodeCursor } from './list-cursor.ts';
import { createReadItems } from './read-items.ts';
import {
  conversationKey,
  DUE_SHARDS,
  fromRecordItem,
  recordKey,
  toRecordItem,
} from './record-item.ts';
import type { RecordStore } from './record-store.ts';

export interface DynamoRecordStoreOptions {
  tableName: string;
  clock: Pick<Clock, 'now'>;
  /** Consistent reads that begin together share a BatchGetItem, which the role must allow. Default false */
  sharesReads?: boolean;
  /** Called for an item in a list that cannot be read. The list omits it. Default: nothing. */
  onUnreadable?: (key: string, error: unknown) => void;
}

/**
 * The request records in the table (resources/table.yml).
 *
 * The SDK repeats a request whose response was lost, and the condition of the repeated write then
 * fails because of the first. A failed condition is therefore followed by a consistent read. A
 * record with the `writeId` of the write proves that it was made.
 */
export function createDynamoRecordStore(
  client: DynamoDBClient,
  { tableName, clock, sharesReads = false, onUnreadable = () => {} }: DynamoRecordStoreOptions,
): RecordStore {
  const TableName = tableName;
  const readItems = createReadItems(client, tableName);

  async function read(requestId: string, consistent: boolean): Promise<RequestRecord | undefined> {
    const key = recordKey(requestId);
    const together = sharesReads && consistent;
    const item = await (together ? readItems.together(key) : readItems.one(key, { consistent }));
    const record = item && fromRecordItem(item);
    // TTL deletes items up to days after their time.
    return record && record.expiresAtMs > clock.now() ? record : undefined;
  }

  /** Records that exist, in the order of their keys. */
  async function readAll(keys: Item[], consistent: boolean): Promise<RequestRecord[]> {
    const items = await readItems.many(keys, { consistent });
    const byKey = new Map(items.map((item) => [item.pk?.S, item]));
    return keys.flatMap(({ pk }) => {
      const item = byKey.get(pk?.S);
      if (!item) return [];
      try {
        const record = fromRecordItem(item);
        return record.expiresAtMs > clock.now() ? [record] : [];
      } catch (error) {
        onUnreadable(pk?.S ?? '', error);
        return [];
      }
    });
  }

  async function query(
    input: Omit<QueryCommandInput, 'TableName'>,
    limit: number,
    isWanted: (key: Item) => boolean = () => true,
  ) {
    const keys: Item[] = [];
    let ExclusiveStartKey = input.ExclusiveStartKey;
    do {
      const page = await client.send(
        new QueryCommand({ TableName, ...input, ExclusiveStartKey, Limit: limit }),
      );
      keys.push(...(page.Items ?? []).filter(isWanted).slice(0, limit - keys.length));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey && keys.length < limit);
    return keys;
  }

  const queryDue = (
    shard: string,
    { nowMs, limit, isWanted }: { nowMs: number; limit: number; isWanted: (key: Item) => boolean },
  ) =>
    query(
      {
        IndexName: 'due',
        KeyConditionExpression: 'dueShard = :shard AND dueAtMs <= :now',
        ExpressionAttributeValues: toItem({ ':shard': shard, ':now': nowMs }),
      },
      limit,
      isWanted,
    );

  return {
    async create(record) {
      for (let tries = 0; ; tries += 1) {
        const isWritten = await unlessConditionFails(
          client.send(
            new PutItemCommand({
              TableName,
              Item: toRecordItem(record),
              ConditionExpression: 'attribute_not_exists(pk) OR expiresAtMs <= :now',
              ExpressionAttributeValues: toItem({ ':now': clock.now() }),
            }),
          ),
        );
        if (isWritten) return undefined;
        const existing = await read(record.requestId, true);
        if (existing) return existing.writeId === record.writeId ? undefined : existing;
        // It has expired or was deleted after the condition was checked.
        if (tries > 0) throw new Error('The record disappeared while it was being created');
      }
    },

    get: (requestId, { consistent = true } = {}) => read(requestId, consistent),

    async replace(previous, next) {
      const isWritten = await unlessConditionFails(
        client.send(new UpdateItemCommand({ TableName, ...toUpdate(previous, next) })),
      );
      if (isWritten) return true;
      return (await read(next.requestId, true))?.writeId === next.writeId;
    },

    async listByConversation(conversationId, { limit, cursor }) {
      const key = conversationKey(conversationId);
      const start = cursor === undefined ? undefined : decodeCursor(cursor);
      const keys = await query(
        {
          IndexName: 'byConversation',
          KeyConditionExpression: 'conversationKey = :conversation',
          ExpressionAttributeValues: toItem({ ':conversation': key }),
          ScanIndexForward: false,
          ...(start === undefined ? {} : { ExclusiveStartKey: indexKey(key, start) }),
        },
        // One more than the page, which tells whether there is another page.
        limit + 1,
      );
      const page = keys.slice(0, limit);
      const last = page.at(-1)?.requestedAtId?.S;
      return {
        records: await readAll(page.map(tableKey), false),
        ...(keys.length > limit && last ? { nextCursor: encodeCursor(last) } : {}),
      };
    },

    async listDue(nowMs, limit, { except = new Set<string>(), shard } = {}) {
      const passedOver = new Set([...except].map((id) => recordKey(id).pk?.S));
      const isWanted = ({ pk }: Item) => !passedOver.has(pk?.S);
      const shards = await Promise.all(
        DUE_SHARDS.filter((_, index) => shard === undefined || index === shard).map((name) =>
          queryDue(name, { nowMs, limit, isWanted }),
        ),
      );
      const keys = shards
        .flat()
        .sort((a, b) => Number(a.dueAtMs?.N) - Number(b.dueAtMs?.N))
        .slice(0, limit);
      const records = await readAll(keys.map(tableKey), true);
      // The index lags behind the table.
      return records
        .filter(({ dueAtMs }) => dueAtMs !== undefined && dueAtMs <= nowMs)
        .sort((a, b) => (a.dueAtMs ?? 0) - (b.dueAtMs ?? 0));
    },
  };
}

/** Sets changed fields and removes dropped ones, so that fields of a later version are kept. */
function toUpdate(previous: RequestRecord, next: RequestRecord) {
  const before = toRecordItem(previous);
  const after = toRecordItem(next);
  const set = Object.keys(after).filter((name) => !isDeepStrictEqual(before[name], after[name]));
  const removed = Object.keys(before).filter((name) => !(name in after));
  const values = Object.fromEntries(set.map((name) => [`:${name}`, after[name]]));
  const names = new Set([...set, ...removed, 'version', 'writeId']);
  return {
    Key: recordKey(next.requestId),
    UpdateExpression: [
      ...(set.length > 0 ? [`SET ${set.map((name) => `#${name} = :${name}`).join(', ')}`] : []),
      ...(removed.length > 0 ? [`REMOVE ${removed.map((name) => `#${name}`).join(', ')}`] : []),
    ].join(' '),
    // The version alone could match a record that was created again after the old one expired.
    ConditionExpression: '#version = :previousVersion AND #writeId = :previousWriteId',
    ExpressionAttributeNames: Object.fromEntries([...names].map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...values,
      ...toItem({ ':previousVersion': previous.version, ':previousWriteId': previous.writeId }),
    } as Item,
  };
}

function tableKey({ pk }: Item): Item {
  return pk ? { pk } : {};
}

function indexKey(conversation: string, requestedAtId: string): Item {
  const requestId = requestedAtId.slice(requestedAtId.indexOf('#') + 1);
  return { ...recordKey(requestId), ...toItem({ conversationKey: conversation, requestedAtId }) };
}

/** @returns whether the write was made; false if its condition failed */
async function unlessConditionFails(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
