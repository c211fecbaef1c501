import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SQSEvent } from 'aws-lambda';
import type { AuditEvent } from '../../lib/domain/audit-event.ts';
import {
  FREE_USERS,
  INACTIVE_USER,
  OFFLINE_USER,
  SAMPLE_CLIENT,
  SAMPLE_USERS,
} from '../../local/genesys/sample-organisation.ts';
import { type RunningGenesys, startGenesys } from '../../local/genesys/start-genesys.ts';
import { invokeFunction, isSuccess } from '../../local/invoke/invoke-function.ts';
import { renewEvent } from '../../local/invoke/renew-event.ts';
import {
  type LocalSecretsManager,
  startSecretsManager,
} from '../../local/secrets-manager/start-secrets-manager.ts';
import { type LocalSqs, startSqs } from '../../local/sqs/start-sqs.ts';
import { tellOutcome } from '../../local/story/tell.ts';
import { type RequestsTable, startRequestsTable } from '../support/start-requests-table.ts';

const [hana = '', ivo = '', jun = ''] = FREE_USERS;
const { ada, ben } = SAMPLE_USERS;

/** What becomes of each request of a sample: its status, then the outcomes by participant. */
const SAMPLES: Record<string, [status: string, outcomes: Record<string, string>][]> = {
  'one-of-each-contract': [
    ['SUCCESS', { [ada]: 'already present', [OFFLINE_USER]: 'added (OFFLINE)', [hana]: 'added' }],
    ['SUCCESS', { [ben]: 'already present', [OFFLINE_USER]: 'added (OFFLINE)', [ivo]: 'added' }],
  ],
  'one-group': [
    ['SUCCESS', { [hana]: 'added' }],
    ['PARTIAL', { [ivo]: 'added', [INACTIVE_USER]: 'rejected (INACTIVE_USER)' }],
    ['SUCCESS', { '+15551234567': 'added' }],
  ],
  'other-sender': [['SUCCESS', { [jun]: 'added' }]],
  'not-ours': [
    ['FAILED', {}],
    ['SUCCESS', { [hana]: 'added' }],
  ],
  'past-deadline': [['EXPIRED', { [hana]: 'not attempted (DEADLINE_EXCEEDED)' }]],
};

let sqs: LocalSqs;
let secrets: LocalSecretsManager;
let genesys: RunningGenesys;
let table: RequestsTable;
let environment: Record<string, string>;

beforeEach(async () => {
  [sqs, secrets, genesys, table] = await Promise.all([
    startSqs(),
    startSecretsManager(),
    startGenesys(),
    startRequestsTable(),
  ]);
  secrets.putSecret('credentials', JSON.stringify(SAMPLE_CLIENT));
  secrets.putSecret('token');
  environment = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_SQS: sqs.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
    REQUESTS_TABLE_NAME: table.tableName,
    GENESYS_ENV: genesys.url,
    GENESYS_CREDENTIALS_SECRET_ID: 'credentials',
    GENESYS_TOKEN_SECRET_ID: 'token',
    REQUEST_QUEUE_URL: sqs.createQueue('requests.fifo').url,
    REQUEST_DLQ_URL: sqs.createQueue('requests-dlq.fifo').url,
    AUDIT_QUEUE_URL: sqs.createQueue('audit').url,
  };
});

afterEach(async () => {
  await Promise.all([sqs.stop(), secrets.stop(), genesys.stop(), table.stop()]);
});

const read = (name: string): SQSEvent =>
  JSON.parse(
    readFileSync(new URL(`../../events/sqs-requests.${name}.json`, import.meta.url), 'utf8'),
  );

describe('the sample events of the request queue', () => {
  test('are all tried here', () => {
    const names = readdirSync(new URL('../../events/', import.meta.url)).flatMap(
      (file) => /^sqs-requests\.(.+)\.json$/.exec(file)?.[1] ?? [],
    );

    expect(names.toSorted()).toEqual(Object.keys(SAMPLES).toSorted());
  });

  test.each(Object.entries(SAMPLES))('%s', async (name, expected) => {
    const event = read(name);

    const response = await invokeFunction(
      { name: 'adder', environment, timeoutMs: 60_000, onLogLine: () => {} },
      renewEvent(event, Date.now()),
    );

    expect(isSuccess(response)).toBe(true);
    const results = sqs
      .inspect('audit')
      .ready.map((body) => (JSON.parse(body) as AuditEvent).audit);
    // Requests of different conversations end in any order.
    const found = results.map(({ status, participants }) => [
      status,
      Object.fromEntries(
        participants.map((participant) => [
          participant.id ?? participant.address,
          tellOutcome(participant),
        ]),
      ),
    ]);
    expect(found).toHaveLength(expected.length);
    expect(found).toEqual(expect.arrayContaining(expected));
  });

  test('a message that is not ours lies in the dead-letter queue, byte for byte', async () => {
    const event = read('not-ours');

    await invokeFunction(
      { name: 'adder', environment, timeoutMs: 60_000, onLogLine: () => {} },
      renewEvent(event, Date.now()),
    );

    expect(sqs.inspect('requests-dlq.fifo').ready).toEqual([event.Records[0]?.body]);
  });
});
