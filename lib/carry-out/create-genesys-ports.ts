import { createHash } from 'node:crypto';
import type { Clock, Random } from '../domain/clock.ts';
import { createRedactor, type Redactor } from '../domain/redact.ts';
import { createGenesysClient, type GenesysClient } from '../genesys/api/genesys-client.ts';
import type { GenesysHost } from '../genesys/api/region.ts';
import type { CallAllowance } from '../genesys/pace/call-allowance.ts';
import { createCallAllowance } from '../genesys/pace/create-call-allowance.ts';
import { createReadCredentials, type ReadCredentials } from '../genesys/token/credentials.ts';
import { createRequestToken } from '../genesys/token/request-token.ts';
import { createTokenLease } from '../genesys/token/token-lease.ts';
import { createTokenSecret } from '../genesys/token/token-secret.ts';
import { createTokenSource, type TokenSource } from '../genesys/token/token-source.ts';
import { createUserLookup, type UserLookup } from '../genesys/users/user-lookup.ts';
import type { SendHttp } from '../http/send-http.ts';
import type { Log } from '../logger.ts';
import type { PutMetrics } from '../metrics.ts';
import { createRedactingLog } from '../redacting-log.ts';
import { type AwsPorts, explainAwsErrors } from './explain-aws-errors.ts';

export interface GenesysPortsOptions extends AwsPorts {
  config: {
    GENESYS_ENV: GenesysHost;
    GENESYS_TOKEN_SECRET_ID: string;
    GENESYS_CREDENTIALS_SECRET_ID: string;
    GENESYS_REQUESTS_PER_SECOND: number;
  };
  sendHttp: SendHttp;
  clock: Clock;
  random: Random;
  randomUuid: () => string;
  log: Log;
  putMetrics: PutMetrics;
}

/** What a function needs to call Genesys Cloud. */
export interface GenesysPorts {
  client: GenesysClient;
  users: UserLookup;
  allowance: CallAllowance;
  tokens: TokenSource;
  redactor: Redactor;
  /** Redacts and bounds foreign text. */
  clean: (text: string, maxLength: number) => string;
  /** The function's log, cleared of the secrets that the redactor knows. */
  log: Log;
}

/**
 * Composes what calls Genesys Cloud. All functions that use it share one call budget and one token,
 * by two items of the table and the token secret.
 */
export function createGenesysPorts(options: GenesysPortsOptions): GenesysPorts {
  const { config, sendHttp, clock, random } = options;
  const { GENESYS_ENV: host } = config;
  const redactor = createRedactor();
  const log = createRedactingLog(options.log, redactor);
  const ports = explainAwsErrors(options, log);
  const allowance = createCallAllowance({
    item: ports.openCallWindow(`budget#${hash(host.apiUrl)}`),
    requestsPerSecond: config.GENESYS_REQUESTS_PER_SECOND,
    clock,
    random,
    onUnreadable: () => log.error('call budget unreadable'),
  });
  const readCredentials = createReadCredentials(() =>
    ports.getSecret(config.GENESYS_CREDENTIALS_SECRET_ID),
  );
  const tokens = createTokens({ ...options, ...ports, log, readCredentials }, allowance, redactor);
  const client = createGenesysClient({
    host,
    sendHttp,
    tokens,
    allowance,
    redactor,
    learnSecrets: createLearnClient(readCredentials, redactor),
    clock,
    random,
  });
  return {
    client,
    users: createUserLookup(client),
    allowance,
    tokens,
    redactor,
    clean: (text, maxLength) => redactor.clean(text, maxLength),
    log,
  };
}

function createTokens(
  {
    config,
    sendHttp,
    clock,
    random,
    log,
    putMetrics,
    ...ports
  }: GenesysPortsOptions & { readCredentials: ReadCredentials },
  allowance: CallAllowance,
  redactor: Redactor,
): TokenSource {
  const { GENESYS_ENV: host, GENESYS_TOKEN_SECRET_ID: tokenId } = config;
  return createTokenSource({
    secret: createTokenSecret({
      read: () => ports.getSecret(tokenId),
      write: (value) => ports.putSecret(tokenId, value),
      tokenUrl: host.tokenUrl,
      redactor,
    }),
    lease: createTokenLease({
      item: ports.openItem(`token#${hash(host.tokenUrl)}`),
      owner: ports.randomUuid(),
      clock,
    }),
    readCredentials: ports.readCredentials,
    requestToken: createRequestToken({ host, sendHttp, allowance, redactor, clock }),
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

/**
 * Lets the redactor know the client, with the first call. A function that finds a stored token does not need
 * the credentials otherwise, but what it calls may know them from an earlier token request and repeat them.
 */
function createLearnClient(readCredentials: ReadCredentials, redactor: Redactor) {
  let learned: Promise<void> | undefined;
  return () => {
    learned ??= readCredentials().then(
      ({ clientId, clientSecret }) => redactor.addClient(clientId, clientSecret),
      () => undefined,
    );
    return learned;
  };
}

/** A short hash of an address, for the key of an item. */
function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
