import { randomUUID } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Clock } from '../domain/clock.ts';
import type { VersionedItem } from '../domain/versioned-item.ts';

/** DynamoDB deletes an item that was not written for this long. It is created again when needed. */
const KEPT_SECONDS = 7 * 86_400;

/**
 * A versioned item in the requests table: the call budget and the token's lease. A write whose
 * response was lost, and that the SDK therefore repeated, counts as made.
 * @param key the item's partition key
 */
export function createDynamoItem(
  client: DynamoDBClient,
  { tableName, key, clock }: { tableName: string; key: string; clock: Clock },
): VersionedItem {
  const Key = { pk: { S: key } };

  async function load() {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key, ConsistentRead: true }),
    );
    if (Item === undefined) return undefined;
    return {
      value: parse(Item.document?.S ?? ''),
      version: Number(Item.version?.N ?? 0),
      writeId: Item.writeId?.S,
    };
  }

  return {
    async read() {
      const found = await load();
      return found && { value: found.value, version: found.version };
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
              ':expiresAt': { N: String(Math.floor(clock.now() / 1_000) + KEPT_SECONDS) },
              ...(previousVersion === 0 ? {} : { ':previous': { N: String(previousVersion) } }),
            },
          }),
        );
        return version;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return (await load())?.writeId === writeId ? version : undefined;
      }
    },
  };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
