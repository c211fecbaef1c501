import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { VersionedItem } from '../../lib/domain/versioned-item.ts';
import { createMemoryItem } from '../../lib/genesys/pace/memory-item.ts';
import { createDynamoItem } from '../../lib/records/dynamo-item.ts';
import { systemClock } from '../../lib/system-clock.ts';
import { type RequestsTable, startRequestsTable } from '../support/start-requests-table.ts';

let table: RequestsTable;
let items = 0;

beforeAll(async () => {
  table = await startRequestsTable();
});
afterAll(() => table.stop());

const inTable = (): VersionedItem => {
  items += 1;
  const { client, tableName } = table;
  return createDynamoItem(client, { tableName, key: `budget#${items}`, clock: systemClock });
};

const written = (version: number) => ({ isWritten: true, version });
const conflict = (value: unknown, version: number) => ({
  isWritten: false,
  current: { value, version },
});

describe.each<[string, () => VersionedItem]>([
  ['in the table', inTable],
  ['in memory', createMemoryItem],
])('a versioned item %s', (_, create) => {
  test('is absent until it is written, then read back with its version', async () => {
    const item = create();
    expect(await item.read()).toBeUndefined();
    expect(await item.write({ calls: [1, 2], text: 'ü' }, 0)).toEqual(written(1));
    expect(await item.read()).toEqual({ value: { calls: [1, 2], text: 'ü' }, version: 1 });
    expect(await item.write({ calls: [] }, 1)).toEqual(written(2));
    expect(await item.read()).toEqual({ value: { calls: [] }, version: 2 });
  });

  test('takes no write of a version that has been replaced, and tells what replaced it', async () => {
    const item = create();
    await item.write('first', 0);
    expect(await item.write('second first', 0)).toEqual(conflict('first', 1));
    await item.write('second', 1);
    expect(await item.write('late', 1)).toEqual(conflict('second', 2));
    expect(await item.write('from nowhere', 7)).toEqual(conflict('second', 2));
    expect(await item.read()).toEqual({ value: 'second', version: 2 });
  });

  test('of many writers of one version, takes exactly one', async () => {
    const item = create();
    const writes = await Promise.all(
      Array.from({ length: 20 }, (_each, writer) => item.write({ writer }, 0)),
    );
    expect(writes.filter(({ isWritten }) => isWritten)).toEqual([written(1)]);
  });
});

test('a write whose response was lost and that the SDK repeats counts as made', async () => {
  const { tableName } = table;
  const { client } = table;
  const send = client.send.bind(client);
  const twice = {
    send: async (command: { constructor: { name: string } }) => {
      const first = await send(command as never);
      return command.constructor.name === 'UpdateItemCommand' ? send(command as never) : first;
    },
  };
  const item = createDynamoItem(twice as never, {
    tableName,
    key: 'budget#lost',
    clock: systemClock,
  });
  expect(await item.write('once', 0)).toEqual(written(1));
  expect(await item.read()).toEqual({ value: 'once', version: 1 });
});
