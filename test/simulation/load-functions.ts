import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createAdder } from '../../functions/adder/create-adder.ts';
import { createIntake } from '../../functions/intake/create-intake.ts';
import { createRelay } from '../../functions/relay/create-relay.ts';
import type { ApiEvent } from '../../lib/aws/api-request.ts';
import type { ApiResponse } from '../../lib/aws/problem-response.ts';
import { readAdderConfig, readRelayConfig } from '../../lib/config.ts';
import { createAddressPolicy } from '../../lib/domain/allowed-addresses.ts';
import type { SendHttp } from '../../lib/http/send-http.ts';
import type { LambdaContext } from './function-slot.ts';
import { type AwsPorts, QUEUE_URLS, SECRET_IDS } from './simulated-aws.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { createSimulatedTable, type SimulatedTable } from './simulated-records.ts';
import type { World } from './world.ts';

export type BatchFunction = (event: SQSEvent, context: LambdaContext) => Promise<SQSBatchResponse>;

const WEBHOOK_URL = 'https://receiver.example/webhook';
const putMetrics = () => {};

const tables = new WeakMap<World, SimulatedTable>();

function tableOf(world: World): SimulatedTable {
  const table = tables.get(world) ?? createSimulatedTable();
  tables.set(world, table);
  return table;
}

/** Loads intake in a process. */
export function loadIntake(
  world: World,
  { clock, log }: SimulatedProcess,
  aws: AwsPorts,
): (event: ApiEvent) => Promise<ApiResponse> {
  const intake = createIntake({
    requestQueueUrl: QUEUE_URLS.requests,
    retentionMs: 30 * 86_400_000,
    addressPolicy: createAddressPolicy(),
    records: tableOf(world).portsOf({ call: async (_, effect) => effect(), now: clock.now })
      .records,
    waitForResult: async (record) => ({ record, applied: false }),
    sendMessage: aws.sendMessage,
    clock,
    randomUuid: world.newId,
    newWriteId: world.newId,
    traceHeader: () => undefined,
    log,
    putMetrics,
  });
  return (event) => intake(event, {});
}

/** Loads the adder in a process. */
export function loadAdder(
  world: World,
  { clock, log, random }: SimulatedProcess,
  aws: AwsPorts,
  sendHttp: SendHttp,
): BatchFunction {
  const { plan, newId } = world;
  return createAdder({
    ...tableOf(world).portsOf({ call: async (_, effect) => effect(), now: clock.now }),
    config: readAdderConfig({
      GENESYS_ENV: 'us-east-1',
      REQUESTS_TABLE_NAME: 'requests',
      GENESYS_CREDENTIALS_SECRET_ID: SECRET_IDS.credentials,
      GENESYS_TOKEN_SECRET_ID: SECRET_IDS.token,
      GENESYS_REQUESTS_PER_SECOND: String(plan.requestsPerSecond),
      REQUEST_QUEUE_URL: QUEUE_URLS.requests,
      REQUEST_DLQ_URL: QUEUE_URLS.requestsDead,
      AUDIT_QUEUE_URL: QUEUE_URLS.audit,
      REQUEST_MAX_RECEIVES: String(plan.maxReceives),
    }),
    sendHttp,
    ...aws,
    clock,
    random,
    randomUuid: newId,
    log,
    putMetrics,
  });
}

/** Loads the relay in a process. */
export function loadRelay(
  world: World,
  { clock, log, random }: SimulatedProcess,
  aws: AwsPorts,
  sendHttp: SendHttp,
): BatchFunction {
  return createRelay({
    config: readRelayConfig({
      REQUESTS_TABLE_NAME: 'requests',
      AUDIT_QUEUE_URL: QUEUE_URLS.audit,
      AUDIT_DLQ_URL: QUEUE_URLS.auditDead,
      EXTERNAL_WEBHOOK_URL: WEBHOOK_URL,
      WEBHOOK_SIGNING_SECRET_ID: SECRET_IDS.signing,
    }),
    records: tableOf(world).portsOf({ call: async (_, effect) => effect(), now: clock.now })
      .records,
    newWriteId: world.newId,
    sendHttp,
    changeVisibility: aws.changeVisibility,
    sendMessage: aws.sendMessage,
    getSecret: aws.getSecret,
    clock,
    random,
    log,
    putMetrics,
  });
}
