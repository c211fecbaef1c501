import { randomUUID } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Clock } from '../domain/clock.ts';
import type { VersionedItem, VersionedValue } from '../domain/versioned-item.ts';
import type { Item } from './item.ts';
import { createReadItems } from './read-items.ts';

/** DynamoDB deletes an item that was not written for this long. It is created again when needed. */
const KEPT_SECONDS = 7 * 86_400;

/** The `expiresAt` of an item that is written now, in seconds since the epoch. */
export function keptUntil(nowMs: number): number {
  return Math.floor(nowMs / 1_000) + KEPT_SECONDS;
}

/**
 * A versioned item in the requests table: the lease for requesting a token. A write whose
 * response was lost, and that the SDK therefore repeated, counts as made.
 * @param key the item's partition key
 */
export function createDynamoItem(
  client: DynamoDBClient,
  { tableName, key, clock }: { tableName: string; key: string; clock: Clock },
): VersionedItem {
  const Key = { pk: { S: key } };

  const load = () => createReadItems(client, tableName).one(Key, { consistent: true });

  return {
    async read() {
      return toValue(await load());
    },

    async write(value, previousVersion) {
      const version = previousVersion + 1;
      const writeId = randomUUID();
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key,
            UpdateExpression:
              'SET document = :document, version = :version, writeId = :writeId, expiresAt = :expiresAt',
            ConditionExpression:
              previousVersion === 0 ? 'attribute_not_exists(pk)' : 'version = :previous',
            ExpressionAttributeValues: {
              ':document': { S: JSON.stringify(value) },
              ':version': { N: String(version) },
              ':writeId': { S: writeId },
              ':expiresAt': { N: String(keptUntil(clock.now())) },
              ...(previousVersion === 0 ? {} : { ':previous': { N: String(previousVersion) } }),
            },
            // Saves a read where writers compete.
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        );
        return { isWritten: true, version };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        // Some emulators do not return the item.
        const found = error.Item ?? (await load());
        if (found?.writeId?.S === writeId) return { isWritten: true, version };
        return { isWritten: false, current: toValue(found) };
      }
    },
  };
}

function toValue(item: Item | undefined): VersionedValue | undefined {
  return (
    item && {
      value: parse(item.document?.S ?? ''),
      version: Number(item.version?.N ?? 0),
    }
  );
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
