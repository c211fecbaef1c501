import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createHandler as createAdder } from '../../functions/adder/handler.ts';
import { createHandler as createIntake } from '../../functions/intake/handler.ts';
import { createHandler as createRelay } from '../../functions/relay/handler.ts';
import type { ApiEvent } from '../../lib/aws/api-request.ts';
import type { ApiResponse } from '../../lib/aws/problem-response.ts';
import { readIntakeConfig, readRelayConfig } from '../../lib/config.ts';
import { createGenesysClient } from '../../lib/genesys/api/genesys-client.ts';
import { resolveGenesysHost } from '../../lib/genesys/api/region.ts';
import { createSettlingTimes } from '../../lib/genesys/conversation/settling-times.ts';
import { RateLimiter } from '../../lib/genesys/pace/rate-limiter.ts';
import { createReadCredentials } from '../../lib/genesys/token/credentials.ts';
import { createRequestToken } from '../../lib/genesys/token/request-token.ts';
import { createTokenSource } from '../../lib/genesys/token/token-source.ts';
import { createTokenStore } from '../../lib/genesys/token/token-store.ts';
import { createUserLookup } from '../../lib/genesys/users/look-up-users.ts';
import type { SendHttp } from '../../lib/http/send-http.ts';
import type { LambdaContext } from './function-slot.ts';
import { type AwsPorts, QUEUE_URLS, SECRET_IDS } from './simulated-aws.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { World } from './world.ts';

export type BatchFunction = (event: SQSEvent, context: LambdaContext) => Promise<SQSBatchResponse>;

const WEBHOOK_URL = 'https://receiver.example/webhook';
const putMetrics = () => {};

/** Loads intake in a process, wired as its index.ts does it. */
export function loadIntake(
  { newId }: World,
  { clock, log }: SimulatedProcess,
  aws: AwsPorts,
): (event: ApiEvent) => Promise<ApiResponse> {
  const handler = createIntake({
    config: readIntakeConfig({ REQUEST_QUEUE_URL: QUEUE_URLS.requests }),
    sendMessage: aws.sendMessage,
    clock,
    randomUuid: newId,
    traceHeader: () => undefined,
    log,
    putMetrics,
  });
  return (event) => handler(event, {});
}

/** Loads the adder in a process, wired as its index.ts does it. */
export function loadAdder(
  { plan, newId }: World,
  { clock, log, random }: SimulatedProcess,
  aws: AwsPorts,
  sendHttp: SendHttp,
): BatchFunction {
  const host = resolveGenesysHost('us-east-1');
  const rateLimiter = new RateLimiter({
    requestsPerSecond: plan.requestsPerSecond,
    instances: plan.adders,
    clock,
  });
  const tokens = createTokenSource({
    store: createTokenStore({
      read: (stage) => aws.getSecret(SECRET_IDS.token, stage),
      write: (version) => aws.putSecret({ secretId: SECRET_IDS.token, ...version }),
      tokenUrl: host.tokenUrl,
      holder: newId(),
    }),
    readCredentials: createReadCredentials(
      (stage) => aws.getSecret(SECRET_IDS.credentials, stage),
      SECRET_IDS.credentials,
    ),
    requestToken: createRequestToken({ host, sendHttp, rateLimiter, clock }),
    clock,
    random,
    onEvent: (event, error) => log.info(event, { error }),
  });
  tokens.prefetch();
  const client = createGenesysClient({ host, sendHttp, tokens, rateLimiter, clock, random });
  return createAdder({
    config: {
      REQUEST_QUEUE_URL: QUEUE_URLS.requests,
      REQUEST_DLQ_URL: QUEUE_URLS.requestsDead,
      AUDIT_QUEUE_URL: QUEUE_URLS.audit,
    },
    client,
    users: createUserLookup(client),
    settling: createSettlingTimes(),
    rateLimiter,
    clock,
    random,
    maxParticipants: 20,
    maxReceives: plan.maxReceives,
    sendMessage: aws.sendMessage,
    changeVisibility: aws.changeVisibility,
    log,
    putMetrics,
  });
}

/** Loads the relay in a process, wired as its index.ts does it. */
export function loadRelay(
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
    }),
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
