import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { awsClientSettings } from '../../lib/aws/aws-client-settings.ts';
import { createSendMessage } from '../../lib/aws/send-message.ts';
import { readIntakeConfig } from '../../lib/config.ts';
import { createAddressPolicy } from '../../lib/domain/allowed-addresses.ts';
import { createLogger } from '../../lib/logger.ts';
import { createPutMetrics } from '../../lib/metrics.ts';
import { createCallerQuota } from '../../lib/records/caller-quota.ts';
import { createDynamoRecordStore } from '../../lib/records/dynamo-record-store.ts';
import { createWaitForResult } from '../../lib/records/wait-for-result.ts';
import { createWaiterSlots } from '../../lib/records/waiter-slots.ts';
import { startFunction } from '../../lib/start-function.ts';
import { systemClock as clock } from '../../lib/system-clock.ts';
import { createIntake } from './create-intake.ts';

// Two attempts end within 6.5 s, so that a write and a send end before API Gateway's 30 s.
const attempts = { maxAttempts: 2 };
const sqs = new SQSClient(awsClientSettings('SQS', attempts));
const dynamoDb = new DynamoDBClient(awsClientSettings('DYNAMODB', attempts));
const ports = { log: createLogger('intake'), putMetrics: createPutMetrics('intake') };

export const handler = startFunction({
  ...ports,
  create() {
    const config = readIntakeConfig(process.env);
    const { REQUESTS_TABLE_NAME: tableName, CALLER_REQUESTS_PER_MINUTE: requestsPerMinute } =
      config;
    const records = createDynamoRecordStore(dynamoDb, { tableName, clock });
    const slots = createWaiterSlots(dynamoDb, {
      tableName,
      slots: config.MAX_WAITING_REQUESTS,
      clock,
      random: Math.random,
      randomUuid: randomUUID,
    });
    return createIntake({
      ...ports,
      requestQueueUrl: config.REQUEST_QUEUE_URL,
      retentionMs: config.RECORD_RETENTION_DAYS * 86_400_000,
      addressPolicy: createAddressPolicy(config.ALLOWED_ADDRESSES),
      records,
      takeFromQuota:
        requestsPerMinute > 0
          ? createCallerQuota(dynamoDb, { tableName, requestsPerMinute, clock })
          : undefined,
      waitForResult: createWaitForResult({ records, slots, clock }),
      sendMessage: createSendMessage(sqs),
      clock,
      randomUuid: randomUUID,
      newWriteId: randomUUID,
      traceHeader: () => process.env._X_AMZN_TRACE_ID,
    });
  },
});
