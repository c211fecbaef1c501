import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createCallerQuota } from '../../lib/records/caller-quota.ts';
import { createWaiterSlots } from '../../lib/records/waiter-slots.ts';
import { createTestClock } from '../support/create-api-ports.ts';
import { type RequestsTable, startRequestsTable } from '../support/start-requests-table.ts';

let table: RequestsTable;
beforeAll(async () => {
  table = await startRequestsTable();
});
afterAll(() => table.stop());

describe('the quota of a caller', () => {
  test('lets through as many requests a minute as it says, also at the same time', async () => {
    const clock = createTestClock(Date.parse('2026-11-22T15:29:40Z'));
    const { tableName } = table;
    const take = createCallerQuota(table.client, { tableName, requestsPerMinute: 3, clock });
    const taken = await Promise.all(Array.from({ length: 5 }, () => take('ann')));
    expect(taken.filter((retryAfter) => retryAfter === undefined)).toHaveLength(3);
    expect(taken.filter((retryAfter) => retryAfter === 20)).toHaveLength(2);
    expect(await take('ben')).toBeUndefined();
    await clock.sleep(20_000);
    expect(await take('ann')).toBeUndefined();
  });
});

describe('slots of waiting requests', () => {
  const start = (slots: number) => {
    const clock = createTestClock();
    let owners = 0;
    const { tableName } = table;
    const randomUuid = () => `owner-${slots}-${++owners}`;
    return {
      clock,
      ...createWaiterSlots(table.client, { tableName, slots, clock, random: () => 0, randomUuid }),
    };
  };

  test('are given out once, and again when they are free', async () => {
    const { acquire, clock } = start(2);
    const first = await acquire(10_000);
    expect(first).toBeDefined();
    expect(await acquire(10_000)).toBeDefined();
    expect(await acquire(10_000)).toBeUndefined();
    await first?.();
    expect(await acquire(10_000)).toBeDefined();
    expect(await acquire(10_000)).toBeUndefined();
    await clock.sleep(10_001);
    expect(await acquire(10_000)).toBeDefined();
  });

  test('do not apply unless they are configured', async () => {
    expect(await start(0).acquire(1_000)).toBeUndefined();
  });
});
