import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createDynamoRecordStore } from '../lib/records/dynamo-record-store.ts';
import type { RecordStore } from '../lib/records/record-store.ts';
import { systemClock as clock } from '../lib/system-clock.ts';
import type { Servers } from './start-servers.ts';

/** The record store of the functions that `environment` is for. */
export function openRecords({ environment }: Pick<Servers, 'environment'>): {
  records: RecordStore;
  close(): void;
} {
  const client = new DynamoDBClient({
    region: environment.AWS_REGION ?? '',
    endpoint: environment.AWS_ENDPOINT_URL_DYNAMODB ?? '',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const tableName = environment.REQUESTS_TABLE_NAME ?? '';
  return {
    records: createDynamoRecordStore(client, { tableName, clock }),
    close: () => client.destroy(),
  };
}
