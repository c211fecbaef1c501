/**
 * The token part of one instance of the adder: the real token source with the AWS SDK and an HTTP client,
 * in its own process. Reads commands as lines, reports lines of JSON, and identifies tokens by
 * fingerprint.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createGetSecret } from '../../lib/aws/get-secret.ts';
import { createPutSecret } from '../../lib/aws/put-secret.ts';
import type { AdderError } from '../../lib/domain/adder-error.ts';
import type { Clock } from '../../lib/domain/clock.ts';
import { createRedactor } from '../../lib/domain/redact.ts';
import { resolveGenesysHost } from '../../lib/genesys/api/region.ts';
import { createCallAllowance } from '../../lib/genesys/pace/create-call-allowance.ts';
import { createMemoryCallWindow } from '../../lib/genesys/pace/memory-call-window.ts';
import { createReadCredentials } from '../../lib/genesys/token/credentials.ts';
import { createRequestToken } from '../../lib/genesys/token/request-token.ts';
import { createTokenLease } from '../../lib/genesys/token/token-lease.ts';
import { createTokenSecret } from '../../lib/genesys/token/token-secret.ts';
import { createTokenSource } from '../../lib/genesys/token/token-source.ts';
import { createSendHttp } from '../../lib/http/send-http.ts';
import { createDynamoItem } from '../../lib/records/dynamo-item.ts';
import { systemClock } from '../../lib/system-clock.ts';

/** Command to a process. */
export type TokenCommand =
  /** Get a token. */
  | 'get'
  /** The last token was refused: get another. */
  | 'replace'
  /** Get a token periodically; milliseconds of the process's clock. */
  | `insist ${number}`;

/** Report of a process. */
export type TokenReport =
  | { kind: 'ready' }
  /** A token request is about to be sent. The time is the process's own. */
  | { kind: 'asking'; atMs: number }
  | { kind: 'token'; fingerprint: string }
  | { kind: 'error'; code: string };

const env = process.env;
const speed = Number(env.CLOCK_SPEED ?? 1);
/** The same for all processes whose clocks must agree. */
const startedAtMs = Number(env.CLOCK_STARTED_AT_MS ?? Date.now());
/** The system clock, or a faster one. */
const clock: Clock = {
  now: () => startedAtMs + (Date.now() - startedAtMs) * speed,
  sleep: (delayMs, signal) => systemClock.sleep(delayMs / speed, signal),
};

const report = (line: TokenReport) => process.stdout.write(`${JSON.stringify(line)}\n`);
const required = (name: string) => env[name] ?? '';
const secrets = new SecretsManagerClient({});
const getSecret = createGetSecret(secrets);
const putSecret = createPutSecret(secrets);
const host = resolveGenesysHost(required('GENESYS_ENV'));
const tokenSecret = required('GENESYS_TOKEN_SECRET_ID');
const credentialsSecret = required('GENESYS_CREDENTIALS_SECRET_ID');
const redactor = createRedactor();
const requestToken = createRequestToken({
  host,
  sendHttp: createSendHttp(),
  allowance: createCallAllowance({
    item: createMemoryCallWindow(),
    requestsPerSecond: 5,
    clock,
    random: Math.random,
  }),
  redactor,
  clock,
});
const source = createTokenSource({
  secret: createTokenSecret({
    read: () => getSecret(tokenSecret),
    write: (value) => putSecret(tokenSecret, value),
    tokenUrl: host.tokenUrl,
    redactor,
  }),
  lease: createTokenLease({
    item: createDynamoItem(new DynamoDBClient({}), {
      tableName: required('REQUESTS_TABLE_NAME'),
      key: `token#${tokenSecret}`,
      clock,
    }),
    owner: randomUUID(),
    clock,
  }),
  readCredentials: createReadCredentials(() => getSecret(credentialsSecret)),
  requestToken: (credentials) => {
    report({ kind: 'asking', atMs: clock.now() });
    return requestToken(credentials);
  },
  clock,
  random: Math.random,
});

let token: string | undefined;

async function getToken(replace: boolean): Promise<void> {
  try {
    token = replace && token !== undefined ? await source.replace(token) : await source.get();
    const fingerprint = createHash('sha256').update(token).digest('hex').slice(0, 16);
    report({ kind: 'token', fingerprint });
  } catch (error) {
    report({ kind: 'error', code: (error as AdderError).code ?? String(error) });
  }
}

createInterface({ input: process.stdin }).on('line', async (line) => {
  const [command, everyMs] = (line as TokenCommand).split(' ');
  if (command !== 'insist') return getToken(command === 'replace');
  for (;;) {
    await getToken(false);
    await clock.sleep(Number(everyMs));
  }
});
report({ kind: 'ready' });
