import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { awsClientSettings } from '../../lib/aws/aws-client-settings.ts';
import { createChangeVisibility } from '../../lib/aws/change-visibility.ts';
import { createGetSecret, type GetSecret } from '../../lib/aws/get-secret.ts';
import { createSendMessage } from '../../lib/aws/send-message.ts';
import { readRelayConfig } from '../../lib/config.ts';
import { createSendHttp } from '../../lib/http/send-http.ts';
import { createLogger } from '../../lib/logger.ts';
import { createPutMetrics } from '../../lib/metrics.ts';
import { createDynamoRecordStore } from '../../lib/records/dynamo-record-store.ts';
import { startFunction } from '../../lib/start-function.ts';
import { systemClock } from '../../lib/system-clock.ts';
import { createCheckedLookup } from '../../lib/webhook/checked-lookup.ts';
import { createRelay } from './create-relay.ts';

const sendHttp = createSendHttp();

// Two tries end within 6.5 s, which leaves time for a try to deliver.
const attempts = { maxAttempts: 2 };
const sqs = new SQSClient(awsClientSettings('SQS', attempts));
const dynamo = new DynamoDBClient(awsClientSettings('DYNAMODB', attempts));

/** Created with the first read: without signing there is no secret to read. */
let readSecret: GetSecret | undefined;
const getSecret: GetSecret = (...secret) => {
  readSecret ??= createGetSecret(
    new SecretsManagerClient(awsClientSettings('SECRETS_MANAGER', attempts)),
  );
  return readSecret(...secret);
};

const ports = {
  changeVisibility: createChangeVisibility(sqs, { clock: systemClock }),
  log: createLogger('relay'),
  putMetrics: createPutMetrics('relay'),
};

export const handler = startFunction({
  ...ports,
  sqsEndpoint: process.env.AWS_ENDPOINT_URL_SQS ?? process.env.AWS_ENDPOINT_URL,
  create: () => {
    const config = readRelayConfig(process.env);
    return createRelay({
      ...ports,
      config,
      records: createDynamoRecordStore(dynamo, {
        tableName: config.REQUESTS_TABLE_NAME,
        clock: systemClock,
      }),
      newWriteId: randomUUID,
      sendHttp,
      lookup: createCheckedLookup({ allowPrivate: config.WEBHOOK_ALLOW_PRIVATE }),
      sendMessage: createSendMessage(sqs),
      getSecret,
      clock: systemClock,
      random: Math.random,
    });
  },
});
