import { randomUUID } from 'node:crypto';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventSent } from '../../lib/domain/event-transitions.ts';
import {
  addAnnounced,
  cancelled,
  deferred,
  finished,
  newRecord,
  received,
} from '../../lib/domain/record-transitions.ts';
import type { RequestRecord } from '../../lib/domain/request-record.ts';
import type { WriteContext } from '../../lib/domain/write-record.ts';
import { createDynamoRecordStore } from '../../lib/records/dynamo-record-store.ts';
import { LIST_CURSOR } from '../../lib/records/list-cursor.ts';
import { DUE_SHARDS, RecordTooLargeError, toRecordItem } from '../../lib/records/record-item.ts';
import { CursorError } from '../../lib/records/record-store.ts';
import { newRequest, REQUESTED_AT_MS } from '../support/new-request.ts';
import { type RecordTable, startDynamoTable, startMemoryTable } from '../support/record-tables.ts';
import { startRequestsTable } from '../support/start-requests-table.ts';

const RETENTION_MS = 21 * 86_400_000;
const NO_PROGRESS = { genesysCalls: 0, genesysCorrelationIds: [] };

describe.each([
  ['in DynamoDB', startDynamoTable],
  ['in memory', startMemoryTable],
])('the record store %s', (_, start) => {
  let table: RecordTable;
  beforeEach(async () => {
    table = await start(REQUESTED_AT_MS);
  });
  afterEach(() => table.stop());

  const context = (): WriteContext => ({
    nowMs: table.clock.nowMs,
    writeId: randomUUID(),
    retentionMs: RETENTION_MS,
  });
  const createOne = async (fields: Parameters<typeof newRequest>[0] = {}) => {
    const record = newRecord(newRequest(fields), context());
    expect(await table.records.create(record)).toBeUndefined();
    return record;
  };
  const finish = (record: RequestRecord) =>
    finished(
      record,
      {
        status: 'SUCCESS',
        participants: record.participants.map((one) => ({ ...one, outcome: 'ADDED' as const })),
        event: {
          eventId: `evt_${record.requestId}`,
          body: '{"event":"participant_added"}',
          digest: 'e'.repeat(64),
          finishedAtMs: table.clock.nowMs,
        },
      },
      record.adds,
      NO_PROGRESS,
      context(),
    );

  describe('create and get', () => {
    test('returns the record as it was created', async () => {
      const record = await createOne({ actingUserId: 'acting', claimedBy: 'claimed' });
      expect(await table.records.get(record.requestId)).toEqual(record);
      expect(await table.records.get(record.requestId, { consistent: false })).toEqual(record);
    });

    test('returns undefined for an unknown id', async () => {
      expect(await table.records.get(randomUUID())).toBeUndefined();
    });

    test('returns the record that is there already, and leaves it alone', async () => {
      const first = await createOne();
      const second = newRecord(newRequest({ callerId: 'another' }), context());
      expect(await table.records.create(second)).toEqual(first);
      expect(await table.records.get(first.requestId)).toEqual(first);
    });

    test('lets one of two racing creators win', async () => {
      const racers = ['one', 'two'].map((callerId) =>
        newRecord(newRequest({ callerId }), context()),
      );
      const outcomes = await Promise.all(racers.map((record) => table.records.create(record)));
      expect(outcomes.filter((existing) => existing === undefined)).toHaveLength(1);
      const winner = racers[outcomes.indexOf(undefined)];
      expect(outcomes.find((existing) => existing !== undefined)).toEqual(winner);
    });

    test('treats an expired record as absent, and replaces it', async () => {
      const record = await createOne();
      table.clock.nowMs = record.expiresAtMs - 1;
      expect(await table.records.get(record.requestId)).toEqual(record);
      table.clock.nowMs = record.expiresAtMs;
      expect(await table.records.get(record.requestId)).toBeUndefined();
      const next = await createOne({ callerId: 'another' });
      expect(await table.records.get(record.requestId)).toEqual(next);
    });

    test('refuses a record above 200 KB', async () => {
      const detail = 'x'.repeat(150 * 1024);
      const fitting = newRecord(newRequest({ claimedBy: detail }), context());
      expect(await table.records.create(fitting)).toBeUndefined();
      const tooLarge = newRecord(
        newRequest({ requestId: randomUUID(), claimedBy: detail + detail }),
        context(),
      );
      const refusal = await table.records.create(tooLarge).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(RecordTooLargeError);
      const grown = { ...received(fitting, context()), claimedBy: detail + detail };
      await expect(table.records.replace(fitting, grown)).rejects.toThrow(/the limit is 204800$/);
    });
  });

  describe('replace', () => {
    test('writes what changed and removes what is gone', async () => {
      const created = await createOne();
      const waiting = deferred(
        received(created, context()),
        { untilMs: table.clock.nowMs + 5_000, code: 'RATE_LIMITED', detail: 'later' },
        [],
        { participants: created.participants, ...NO_PROGRESS },
        context(),
      );
      expect(await table.records.replace(created, waiting)).toBe(true);
      expect(await table.records.get(created.requestId)).toEqual(waiting);
      const again = received(waiting, context());
      expect(again.waiting).toBeUndefined();
      expect(await table.records.replace(waiting, again)).toBe(true);
      expect(await table.records.get(created.requestId)).toEqual(again);
    });

    test('keeps every part of a finished record', async () => {
      const created = await createOne();
      const announced = addAnnounced(
        created,
        { contract: 'platform', positions: [0, 1], snapshot: ['p-1'] },
        { participants: created.participants, ...NO_PROGRESS },
        context(),
      );
      const done = eventSent(finish(announced), 'result', context());
      expect(await table.records.replace(created, done)).toBe(true);
      expect(await table.records.get(created.requestId)).toEqual(done);
    });

    test('refuses a writer that read an older version', async () => {
      const created = await createOne();
      const first = received(created, context());
      expect(await table.records.replace(created, first)).toBe(true);
      expect(await table.records.replace(created, received(created, context()))).toBe(false);
      expect(await table.records.get(created.requestId)).toEqual(first);
    });

    test('lets either a cancel or a write-ahead through, never both', async () => {
      const created = await createOne();
      const event = {
        eventId: 'evt_1',
        body: '{}',
        digest: 'e'.repeat(64),
        finishedAtMs: table.clock.nowMs,
      };
      const rivals = [
        cancelled(created, { participants: created.participants, event }, context()),
        addAnnounced(
          created,
          { contract: 'platform', positions: [0], snapshot: [] },
          { participants: created.participants, ...NO_PROGRESS },
          context(),
        ),
      ];
      const written = await Promise.all(rivals.map((next) => table.records.replace(created, next)));
      expect(written.filter(Boolean)).toHaveLength(1);
      expect(await table.records.get(created.requestId)).toEqual(rivals[written.indexOf(true)]);
    });

    test('refuses a record that does not exist', async () => {
      const record = newRecord(newRequest(), context());
      expect(await table.records.replace(record, received(record, context()))).toBe(false);
      expect(await table.records.get(record.requestId)).toBeUndefined();
    });

    test('does not confuse a record that was created again with the one before', async () => {
      const old = await createOne();
      table.clock.nowMs = old.expiresAtMs;
      const next = await createOne();
      expect(next.version).toBe(old.version);
      expect(await table.records.replace(old, received(old, context()))).toBe(false);
      expect(await table.records.get(next.requestId)).toEqual(next);
    });
  });

  describe('when requests fail', () => {
    test('recognises a create whose response was lost', async () => {
      table.faults.push('response-lost');
      const record = await createOne();
      expect(table.faults).toEqual([]);
      expect(await table.records.get(record.requestId)).toEqual(record);
    });

    test('recognises a replace whose response was lost', async () => {
      const created = await createOne();
      const next = received(created, context());
      table.faults.push('response-lost', 'response-lost');
      expect(await table.records.replace(created, next)).toBe(true);
      expect(table.faults).toEqual([]);
    });

    test('recognises a write that is made again after every response was lost', async () => {
      const created = await createOne();
      const next = received(created, context());
      table.faults.push('response-lost', 'response-lost', 'response-lost');
      await expect(table.records.replace(created, next)).rejects.toMatchObject({
        name: 'TimeoutError',
      });
      expect(await table.records.replace(created, next)).toBe(true);
      expect(await table.records.create(created)).toEqual(next);
    });

    test('repeats a throttled request', async () => {
      table.faults.push('throttled', 'unavailable');
      const record = await createOne();
      table.faults.push('throttled');
      expect(await table.records.get(record.requestId)).toEqual(record);
    });

    test.each(['throttled', 'unavailable'] as const)(
      'throws where the table stays %s, and has written nothing',
      async (fault) => {
        const record = newRecord(newRequest(), context());
        table.faults.push(fault, fault, fault);
        await expect(table.records.create(record)).rejects.toThrow(fault);
        expect(await table.records.get(record.requestId)).toBeUndefined();
      },
    );
  });

  describe('the list of a conversation', () => {
    const createMany = async (count: number) => {
      const created: RequestRecord[] = [];
      for (let index = 0; index < count; index += 1) {
        const requestedAtMs = REQUESTED_AT_MS + index;
        created.push(await createOne({ requestId: randomUUID(), requestedAtMs }));
      }
      return created;
    };

    test('is newest first, page by page', async () => {
      const created = (await createMany(5)).reverse();
      await createOne({ requestId: randomUUID(), conversationId: randomUUID() });
      const { conversationId } = newRequest();
      const first = await table.records.listByConversation(conversationId, { limit: 2 });
      expect(first.records).toEqual(created.slice(0, 2));
      const second = await table.records.listByConversation(conversationId, {
        limit: 2,
        cursor: first.nextCursor,
      });
      expect(second.records).toEqual(created.slice(2, 4));
      const third = await table.records.listByConversation(conversationId, {
        limit: 2,
        cursor: second.nextCursor,
      });
      expect(third).toEqual({ records: created.slice(4) });
    });

    test('has no next page where the last page is full', async () => {
      await createMany(2);
      const page = await table.records.listByConversation(newRequest().conversationId, {
        limit: 2,
      });
      expect(page.records).toHaveLength(2);
      expect(page.nextCursor).toBeUndefined();
    });

    test('leaves expired records out', async () => {
      const [record] = await createMany(1);
      table.clock.nowMs = record?.expiresAtMs ?? 0;
      const { conversationId } = newRequest();
      expect(await table.records.listByConversation(conversationId, { limit: 2 })).toEqual({
        records: [],
      });
    });

    test('takes every text of the form of a cursor as a position, and refuses every other one', async () => {
      const created = (await createMany(2)).reverse();
      const { conversationId } = newRequest();
      const page = { limit: 1 };
      const { nextCursor = '' } = await table.records.listByConversation(conversationId, page);
      expect(nextCursor).toMatch(LIST_CURSOR);
      const list = (id: string, cursor: string) =>
        table.records.listByConversation(id, { limit: 5, cursor });
      expect((await list(conversationId, '9999999999999zz')).records).toEqual(created);
      expect(await list(conversationId, `0000000000000${'_-'.repeat(44)}`)).toEqual({
        records: [],
      });
      expect(await list(randomUUID(), nextCursor)).toEqual({ records: [] });
      for (const cursor of ['', 'x', nextCursor.slice(1), `${nextCursor}=`, '{}']) {
        await expect(list(conversationId, cursor)).rejects.toThrow(CursorError);
      }
    });
  });

  describe('the list of what is due', () => {
    test('has unfinished records after their deadline, the longest overdue first', async () => {
      const created: RequestRecord[] = [];
      for (const minutes of [3, 1, 2, 60]) {
        const deadlineMs = REQUESTED_AT_MS + minutes * 60_000;
        created.push(await createOne({ requestId: randomUUID(), deadlineMs }));
      }
      const due = await table.records.listDue(REQUESTED_AT_MS + 10 * 60_000, 10);
      expect(due).toEqual([created[1], created[2], created[0]]);
      expect(await table.records.listDue(REQUESTED_AT_MS + 10 * 60_000, 2)).toEqual(
        due.slice(0, 2),
      );
      expect(await table.records.listDue(REQUESTED_AT_MS, 10)).toEqual([]);
    });

    test('passes over the records that it is told to', async () => {
      const created: RequestRecord[] = [];
      for (let minutes = 1; minutes <= 30; minutes += 1) {
        const deadlineMs = REQUESTED_AT_MS + minutes * 60_000;
        created.push(await createOne({ requestId: randomUUID(), deadlineMs }));
      }
      const except = new Set(created.slice(0, 28).map(({ requestId }) => requestId));
      const due = await table.records.listDue(REQUESTED_AT_MS + 86_400_000, 1, { except });
      expect(due).toEqual([created[28]]);
    });

    test('is divided into shards', async () => {
      const created = await Promise.all(
        Array.from({ length: 40 }, () => createOne({ requestId: randomUUID() })),
      );
      const shards = await Promise.all(
        DUE_SHARDS.map((_, shard) =>
          table.records.listDue(REQUESTED_AT_MS + 86_400_000, 50, { shard }),
        ),
      );
      expect(shards.filter((records) => records.length > 0).length).toBeGreaterThan(1);
      const ids = (records: RequestRecord[]) => records.map(({ requestId }) => requestId).sort();
      expect(ids(shards.flat())).toEqual(ids(created));
    });

    test('has a result until it is marked as sent', async () => {
      const created = await createOne();
      const done = finish(created);
      await table.records.replace(created, done);
      const afterwards = REQUESTED_AT_MS + 86_400_000;
      expect(await table.records.listDue(afterwards, 10)).toEqual([done]);
      const sent = eventSent(done, 'result', context());
      await table.records.replace(done, sent);
      expect(await table.records.listDue(afterwards, 10)).toEqual([]);
    });

    test('reads more records than one batch holds', async () => {
      await Promise.all(Array.from({ length: 120 }, () => createOne({ requestId: randomUUID() })));
      expect(await table.records.listDue(REQUESTED_AT_MS + 86_400_000, 110)).toHaveLength(110);
    });
  });
});

