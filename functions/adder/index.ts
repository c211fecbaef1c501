import { randomUUID } from 'node:crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { AWS_CLIENT_SETTINGS } from '../../lib/aws/aws-client-settings.ts';
import { createChangeVisibility } from '../../lib/aws/change-visibility.ts';
import { createGetSecret } from '../../lib/aws/get-secret.ts';
import { createPutSecret } from '../../lib/aws/put-secret.ts';
import { createSendMessage } from '../../lib/aws/send-message.ts';
import { readAdderConfig } from '../../lib/config.ts';
import { createGenesysClient } from '../../lib/genesys/api/genesys-client.ts';
import { createSettlingTimes } from '../../lib/genesys/conversation/settling-times.ts';
import { RateLimiter } from '../../lib/genesys/pace/rate-limiter.ts';
import { createReadCredentials } from '../../lib/genesys/token/credentials.ts';
import { createRequestToken } from '../../lib/genesys/token/request-token.ts';
import { createTokenSource } from '../../lib/genesys/token/token-source.ts';
import { createTokenStore } from '../../lib/genesys/token/token-store.ts';
import { createUserLookup } from '../../lib/genesys/users/look-up-users.ts';
import { createSendHttp } from '../../lib/http/send-http.ts';
import { createLogger } from '../../lib/logger.ts';
import { createPutMetrics } from '../../lib/metrics.ts';
import { systemClock as clock } from '../../lib/system-clock.ts';
import { createHandler } from './handler.ts';

const config = readAdderConfig(process.env);
const log = createLogger('adder');
const putMetrics = createPutMetrics('adder');
const host = config.GENESYS_ENV;
const random = Math.random;
const sendHttp = createSendHttp();

const sqs = new SQSClient(AWS_CLIENT_SETTINGS);
const secrets = new SecretsManagerClient(AWS_CLIENT_SETTINGS);
const getSecret = createGetSecret(secrets);
const putSecret = createPutSecret(secrets);

const rateLimiter = new RateLimiter({
  requestsPerSecond: config.GENESYS_REQUESTS_PER_SECOND,
  instances: config.ADDER_MAX_CONCURRENCY,
  clock,
});
const tokens = createTokenSource({
  store: createTokenStore({
    read: (stage) => getSecret(config.GENESYS_TOKEN_SECRET_ID, stage),
    write: (version) => putSecret({ secretId: config.GENESYS_TOKEN_SECRET_ID, ...version }),
    tokenUrl: host.tokenUrl,
    holder: randomUUID(),
  }),
  readCredentials: createReadCredentials(
    (stage) => getSecret(config.GENESYS_CREDENTIALS_SECRET_ID, stage),
    config.GENESYS_CREDENTIALS_SECRET_ID,
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
// Lambda gives a function a whole processor until it is loaded, and a fraction of one from then on.
tokens.prefetch();
const client = createGenesysClient({ host, sendHttp, tokens, rateLimiter, clock, random });

export const handler = createHandler({
  config,
  client,
  users: createUserLookup(client),
  settling: createSettlingTimes(),
  rateLimiter,
  clock,
  random,
  maxParticipants: config.MAX_PARTICIPANTS,
  maxReceives: config.REQUEST_MAX_RECEIVES,
  sendMessage: createSendMessage(sqs),
  changeVisibility: createChangeVisibility(sqs),
  log,
  putMetrics,
});
