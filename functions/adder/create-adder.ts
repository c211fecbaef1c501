import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { ChangeVisibility } from '../../lib/aws/change-visibility.ts';
import type { GetSecret } from '../../lib/aws/get-secret.ts';
import type { PutSecret } from '../../lib/aws/put-secret.ts';
import type { SendMessage } from '../../lib/aws/send-message.ts';
import type { AdderConfig } from '../../lib/config.ts';
import type { Clock, Random } from '../../lib/domain/clock.ts';
import { createGenesysClient } from '../../lib/genesys/api/genesys-client.ts';
import { createSettlingTimes } from '../../lib/genesys/conversation/settling-times.ts';
import { RateLimiter } from '../../lib/genesys/pace/rate-limiter.ts';
import { createReadCredentials } from '../../lib/genesys/token/credentials.ts';
import { createRequestToken } from '../../lib/genesys/token/request-token.ts';
import { createTokenSource, type TokenSource } from '../../lib/genesys/token/token-source.ts';
import { createTokenStore } from '../../lib/genesys/token/token-store.ts';
import { createUserLookup } from '../../lib/genesys/users/look-up-users.ts';
import type { SendHttp } from '../../lib/http/send-http.ts';
import type { Log } from '../../lib/logger.ts';
import type { PutMetrics } from '../../lib/metrics.ts';
import { type LambdaFunction, wrapHandler } from '../../lib/wrap-handler.ts';
import { type AdderContext, createHandler } from './handler.ts';

export interface AdderPorts {
  config: AdderConfig;
  sendHttp: SendHttp;
  sendMessage: SendMessage;
  changeVisibility: ChangeVisibility;
  getSecret: GetSecret;
  putSecret: PutSecret;
  clock: Clock;
  random: Random;
  randomUuid: () => string;
  log: Log;
  putMetrics: PutMetrics;
}

export type AdderFunction = LambdaFunction<SQSEvent, SQSBatchResponse, AdderContext>;

/** Builds the adder from its ports. */
export function createAdder(ports: AdderPorts): AdderFunction {
  const { config, sendHttp, clock, random, log, putMetrics } = ports;
  const rateLimiter = new RateLimiter({
    requestsPerSecond: config.GENESYS_REQUESTS_PER_SECOND,
    instances: config.ADDER_MAX_CONCURRENCY,
    clock,
  });
  const tokens = createTokens(ports, rateLimiter);
  // Lambda gives a function a whole processor until it is loaded, and a fraction of one from then on.
  tokens.prefetch();
  const host = config.GENESYS_ENV;
  const client = createGenesysClient({ host, sendHttp, tokens, rateLimiter, clock, random });
  const handler = createHandler({
    config,
    client,
    users: createUserLookup(client),
    settling: createSettlingTimes(),
    rateLimiter,
    clock,
    random,
    maxParticipants: config.MAX_PARTICIPANTS,
    maxReceives: config.REQUEST_MAX_RECEIVES,
    sendMessage: ports.sendMessage,
    changeVisibility: ports.changeVisibility,
    log,
    putMetrics,
  });
  return wrapHandler(handler, { log });
}

function createTokens(ports: AdderPorts, rateLimiter: RateLimiter): TokenSource {
  const { config, sendHttp, clock, random, log, putMetrics } = ports;
  const {
    GENESYS_ENV: host,
    GENESYS_TOKEN_SECRET_ID: tokenId,
    GENESYS_CREDENTIALS_SECRET_ID: credentialsId,
  } = config;
  return createTokenSource({
    store: createTokenStore({
      read: (stage) => ports.getSecret(tokenId, stage),
      write: (version) => ports.putSecret({ secretId: tokenId, ...version }),
      tokenUrl: host.tokenUrl,
      holder: ports.randomUuid(),
    }),
    readCredentials: createReadCredentials(
      (stage) => ports.getSecret(credentialsId, stage),
      credentialsId,
    ),
    requestToken: createRequestToken({ host, sendHttp, rateLimiter, clock }),
    clock,
    random,
    onEvent: (event, cause) => {
      if (event === 'fetched') {
        log.info('token fetched');
        putMetrics({ name: 'TokensFetched', unit: 'Count', value: 1 });
      } else if (event === 'failed') {
        log.error('token request failed', { error: cause });
        putMetrics({ name: 'TokenFailures', unit: 'Count', value: 1 });
      } else {
        log.warn('token not shared: the secret could not be written', { error: cause });
      }
    },
  });
}
