import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { awsClientSettings } from '../../lib/aws/aws-client-settings.ts';
import { createChangeVisibility } from '../../lib/aws/change-visibility.ts';
import { createDeleteMessage } from '../../lib/aws/delete-message.ts';
import { createGetSecret } from '../../lib/aws/get-secret.ts';
import { createPutSecret } from '../../lib/aws/put-secret.ts';
import { createSendMessage } from '../../lib/aws/send-message.ts';
import { readAdderConfig } from '../../lib/config.ts';
import { createSendHttp } from '../../lib/http/send-http.ts';
import { createLogger } from '../../lib/logger.ts';
import { createPutMetrics } from '../../lib/metrics.ts';
import { createDynamoCallWindow } from '../../lib/records/dynamo-call-window.ts';
import { createDynamoConversationLeases } from '../../lib/records/dynamo-conversation-leases.ts';
import { createDynamoItem } from '../../lib/records/dynamo-item.ts';
import { createDynamoRecordStore } from '../../lib/records/dynamo-record-store.ts';
import { startFunction } from '../../lib/start-function.ts';
import { systemClock } from '../../lib/system-clock.ts';
import { createAdder } from './create-adder.ts';

const sqs = new SQSClient(awsClientSettings('SQS'));
const secrets = new SecretsManagerClient(awsClientSettings('SECRETS_MANAGER'));
const dynamoDb = new DynamoDBClient(awsClientSettings('DYNAMODB'));
const ports = {
  changeVisibility: createChangeVisibility(sqs, { clock: systemClock }),
  log: createLogger('adder'),
  putMetrics: createPutMetrics('adder'),
};

export const handler = startFunction({
  ...ports,
  sqsEndpoint: process.env.AWS_ENDPOINT_URL_SQS ?? process.env.AWS_ENDPOINT_URL,
  create() {
    const config = readAdderConfig(process.env);
    const { REQUESTS_TABLE_NAME: tableName } = config;
    return createAdder({
      ...ports,
      config,
      records: createDynamoRecordStore(dynamoDb, {
        tableName,
        clock: systemClock,
        sharesReads: true,
      }),
      openItem: (key) => createDynamoItem(dynamoDb, { tableName, key, clock: systemClock }),
      openCallWindow: (key) =>
        createDynamoCallWindow(dynamoDb, { tableName, key, clock: systemClock }),
      leases: createDynamoConversationLeases(dynamoDb, { tableName }),
      sendHttp: createSendHttp(),
      sendMessage: createSendMessage(sqs),
      deleteMessage: createDeleteMessage(sqs),
      getSecret: createGetSecret(secrets),
      putSecret: createPutSecret(secrets),
      clock: systemClock,
      random: Math.random,
      randomUuid: randomUUID,
    });
  },
});
