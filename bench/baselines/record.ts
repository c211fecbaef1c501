import {
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';

const TableName = process.env.REQUESTS_TABLE_NAME;
const keyOf = (requestId: string) => ({ pk: { S: `bench#${requestId}` } });

/** The record as the baselines have it: what was asked for, as one text. */
export async function putRecord(client: DynamoDBClient, requestId: string, request: string) {
  const Item = { ...keyOf(requestId), request: { S: request } };
  const ConditionExpression = 'attribute_not_exists(pk)';
  await client.send(new PutItemCommand({ TableName, Item, ConditionExpression }));
}

/** Reads the record. A missing one is not an error here. */
export async function getRecord(client: DynamoDBClient, requestId: string) {
  await client.send(new GetItemCommand({ TableName, Key: keyOf(requestId), ConsistentRead: true }));
}

/** Records that the result was delivered. */
export async function recordDelivery(client: DynamoDBClient, requestId: string) {
  await client.send(
    new UpdateItemCommand({
      TableName,
      Key: keyOf(requestId),
      UpdateExpression: 'SET delivered = :true',
      ExpressionAttributeValues: { ':true': { BOOL: true } },
    }),
  );
}
