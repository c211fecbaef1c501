import { type BatchGetItemCommandInput, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { toItem } from '../../lib/records/item.ts';
import { createReadItems, type ReadItems } from '../../lib/records/read-items.ts';
import { type RequestsTable, startRequestsTable } from '../support/start-requests-table.ts';

let table: RequestsTable;
let readItems: ReadItems;
/** Names of the calls to the table. */
let calls: string[];

beforeEach(async () => {
  table = await startRequestsTable();
  readItems = createReadItems(table.client, table.tableName);
  for (const pk of ['one', 'two', 'three']) {
    const Item = toItem({ pk, version: 1 });
    await table.client.send(new PutItemCommand({ TableName: table.tableName, Item }));
  }
  calls = [];
  table.client.middlewareStack.add((next, { commandName = '' }) => (args) => {
    calls.push(commandName);
    return next(args);
  });
});
afterEach(() => table.stop());

const read = async (pk: string) => (await readItems.together(toItem({ pk })))?.pk?.S;

test('reads that begin together share a call, and each gets its own item', async () => {
  const reads = ['three', 'one', 'unknown', 'one', 'two'].map(read);
  expect(await Promise.all(reads)).toEqual(['three', 'one', undefined, 'one', 'two']);
  expect(calls).toEqual(['BatchGetItemCommand']);
});

test('a read that is alone reads one item', async () => {
  expect(await read('one')).toBe('one');
  expect(await Promise.all([read('two'), read('two')])).toEqual(['two', 'two']);
  expect(calls).toEqual(['GetItemCommand', 'GetItemCommand']);
});

test('more than a hundred reads take several calls', async () => {
  const unknown = Array.from({ length: 150 }, (_, index) => read(`unknown ${index}`));
  const found = await Promise.all([...unknown, read('three')]);
  expect(found.at(-1)).toBe('three');
  expect(calls).toEqual(['BatchGetItemCommand', 'BatchGetItemCommand']);
});

test('if the table cannot be reached, every read fails, and later ones work', async () => {
  let isAway = true;
  table.client.middlewareStack.add(
    (next) => (args) => (isAway ? Promise.reject(new Error('away')) : next(args)),
    { step: 'finalizeRequest', priority: 'high' },
  );
  const reads = await Promise.allSettled([read('one'), read('two')]);
  expect(reads.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  isAway = false;
  expect(await read('one')).toBe('one');
});

test('keys that a throttled table does not read are read singly, and fail no other read', async () => {
  let isThrottled = true;
  table.client.middlewareStack.add(
    (next) => async (args) => {
      const { RequestItems } = args.input as BatchGetItemCommandInput;
      const asked = RequestItems?.[table.tableName]?.Keys;
      if (!asked || !isThrottled) return next(args);
      const Keys = asked.filter(({ pk }) => pk?.S !== 'two');
      const left = asked.filter(({ pk }) => pk?.S === 'two');
      const request = { ...args, input: { RequestItems: { [table.tableName]: { Keys } } } };
      const response =
        Keys.length > 0
          ? await next(request as typeof args)
          : ({ response: {}, output: {} } as Awaited<ReturnType<typeof next>>);
      const UnprocessedKeys = { [table.tableName]: { Keys: left } };
      return { ...response, output: { ...response.output, UnprocessedKeys } } as typeof response;
    },
    { step: 'initialize', priority: 'low' },
  );
  expect(await Promise.all(['one', 'two', 'three'].map(read))).toEqual(['one', 'two', 'three']);
  expect(calls.at(-1)).toBe('GetItemCommand');
  const keys = ['one', 'two'].map((pk) => toItem({ pk }));
  await expect(readItems.many(keys, { consistent: true })).rejects.toThrow('did not accept');
  isThrottled = false;
  expect(await readItems.many(keys, { consistent: true })).toHaveLength(2);
});
