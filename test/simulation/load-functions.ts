import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createAdder } from '../../functions/adder/create-adder.ts';
import { createFollowUp } from '../../functions/follow-up/create-follow-up.ts';
import { createIntake } from '../../functions/intake/create-intake.ts';
import { createRelay } from '../../functions/relay/create-relay.ts';
import { createRequests } from '../../functions/requests/create-requests.ts';
import type { ApiEvent } from '../../lib/aws/api-request.ts';
import type { ApiResponse } from '../../lib/aws/problem-response.ts';
import { readAdderConfig, readFollowUpConfig, readRelayConfig } from '../../lib/config.ts';
import { createAddressPolicy } from '../../lib/domain/allowed-addresses.ts';
import type { SendHttp } from '../../lib/http/send-http.ts';
import type { LambdaContext } from './function-slot.ts';
import { type AwsPorts, QUEUE_URLS, SECRET_IDS } from './simulated-aws.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { World } from './world.ts';

export type BatchFunction = (event: SQSEvent, context: LambdaContext) => Promise<SQSBatchResponse>;
export type ApiFunction = (event: ApiEvent) => Promise<ApiResponse>;
export type FollowUpFunction = (
  event: SQSEvent | object,
  context: LambdaContext,
) => Promise<SQSBatchResponse>;

export const RETENTION_MS = 30 * 86_400_000;
const WEBHOOK_URL = 'https://receiver.example/webhook';
const putMetrics = () => {};

const genesysSettings = ({ plan }: World) => ({
  GENESYS_ENV: 'us-east-1',
  REQUESTS_TABLE_NAME: 'requests',
  GENESYS_CREDENTIALS_SECRET_ID: SECRET_IDS.credentials,
  GENESYS_TOKEN_SECRET_ID: SECRET_IDS.token,
  GENESYS_REQUESTS_PER_SECOND: String(plan.requestsPerSecond),
});

/** Loads intake in a process. */
export function loadIntake(
  world: World,
  { clock, log }: SimulatedProcess,
  { sendMessage, records }: AwsPorts,
): ApiFunction {
  const intake = createIntake({
    requestQueueUrl: QUEUE_URLS.requests,
    retentionMs: RETENTION_MS,
    addressPolicy: createAddressPolicy(),
    records,
    waitForResult: async (record) => ({ record, applied: false }),
    sendMessage,
    clock,
    randomUuid: world.newId,
    newWriteId: world.newId,
    traceHeader: () => undefined,
    log,
    putMetrics,
  });
  return (event) => intake(event, {});
}

/** Loads `requests` in a process. */
export function loadRequests(
  world: World,
  { clock, log }: SimulatedProcess,
  { sendMessage, records }: AwsPorts,
): ApiFunction {
  const requests = createRequests({
    records,
    waitForResult: async (record) => ({ record, applied: false }),
    sendMessage,
    auditQueueUrl: QUEUE_URLS.audit,
    readAllCallers: [],
    retentionMs: RETENTION_MS,
    clock,
    randomUuid: world.newId,
    newWriteId: world.newId,
    log,
    putMetrics,
  });
  return (event) => requests(event, {}) as Promise<ApiResponse>;
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
    config: readAdderConfig({
      ...genesysSettings(world),
      WATCH_QUEUE_URL: QUEUE_URLS.watch,
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
      AUDIT_QUEUE_URL: QUEUE_URLS.audit,
      AUDIT_DLQ_URL: QUEUE_URLS.auditDead,
      EXTERNAL_WEBHOOK_URL: WEBHOOK_URL,
      WEBHOOK_SIGNING_SECRET_ID: SECRET_IDS.signing,
      REQUESTS_TABLE_NAME: 'requests',
    }),
    records: aws.records,
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

/** Loads `follow-up` in a process. */
export function loadFollowUp(
  world: World,
  { clock, log, random }: SimulatedProcess,
  aws: AwsPorts,
  sendHttp: SendHttp,
): FollowUpFunction {
  return createFollowUp({
    config: readFollowUpConfig({
      ...genesysSettings(world),
      AUDIT_QUEUE_URL: QUEUE_URLS.audit,
      WATCH_QUEUE_URL: QUEUE_URLS.watch,
    }),
    sendHttp,
    ...aws,
    clock,
    random,
    randomUuid: world.newId,
    log,
    putMetrics,
  });
}
