import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { type AdderPorts, createAdder } from '../functions/adder/create-adder.ts';
import type { AdderContext } from '../functions/adder/handler.ts';
import { readMessage } from '../functions/adder/read-message.ts';
import { awsClientSettings } from '../lib/aws/aws-client-settings.ts';
import { createChangeVisibility } from '../lib/aws/change-visibility.ts';
import { createGetSecret } from '../lib/aws/get-secret.ts';
import { createPutSecret } from '../lib/aws/put-secret.ts';
import { createSendMessage } from '../lib/aws/send-message.ts';
import { readAdderConfig } from '../lib/config.ts';
import { newRecord } from '../lib/domain/record-transitions.ts';
import { createMemoryCallWindow } from '../lib/genesys/pace/memory-call-window.ts';
import { createMemoryItem } from '../lib/genesys/pace/memory-item.ts';
import { createSendHttp } from '../lib/http/send-http.ts';
import { createLogger } from '../lib/logger.ts';
import { createPutMetrics } from '../lib/metrics.ts';
import { systemClock as clock } from '../lib/system-clock.ts';
import { createMemoryTable } from './memory-table.ts';

/** Each operation of the table takes so long. */
const TABLE_MS = 5;
const RETENTION_MS = 30 * 86_400_000;

/** The port, each of its calls later by the time that DynamoDB takes. */
function slow<Port extends object>(port: Port): Port {
  return new Proxy(port, {
    get(target, name) {
      const method = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        await delay(TABLE_MS);
        return method.apply(target, args);
      };
    },
  });
}

const table = createMemoryTable();
const sqs = new SQSClient(awsClientSettings('SQS'));
const secrets = new SecretsManagerClient(awsClientSettings('SECRETS_MANAGER'));
const ports: AdderPorts = {
  config: readAdderConfig(process.env),
  records: slow(table.records),
  leases: slow(table.leases),
  openItem: () => slow(createMemoryItem()),
  openCallWindow: () => slow(createMemoryCallWindow()),
  sendHttp: createSendHttp(),
  sendMessage: createSendMessage(sqs),
  changeVisibility: createChangeVisibility(sqs, { clock }),
  getSecret: createGetSecret(secrets),
  putSecret: createPutSecret(secrets),
  clock,
  random: Math.random,
  randomUuid: randomUUID,
  log: createLogger('adder'),
  putMetrics: createPutMetrics('adder'),
};
const adder = createAdder(ports);

/**
 * The adder with everything real except the table, which is in memory and 5 ms away. dynalite takes several times as
 * long as DynamoDB. The records exist when the messages come, as intake creates them.
 */
export async function handler(event: SQSEvent, context: AdderContext) {
  const nowMs = clock.now();
  for (const message of event.Records) {
    const { request } = readMessage(message, nowMs);
    const created = { nowMs, writeId: randomUUID(), retentionMs: RETENTION_MS };
    await table.records.create(newRecord(request, created));
  }
  return adder(event, context);
}
