import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { awsClientSettings } from '../../lib/aws/aws-client-settings.ts';
import { createSendMessage } from '../../lib/aws/send-message.ts';
import { readRequestsConfig } from '../../lib/config.ts';
import { createLogger } from '../../lib/logger.ts';
import { createPutMetrics } from '../../lib/metrics.ts';
import { createDynamoRecordStore } from '../../lib/records/dynamo-record-store.ts';
import { createWaitForResult } from '../../lib/records/wait-for-result.ts';
import { createWaiterSlots } from '../../lib/records/waiter-slots.ts';
import { startFunction } from '../../lib/start-function.ts';
import { systemClock as clock } from '../../lib/system-clock.ts';
import { createRequests } from './create-requests.ts';

const attempts = { maxAttempts: 2 };
const sqs = new SQSClient(awsClientSettings('SQS', attempts));
const dynamoDb = new DynamoDBClient(awsClientSettings('DYNAMODB', attempts));
const ports = { log: createLogger('requests'), putMetrics: createPutMetrics('requests') };

export const handler = startFunction({
  ...ports,
  create() {
    const config = readRequestsConfig(process.env);
    const { REQUESTS_TABLE_NAME: tableName, MAX_WAITING_REQUESTS } = config;
    const records = createDynamoRecordStore(dynamoDb, { tableName, clock });
    const slots = createWaiterSlots(dynamoDb, {
      tableName,
      slots: MAX_WAITING_REQUESTS,
      clock,
      random: Math.random,
      randomUuid: randomUUID,
    });
    return createRequests({
      ...ports,
      records,
      waitForResult: createWaitForResult({ records, slots, clock }),
      sendMessage: createSendMessage(sqs),
      auditQueueUrl: config.AUDIT_QUEUE_URL,
      readAllCallers: config.READ_ALL_CALLERS,
      retentionMs: config.RECORD_RETENTION_DAYS * 86_400_000,
      clock,
      randomUuid: randomUUID,
      newWriteId: randomUUID,
    });
  },
});
