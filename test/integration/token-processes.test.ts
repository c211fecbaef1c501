import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SAMPLE_CLIENT } from '../../local/genesys/sample-organisation.ts';
import { type RunningGenesys, startGenesys } from '../../local/genesys/start-genesys.ts';
import {
  type LocalSecretsManager,
  startSecretsManager,
} from '../../local/secrets-manager/start-secrets-manager.ts';
import { type RequestsTable, startRequestsTable } from '../support/start-requests-table.ts';
import {
  prepareTokenProcesses,
  type TokenProcess,
  type TokenProcesses,
} from '../support/start-token-processes.ts';

/** The invariants of docs/token-sharing.md, with real processes, the AWS SDK, a secrets server and a table. */

let secrets: LocalSecretsManager;
let table: RequestsTable;
let genesys: RunningGenesys;
let processes: TokenProcesses;
let fifty: TokenProcess[];

/** Each test uses its own secret, which instances of other tests do not read. */
let tokenSecret = '';
let tests = 0;

const environment = (more: Record<string, string> = {}) => ({
  AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
  AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
  REQUESTS_TABLE_NAME: table.tableName,
  GENESYS_ENV: genesys.url,
  GENESYS_TOKEN_SECRET_ID: tokenSecret,
  GENESYS_CREDENTIALS_SECRET_ID: 'credentials',
  ...more,
});

const expiredToken = () =>
  JSON.stringify({
    kind: 'token',
    accessToken: 'a token of yesterday',
    tokenUrl: `${genesys.url}/oauth/token`,
    issuedAt: new Date(Date.now() - 86_400_000).toISOString(),
    expiresAt: new Date(Date.now() - 1_000).toISOString(),
  });

/** Sends a command to all processes and waits for the token of each. */
async function allGet(some: TokenProcess[], command: 'get' | 'replace'): Promise<string[]> {
  const waits = some.map((one) => one.next('token', one.reports.length));
  for (const one of some) one.tell(command);
  const reports = await Promise.all(waits);
  return reports.map(({ fingerprint }) => fingerprint);
}

beforeAll(async () => {
  [secrets, table, genesys, processes] = await Promise.all([
    startSecretsManager(),
    startRequestsTable(),
    startGenesys(),
    prepareTokenProcesses(),
  ]);
  secrets.putSecret('credentials', JSON.stringify(SAMPLE_CLIENT));
}, 30_000);

beforeEach(() => {
  tests += 1;
  tokenSecret = `token-${tests}`;
  secrets.putSecret(tokenSecret, expiredToken());
  genesys.state.calls.length = 0;
  genesys.state.faults.length = 0;
});

afterAll(async () => {
  await processes?.stop();
  await Promise.all([secrets?.stop(), table?.stop(), genesys?.stop()]);
});

describe('fifty processes with one secret', () => {
  test('that find an expired token together request one new token', async () => {
    fifty = await processes.start(50, environment());
    const fingerprints = await allGet(fifty, 'get');
    expect(new Set(fingerprints).size).toBe(1);
    expect(genesys.state.tokenRequests()).toBe(1);
    // The expired token and the new one.
    expect(secrets.countVersions(tokenSecret)).toBe(2);
  }, 60_000);

  test('of which twenty get a 401 together request one new token', async () => {
    const versionsBefore = secrets.countVersions('token-1');
    const [old] = await allGet(fifty.slice(0, 1), 'get');
    // The token is new, so it is tried once more before it is replaced.
    expect(await allGet(fifty.slice(0, 20), 'replace')).toEqual(Array(20).fill(old));
    const fingerprints = await allGet(fifty.slice(0, 20), 'replace');
    expect(new Set(fingerprints).size).toBe(1);
    expect(fingerprints[0]).not.toBe(old);
    expect(genesys.state.tokenRequests()).toBe(1);
    expect(secrets.countVersions('token-1')).toBe(versionsBefore + 1);
    // Another process gets a 401 for the old token later and finds the new one.
    await allGet(fifty.slice(20, 21), 'replace');
    expect(await allGet(fifty.slice(20, 21), 'replace')).toEqual(fingerprints.slice(0, 1));
    expect(genesys.state.tokenRequests()).toBe(1);
    await Promise.all(fifty.map((one) => one.kill()));
  }, 60_000);
});

describe('a process killed during its token request', () => {
  test('costs one more request, and the others still get a token', async () => {
    genesys.state.faults.push({ path: '/oauth/token', calls: [1], fault: { response: 'hang' } });
    const ten = await processes.start(10, environment());
    const asking = Promise.race(ten.map((one) => one.next('asking').then(() => one)));
    const tokens = ten.map((one) => one.next('token'));
    for (const one of ten) one.tell('get');
    const holder = await asking;
    await until(() => genesys.state.tokenRequests() === 1);
    await holder.kill();
    const others = tokens.filter((_, index) => ten[index] !== holder);
    const fingerprints = (await Promise.all(others)).map(({ fingerprint }) => fingerprint);
    expect(new Set(fingerprints).size).toBe(1);
    expect(genesys.state.tokenRequests()).toBe(2);
    expect(secrets.countVersions(tokenSecret)).toBe(2);
  }, 60_000);
});

describe('wrong credentials', () => {
  test('cause one request of all processes in 30 s, then one in 60 s', async () => {
    secrets.putSecret(
      'wrong-credentials',
      JSON.stringify({ ...SAMPLE_CLIENT, clientSecret: 'of another client' }),
    );
    const wrong = {
      GENESYS_CREDENTIALS_SECRET_ID: 'wrong-credentials',
      // Faster, a busy machine would not end a token request before the lease of five seconds expires.
      CLOCK_SPEED: '6',
      CLOCK_STARTED_AT_MS: String(Date.now()),
    };
    const issuedBefore = genesys.state.tokensIssued();
    const six = await processes.start(6, environment(wrong));
    for (const one of six) one.tell('insist 500');
    const times = () =>
      six
        .flatMap(({ reports }) => reports)
        .flatMap((report) => (report.kind === 'asking' ? [report.atMs] : []))
        .sort((a, b) => a - b);
    await until(() => times().length >= 3);
    await Promise.all(six.map((one) => one.kill()));
    const [first = 0, second = 0, third = 0] = times();
    expect(second - first).toBeGreaterThanOrEqual(30_000);
    expect(third - second).toBeGreaterThanOrEqual(60_000);
    for (const { reports } of six) {
      expect(reports).toContainEqual({ kind: 'error', code: 'INVALID_CREDENTIALS' });
    }
    expect(genesys.state.tokensIssued()).toBe(issuedBefore);
    expect(secrets.countVersions(tokenSecret)).toBe(1);
  }, 60_000);
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
