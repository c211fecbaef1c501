import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Clock } from '../domain/clock.ts';

const MINUTE_MS = 60_000;
/** A counter is not needed after its minute. TTL deletes it later. */
const KEEP_SECONDS = 600;

/** Counts a request of a caller. @returns seconds until the next minute if the quota is used up */
export type TakeFromQuota = (callerId: string) => Promise<number | undefined>;

/**
 * Requests that one caller may send in a calendar minute: one counter a minute, raised by one
 * conditional update. The returned function throws the SDK's errors as they are.
 */
export function createCallerQuota(
  client: Pick<DynamoDBClient, 'send'>,
  {
    tableName,
    requestsPerMinute,
    clock,
  }: { tableName: string; requestsPerMinute: number; clock: Pick<Clock, 'now'> },
): TakeFromQuota {
  return async (callerId) => {
    const nowMs = clock.now();
    const minute = Math.floor(nowMs / MINUTE_MS);
    const endsAtMs = (minute + 1) * MINUTE_MS;
    try {
      await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: { pk: { S: `quota#${callerId}#${minute}` } },
          UpdateExpression: 'ADD requests :one SET expiresAt = :expiresAt',
          ConditionExpression: 'attribute_not_exists(requests) OR requests < :limit',
          ExpressionAttributeValues: {
            ':one': { N: '1' },
            ':limit': { N: String(requestsPerMinute) },
            ':expiresAt': { N: String(Math.ceil(endsAtMs / 1_000) + KEEP_SECONDS) },
          },
        }),
      );
      return undefined;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return Math.max(1, Math.ceil((endsAtMs - nowMs) / 1_000));
    }
  };
}