describe('the record store over items of other versions', () => {
  test('ignores fields that it does not know, and leaves them where they are', async () => {
    const { client, tableName, stop } = await startRequestsTable();
    try {
      const clock = { now: () => REQUESTED_AT_MS };
      const store = createDynamoRecordStore(client, { tableName, clock });
      const context = { nowMs: REQUESTED_AT_MS, writeId: 'w-0', retentionMs: RETENTION_MS };
      const record = newRecord(newRequest(), context);
      const item = { ...toRecordItem(record), ofALaterVersion: { S: 'kept' } };
      await client.send(new PutItemCommand({ TableName: tableName, Item: item }));

      expect(await store.get(record.requestId)).toEqual(record);
      const next = received(record, { ...context, writeId: 'w-1' });
      expect(await store.replace(record, next)).toBe(true);

      const Key = { pk: { S: `request#${record.requestId}` } };
      const stored = await client.send(new GetItemCommand({ TableName: tableName, Key }));
      expect(stored.Item?.ofALaterVersion).toEqual({ S: 'kept' });
      expect(stored.Item?.expiresAt).toEqual({ N: String(next.expiresAtMs / 1000) });
    } finally {
      await stop();
    }
  });

  test('leaves an item that it cannot read out of lists, and says so', async () => {
    const { client, tableName, stop } = await startRequestsTable();
    try {
      const unreadable: string[] = [];
      const store = createDynamoRecordStore(client, {
        tableName,
        clock: { now: () => REQUESTED_AT_MS },
        onUnreadable: (key) => unreadable.push(key),
      });
      const context = { nowMs: REQUESTED_AT_MS, writeId: 'w-0', retentionMs: RETENTION_MS };
      const bad = toRecordItem(newRecord(newRequest({ requestId: 'bad' }), context));
      delete bad.status;
      await client.send(new PutItemCommand({ TableName: tableName, Item: bad }));
      const good = newRecord(newRequest(), context);
      await store.create(good);

      expect(await store.listDue(REQUESTED_AT_MS + 86_400_000, 10)).toEqual([good]);
      expect(unreadable).toEqual(['request#bad']);
      await expect(store.get('bad')).rejects.toThrow(/status/);
    } finally {
      await stop();
    }
  });
});
