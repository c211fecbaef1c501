import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { awsClientSettings } from '../../lib/aws/aws-client-settings.ts';
import { createGetSecret } from '../../lib/aws/get-secret.ts';
import { createPutSecret } from '../../lib/aws/put-secret.ts';
import { createSendInBatches } from '../../lib/aws/send-in-batches.ts';
import { readFollowUpConfig } from '../../lib/config.ts';
import { createSendHttp } from '../../lib/http/send-http.ts';
import { createLogger } from '../../lib/logger.ts';
import { createPutMetrics } from '../../lib/metrics.ts';
import { createDynamoCallWindow } from '../../lib/records/dynamo-call-window.ts';
import { createDynamoConversationLeases } from '../../lib/records/dynamo-conversation-leases.ts';
import { createDynamoItem } from '../../lib/records/dynamo-item.ts';
import { createDynamoRecordStore } from '../../lib/records/dynamo-record-store.ts';
import { startFunction } from '../../lib/start-function.ts';
import { systemClock as clock } from '../../lib/system-clock.ts';
import { createFollowUp } from './create-follow-up.ts';

const sqs = new SQSClient(awsClientSettings('SQS'));
const secrets = new SecretsManagerClient(awsClientSettings('SECRETS_MANAGER'));
const dynamoDb = new DynamoDBClient(awsClientSettings('DYNAMODB'));
const ports = { log: createLogger('follow-up'), putMetrics: createPutMetrics('follow-up') };

export const handler = startFunction({
  ...ports,
  create() {
    const config = readFollowUpConfig(process.env);
    const tableName = config.REQUESTS_TABLE_NAME;
    return createFollowUp({
      ...ports,
      config,
      records: createDynamoRecordStore(dynamoDb, { tableName, clock }),
      leases: createDynamoConversationLeases(dynamoDb, { tableName }),
      openItem: (key) => createDynamoItem(dynamoDb, { tableName, key, clock }),
      openCallWindow: (key) => createDynamoCallWindow(dynamoDb, { tableName, key, clock }),
      sendHttp: createSendHttp(),
      sendMessage: createSendInBatches(sqs, { clock }),
      getSecret: createGetSecret(secrets),
      putSecret: createPutSecret(secrets),
      clock,
      random: Math.random,
      randomUuid: randomUUID,
    });
  },
});
