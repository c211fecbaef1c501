import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CallWindow, type Counted, EMPTY_WINDOW } from '../../lib/domain/call-window.ts';
import {
  type CallWindowItem,
  updateBetween,
  type WindowUpdate,
} from '../../lib/domain/window-update.ts';
import { createMemoryCallWindow } from '../../lib/genesys/pace/memory-call-window.ts';
import { createDynamoCallWindow } from '../../lib/records/dynamo-call-window.ts';
import { systemClock } from '../../lib/system-clock.ts';
import { type RequestsTable, startRequestsTable } from '../support/start-requests-table.ts';

let table: RequestsTable;
let items = 0;

beforeAll(async () => {
  table = await startRequestsTable();
});
afterAll(() => table.stop());

const NONE: WindowUpdate = { seconds: [], dropped: [], callers: {}, droppedCallers: [] };

/** Opens the same item in another instance. */
type Open = () => CallWindowItem;

function inTable(): Open {
  items += 1;
  const key = `budget#${items}`;
  const { client, tableName } = table;
  return () => createDynamoCallWindow(client, { tableName, key, clock: systemClock });
}

function inMemory(): Open {
  const item = createMemoryCallWindow();
  return () => item;
}

/** A readable window. */
async function windowOf(found: ReturnType<CallWindowItem['read']>): Promise<CallWindow> {
  const window = await found;
  if (window === 'unreadable') throw new Error('unreadable');
  return window;
}

describe.each<[string, () => Open]>([
  ['in the table', inTable],
  ['in memory', inMemory],
])('the window %s', (_, create) => {
  test('is empty until it is written, then has what was added', async () => {
    const item = create()();
    expect(await item.read()).toEqual(EMPTY_WINDOW);
    const update: WindowUpdate = {
      ...NONE,
      seconds: [[100, 3]],
      mostCalls: 300,
      callers: {
        'A: ü#1': {
          used: [[1, 3]],
          droppedMinutes: [],
          waiting: { waitingSinceMs: 5, waitingUntilMs: 9 },
        },
      },
      platform: { allowed: 300, foreign: 2, count: 5, endsAtMs: 70_000 },
      stop: { before: undefined, after: { untilMs: 8_000, probing: true } },
    };
    const expected = {
      seconds: [[100, 3]],
      callers: { 'A: ü#1': { used: [[1, 3]], waitingSinceMs: 5, waitingUntilMs: 9 } },
      platform: { allowed: 300, foreign: 2, count: 5, endsAtMs: 70_000 },
      stop: { untilMs: 8_000, probing: true },
    };
    expect(await item.update(update)).toEqual({ isMade: true, window: expected });
    expect(await item.read()).toEqual(expected);
  });

  test('takes the updates of several instances without a conflict while the calls fit', async () => {
    const open = create();
    const update: WindowUpdate = { ...NONE, seconds: [[100, 3]], mostCalls: 60 };
    const updates = Array.from({ length: 20 }, () => open().update(update));
    expect((await Promise.all(updates)).map(({ isMade }) => isMade)).toEqual(Array(20).fill(true));
    expect((await windowOf(open().read())).seconds).toEqual([[100, 60]]);
    expect((await open().update(update)).isMade).toBe(false);
    expect((await windowOf(open().read())).seconds).toEqual([[100, 60]]);
  });

  test('returns calls only to a second that still has them', async () => {
    const item = create()();
    await item.update({ ...NONE, seconds: [[100, 3]], mostCalls: 300 });
    expect(await item.update({ ...NONE, seconds: [[100, -2]] })).toMatchObject({ isMade: true });
    expect(await item.update({ ...NONE, seconds: [[100, -2]] })).toMatchObject({ isMade: false });
    expect(await item.update({ ...NONE, seconds: [[99, -1]] })).toMatchObject({ isMade: false });
    expect((await windowOf(item.read())).seconds).toEqual([[100, 1]]);
  });

  test('removes an old second if it still has its calls, and their room is free', async () => {
    const item = create()();
    await item.update({ ...NONE, seconds: [[100, 3]], mostCalls: 3 });
    const full: WindowUpdate = { ...NONE, seconds: [[200, 1]], mostCalls: 3 };
    expect((await item.update(full)).isMade).toBe(false);
    expect((await item.update({ ...full, dropped: [[100, 2]] })).isMade).toBe(false);
    expect((await item.update({ ...full, dropped: [[100, 3]] })).isMade).toBe(true);
    expect((await item.update({ ...full, dropped: [[100, 3]] })).isMade).toBe(false);
    expect((await windowOf(item.read())).seconds).toEqual([[200, 1]]);
  });

  test('adds no calls, and changes no stop, if another instance has changed it', async () => {
    const open = create();
    const stopped = { untilMs: 5_000, probing: false };
    const first: WindowUpdate = { ...NONE, stop: { before: undefined, after: stopped } };
    expect((await open().update(first)).isMade).toBe(true);
    expect((await open().update(first)).isMade).toBe(false);
    const add: WindowUpdate = {
      ...NONE,
      seconds: [[100, 1]],
      mostCalls: 300,
      stop: { before: undefined, after: undefined },
    };
    expect((await open().update(add)).isMade).toBe(false);
    const go: WindowUpdate = { ...add, stop: { before: stopped, after: undefined } };
    expect((await open().update(go)).isMade).toBe(true);
    expect(await open().read()).toEqual({ seconds: [[100, 1]], callers: {} });
  });

  test('forgets callers, and the old minutes of others', async () => {
    const item = create()();
    const waiting = { waitingSinceMs: 1, waitingUntilMs: 2 };
    const caller = {
      used: [
        [1, 1],
        [2, 4],
      ] as Counted[],
      droppedMinutes: [],
      waiting,
    };
    await item.update({ ...NONE, callers: { A: caller, B: caller } });
    const update: WindowUpdate = {
      ...NONE,
      callers: { B: { used: [[3, 1]], droppedMinutes: [1] } },
      droppedCallers: [['A', [1, 2]]],
    };
    expect((await item.update(update)).window).toEqual({
      seconds: [],
      callers: {
        B: {
          used: [
            [2, 4],
            [3, 1],
          ],
          ...waiting,
        },
      },
    });
  });

  test('is replaced as a whole', async () => {
    const item = create()();
    const caller = {
      used: [],
      droppedMinutes: [],
      waiting: { waitingSinceMs: 1, waitingUntilMs: 2 },
    };
    await item.update({ ...NONE, seconds: [[100, 3]], mostCalls: 300, callers: { A: caller } });
    await item.replace([[200, 300]]);
    expect(await item.read()).toEqual({ seconds: [[200, 300]], callers: {} });
  });
});

