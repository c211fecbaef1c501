/**
 * One instance of the adder as far as its token goes: the real token source with the AWS SDK and an
 * HTTP client, in a process of its own. Takes commands as lines, answers with lines of JSON, and
 * tells tokens by their fingerprint.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createGetSecret } from '../../lib/aws/get-secret.ts';
import { createPutSecret } from '../../lib/aws/put-secret.ts';
import type { Clock } from '../../lib/domain/clock.ts';
import type { AdderError } from '../../lib/domain/errors.ts';
import { resolveGenesysHost } from '../../lib/genesys/api/region.ts';
import { RateLimiter } from '../../lib/genesys/pace/rate-limiter.ts';
import { createReadCredentials } from '../../lib/genesys/token/credentials.ts';
import { createRequestToken } from '../../lib/genesys/token/request-token.ts';
import { createTokenSource } from '../../lib/genesys/token/token-source.ts';
import { createTokenStore } from '../../lib/genesys/token/token-store.ts';
import { createSendHttp } from '../../lib/http/send-http.ts';
import { systemClock } from '../../lib/system-clock.ts';

/** What a process is told to do. */
export type TokenCommand =
  /** Get a token, from wherever there is one. */
  | 'get'
  /** The token that it got last was refused: get another. */
  | 'replace'
  /** Get a token again and again, every so many milliseconds of its clock. */
  | `insist ${number}`;

/** What a process tells. */
export type TokenReport =
  | { kind: 'ready' }
  /** A token request is about to leave. The time is that of the process's own clock. */
  | { kind: 'asking'; atMs: number }
  | { kind: 'token'; fingerprint: string }
  | { kind: 'error'; code: string };

const env = process.env;
const speed = Number(env.CLOCK_SPEED ?? 1);
const startedAtMs = Date.now();
/** The machine's clock, or one that runs faster. */
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
const requestToken = createRequestToken({
  host,
  sendHttp: createSendHttp(),
  rateLimiter: new RateLimiter({ requestsPerSecond: 5, instances: 2, clock }),
  clock,
});
const source = createTokenSource({
  store: createTokenStore({
    read: (stage) => getSecret(tokenSecret, stage),
    write: (version) => putSecret({ secretId: tokenSecret, ...version }),
    tokenUrl: host.tokenUrl,
    holder: randomUUID(),
  }),
  readCredentials: createReadCredentials(
    (stage) => getSecret(credentialsSecret, stage),
    credentialsSecret,
  ),
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
