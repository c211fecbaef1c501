import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from '@jest/globals';
import { received } from '../../lib/domain/record-transitions.ts';
import { RECORD_SCHEMA_VERSION } from '../../lib/domain/request-record.ts';
import { createDynamoRecordStore } from '../../lib/records/dynamo-record-store.ts';
import { toItem } from '../../lib/records/item.ts';
import { startRequestsTable } from '../support/start-requests-table.ts';

const NOW_MS = Date.UTC(2026, 10, 26, 12);
const REQUEST_ID = '00000000-0000-4000-8000-000000000001';
const CONVERSATION = 'c0000000-0000-4000-8000-000000000001';

/**
 * A waiting request as version 1 stores it, written out. A later version has to read it: a field that it needs and
 * this one does not have must be optional there.
 */
const VERSION_1 = {
  pk: `request#${REQUEST_ID}`,
  conversationKey: `conversation#${CONVERSATION}`,
  requestedAtId: `${NOW_MS}#${REQUEST_ID}`,
  dueShard: 'due#0',
  expiresAt: (NOW_MS + 86_400_000) / 1_000,
  schemaVersion: 1,
  requestId: REQUEST_ID,
  origin: 'api',
  conversationId: CONVERSATION,
  participants: [
    { id: 'a0000000-0000-4000-8000-000000000001', role: 'agent', outcome: 'ADDED' },
    { address: '+15551234567', role: 'customer' },
  ],
  requestedBy: 'arn:aws:iam::123456789012:role/crm',
  callerId: 'caller',
  correlationId: 'order-7',
  digest: 'd'.repeat(64),
  dryRun: false,
  onlyIfReachable: false,
  requestedAtMs: NOW_MS,
  deadlineMs: NOW_MS + 600_000,
  status: 'WAITING',
  waiting: { untilMs: NOW_MS + 60_000, code: 'RATE_LIMITED', detail: 'used up' },
  lastCause: { code: 'RATE_LIMITED', detail: 'used up' },
  run: 0,
  receives: 1,
  startedAtMs: NOW_MS,
  adds: [
    {
      run: 0,
      contract: 'platform',
      actingUserId: 'a0000000-0000-4000-8000-000000000009',
      positions: [0],
      unresolved: [],
      snapshot: ['participation'],
      startedAtMs: NOW_MS,
      endedAtMs: NOW_MS + 100,
      fate: 'MADE',
    },
  ],
  genesysCalls: 3,
  genesysCorrelationIds: ['id'],
  earlierResults: [],
  version: 3,
  writeId: 'write-3',
  dueAtMs: NOW_MS + 602_000,
  expiresAtMs: NOW_MS + 86_400_000,
};

/** The same with an older number and with fields that this version does not know, at every level. */
const OTHER = {
  ...VERSION_1,
  schemaVersion: RECORD_SCHEMA_VERSION - 1,
  ofAnotherVersion: { some: ['thing'] },
  participants: VERSION_1.participants.map((one) => ({ ...one, nickname: 'unknown here' })),
  adds: VERSION_1.adds.map((add) => ({ ...add, attempt: 1 })),
  waiting: { ...VERSION_1.waiting, since: NOW_MS },
};

test.each([
  ['of version 1', VERSION_1],
  ['of the version before, with unknown fields', OTHER],
])('a record %s is read, listed, found when it is due, and continued', async (_, stored) => {
  const { client, tableName, stop } = await startRequestsTable();
  try {
    const store = createDynamoRecordStore(client, { tableName, clock: { now: () => NOW_MS } });
    await client.send(new PutItemCommand({ TableName: tableName, Item: toItem(stored) }));
    const { pk, conversationKey, requestedAtId, dueShard, expiresAt, ...fields } = VERSION_1;
    const expected = { ...fields, schemaVersion: stored.schemaVersion };

    const record = await store.get(REQUEST_ID);
    expect(record).toEqual(expected);
    const { records } = await store.listByConversation(CONVERSATION, { limit: 10 });
    expect(records).toEqual([expected]);
    expect(await store.listDue(NOW_MS + 700_000, 10)).toEqual([expected]);

    if (!record) throw new Error('no record');
    const next = received(record, { nowMs: NOW_MS, writeId: 'w', retentionMs: 86_400_000 });
    expect(await store.replace(record, next)).toBe(true);
    expect(await store.get(REQUEST_ID)).toMatchObject({
      status: 'IN_PROGRESS',
      receives: 2,
      adds: VERSION_1.adds,
    });
  } finally {
    await stop();
  }
});