describe('in the table', () => {
  const open = (client: Pick<DynamoDBClient, 'send'>, key: string) =>
    createDynamoCallWindow(client as DynamoDBClient, {
      tableName: table.tableName,
      key,
      clock: systemClock,
    });

  // Bug: a repeated write was applied twice when another instance had written in between. Calls that were returned
  // twice could then be made beyond the budget.
  test('an update whose response was lost, and that the SDK repeats, is made once', async () => {
    const { client } = table;
    const other = open(client, 'budget#lost');
    await other.update({ ...NONE, seconds: [[100, 8]], mostCalls: 300 });
    const twice = {
      async send(command: { constructor: { name: string } }) {
        const first = await client.send(command as never);
        if (command.constructor.name !== 'UpdateItemCommand') return first;
        await other.update({ ...NONE, seconds: [[101, 1]], mostCalls: 300 });
        return client.send(command as never);
      },
    };
    const item = open(twice as never, 'budget#lost');
    expect(await item.update({ ...NONE, seconds: [[100, -2]] })).toEqual({
      isMade: true,
      window: {
        seconds: [
          [100, 6],
          [101, 1],
        ],
        callers: {},
      },
    });
    expect(await item.update({ ...NONE, seconds: [[100, -2]] })).toEqual({
      isMade: true,
      window: {
        seconds: [
          [100, 4],
          [101, 2],
        ],
        callers: {},
      },
    });
  });

  test.each([
    ['an earlier format', { document: { S: '{}' }, version: { N: '7' }, writeId: { S: 'w' } }],
    ['a counter that is no number', { 's:100': { S: 'three' } }],
    ['a wrong sum', { total: { N: '2' }, 's:100': { N: '3' } }],
  ])('an item with %s is unreadable, until it is replaced', async (name, attributes) => {
    const { client, tableName } = table;
    const key = `budget#${name}`;
    await client.send(
      new PutItemCommand({ TableName: tableName, Item: { pk: { S: key }, ...attributes } }),
    );
    const item = open(client, key);
    expect(await item.read()).toBe('unreadable');
    await item.replace([[100, 1]]);
    expect(await item.read()).toEqual({ seconds: [[100, 1]], callers: {} });
  });

  test('the attributes of instances that have ended are removed with old seconds', async () => {
    const { client, tableName } = table;
    const key = { pk: { S: 'budget#ended' } };
    const ended = { N: String(Date.now() - 3_600_000) };
    const Item = { ...key, total: { N: '3' }, 's:100': { N: '3' }, 'i:ended': ended };
    await client.send(new PutItemCommand({ TableName: tableName, Item }));
    const item = open(client, 'budget#ended');
    await item.read();
    await item.update({ ...NONE, seconds: [], dropped: [[100, 3]] });
    const { Item: left } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: key, ConsistentRead: true }),
    );
    expect(Object.keys(left ?? {}).filter((name) => name.startsWith('i:'))).toHaveLength(1);
    expect(left).not.toHaveProperty('i:ended');
  });
});

test('the table and the memory do the same, whatever is changed', async () => {
  const START_S = 1_764_000_000;
  const step = fc.record({
    afterS: fc.integer({ min: 0, max: 40 }),
    calls: fc.integer({ min: -4, max: 6 }),
    secondsAgo: fc.integer({ min: 0, max: 3 }),
    caller: fc.constantFrom('A', 'B', 'C'),
    limit: fc.constantFrom(6, 20, 300),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const both = [inTable()(), inMemory()()];
      let nowS = START_S;
      for (const { afterS, calls, secondsAgo, caller, limit } of steps) {
        nowS += afterS;
        const at = nowS - secondsAgo;
        const nowMs = nowS * 1_000;
        const made = await Promise.all(
          both.map(async (item) => {
            const stored = await windowOf(item.read());
            const sum = (stored.seconds.find(([second]) => second === at)?.[1] ?? 0) + calls;
            const next: CallWindow = {
              ...stored,
              seconds: [
                ...stored.seconds.filter(([second]) => second !== at),
                [at, Math.max(0, sum)],
              ],
              callers: {
                ...stored.callers,
                [caller]: {
                  used: [[Math.floor(at / 60), 2]],
                  waitingSinceMs: 0,
                  waitingUntilMs: nowMs,
                },
              },
            };
            const update = updateBetween(stored, next, { nowMs, limit });
            return update && item.update(update);
          }),
        );
        expect(made[0]).toEqual(made[1]);
      }
    }),
    { numRuns: 15 },
  );
});
