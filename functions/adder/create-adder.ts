import { createHash } from 'node:crypto';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { ChangeVisibility } from '../../lib/aws/change-visibility.ts';
import type { GetSecret } from '../../lib/aws/get-secret.ts';
import type { PutSecret } from '../../lib/aws/put-secret.ts';
import type { SendMessage } from '../../lib/aws/send-message.ts';
import type { FinishDeps } from '../../lib/carry-out/finish-request.ts';
import type { AdderConfig } from '../../lib/config.ts';
import { createAddressPolicy } from '../../lib/domain/allowed-addresses.ts';
import type { Clock, Random } from '../../lib/domain/clock.ts';
import { createRedactor, type Redactor } from '../../lib/domain/redact.ts';
import type { VersionedItem } from '../../lib/domain/versioned-item.ts';
import { createGenesysClient } from '../../lib/genesys/api/genesys-client.ts';
import type { CallAllowance } from '../../lib/genesys/pace/call-allowance.ts';
import { createCallAllowance } from '../../lib/genesys/pace/create-call-allowance.ts';
import { createReadCredentials } from '../../lib/genesys/token/credentials.ts';
import { createRequestToken } from '../../lib/genesys/token/request-token.ts';
import { createTokenLease } from '../../lib/genesys/token/token-lease.ts';
import { createTokenSecret } from '../../lib/genesys/token/token-secret.ts';
import { createTokenSource, type TokenSource } from '../../lib/genesys/token/token-source.ts';
import { createUserLookup } from '../../lib/genesys/users/look-up-users.ts';
import type { SendHttp } from '../../lib/http/send-http.ts';
import type { Log } from '../../lib/logger.ts';
import type { PutMetrics } from '../../lib/metrics.ts';
import type { ConversationLeases } from '../../lib/records/conversation-lease.ts';
import type { RecordStore } from '../../lib/records/record-store.ts';
import { createRedactingLog } from '../../lib/redacting-log.ts';
import { type LambdaFunction, wrapHandler } from '../../lib/wrap-handler.ts';
import { type AdderContext, createHandler } from './handler.ts';

export interface AdderPorts {
  config: AdderConfig;
  sendHttp: SendHttp;
  records: Pick<RecordStore, 'create' | 'get' | 'replace'>;
  leases: ConversationLeases;
  /** Schedules the first look of the connection watch. Absent: connections are not watched. */
  scheduleWatch?: FinishDeps['scheduleWatch'];
  sendMessage: SendMessage;
  changeVisibility: ChangeVisibility;
  getSecret: GetSecret;
  putSecret: PutSecret;
  /** Opens a versioned item of the requests table. */
  openItem: (key: string) => VersionedItem;
  clock: Clock;
  random: Random;
  randomUuid: () => string;
  log: Log;
  putMetrics: PutMetrics;
}

export type AdderFunction = LambdaFunction<SQSEvent, SQSBatchResponse, AdderContext>;

/** Builds the adder from its ports. */
export function createAdder(ports: AdderPorts): AdderFunction {
  const { config, sendHttp, clock, random, putMetrics } = ports;
  const redactor = createRedactor();
  const log = createRedactingLog(ports.log, redactor);
  const allowance = createCallAllowance({
    item: ports.openItem(`budget#${hash(config.GENESYS_ENV.apiUrl)}`),
    requestsPerSecond: config.GENESYS_REQUESTS_PER_SECOND,
    clock,
    random,
  });
  const tokens = createTokens({ ...ports, log }, allowance, redactor);
  // Lambda gives a function a whole processor until it is loaded, and a fraction of one from then on.
  tokens.prefetch();
  const host = config.GENESYS_ENV;
  const client = createGenesysClient({
    host,
    sendHttp,
    tokens,
    allowance,
    redactor,
    clock,
    random,
  });
  const handler = createHandler({
    config,
    records: ports.records,
    leases: ports.leases,
    allowance,
    client,
    users: createUserLookup(client),
    clock,
    random,
    maxParticipants: config.MAX_PARTICIPANTS,
    refuseAddress: createAddressPolicy(config.ALLOWED_ADDRESSES),
    clean: (text, maxLength) => redactor.clean(text, maxLength),
    newWriteId: ports.randomUuid,
    retentionMs: config.RECORD_RETENTION_DAYS * 86_400_000,
    scheduleWatch: config.WATCH_CONNECTIONS ? ports.scheduleWatch : undefined,
    sendMessage: ports.sendMessage,
    changeVisibility: ports.changeVisibility,
    log,
    putMetrics,
  });
  return wrapHandler(handler, { log });
}

function createTokens(
  ports: AdderPorts,
  allowance: CallAllowance,
  redactor: Redactor,
): TokenSource {
  const { config, sendHttp, clock, random, log, putMetrics } = ports;
  const {
    GENESYS_ENV: host,
    GENESYS_TOKEN_SECRET_ID: tokenId,
    GENESYS_CREDENTIALS_SECRET_ID: credentialsId,
  } = config;
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
    readCredentials: createReadCredentials(() => ports.getSecret(credentialsId)),
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

/** Names an item after an address without giving it away in full. */
function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
