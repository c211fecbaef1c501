import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ConversationLease, endedAdds } from '../../lib/records/conversation-lease.ts';
import { type RecordTable, startDynamoTable, startMemoryTable } from '../support/record-tables.ts';

const CONVERSATION = 'c0000000-0000-4000-8000-000000000001';
const NOW_MS = Date.parse('2026-11-22T15:00:00Z');
const DURATION_MS = 40_000;

describe.each([
  ['in DynamoDB', startDynamoTable],
  ['in memory', startMemoryTable],
])('the conversation leases %s', (_, start) => {
  let table: RecordTable;
  beforeEach(async () => {
    table = await start(NOW_MS);
  });
  afterEach(() => table.stop());

  const acquire = (owner: string, nowMs = NOW_MS) =>
    table.leases.acquire(CONVERSATION, { owner, nowMs, durationMs: DURATION_MS });
  const mustAcquire = async (owner: string, nowMs = NOW_MS): Promise<ConversationLease> => {
    const lease = await acquire(owner, nowMs);
    if ('heldUntilMs' in lease) throw new Error('the lease is held');
    return lease;
  };
  const add = (id: string, atMs = NOW_MS) => ({ requestId: 'r-1', participant: { id }, atMs });
  const announce = (lease: ConversationLease, nowMs: number, ...ids: string[]) =>
    table.leases.announceAdds(lease, {
      nowMs,
      expiresAtMs: nowMs + DURATION_MS,
      adds: ids.map((id) => add(id, nowMs)),
    });

  test('are held by one owner at a time', async () => {
    const lease = await mustAcquire('one');
    expect(lease).toEqual({
      conversationId: CONVERSATION,
      owner: 'one',
      fence: 1,
      expiresAtMs: NOW_MS + DURATION_MS,
      recentAdds: [],
    });
    expect(await acquire('two')).toEqual({ heldUntilMs: NOW_MS + DURATION_MS });
    const other = await table.leases.acquire('another conversation', {
      owner: 'two',
      nowMs: NOW_MS,
      durationMs: DURATION_MS,
    });
    expect(other).toMatchObject({ owner: 'two', fence: 1 });
  });

  test('go to one of two racing owners', async () => {
    const outcomes = await Promise.all([acquire('one'), acquire('two')]);
    expect(outcomes.filter((outcome) => 'fence' in outcome)).toHaveLength(1);
  });

  test('go to the next owner with a higher fencing number once released', async () => {
    await table.leases.release(await mustAcquire('one'));
    expect(await table.leases.isHeld(CONVERSATION, NOW_MS)).toBe(false);
    expect(await mustAcquire('two')).toMatchObject({ owner: 'two', fence: 2 });
  });

  test('go to the next owner once expired, and the one before cannot write any more', async () => {
    const lost = await mustAcquire('one');
    const laterMs = NOW_MS + DURATION_MS;
    const lease = await mustAcquire('two', laterMs);
    expect(await announce(lost, laterMs, 'a')).toBe(false);
    await table.leases.release(lost);
    expect(await table.leases.isHeld(CONVERSATION, laterMs)).toBe(true);
    expect(await announce(lease, laterMs, 'b')).toBe(true);
  });

  test('refuse a write-ahead after their end even where no other owner came', async () => {
    const lease = await mustAcquire('one');
    expect(await announce(lease, NOW_MS + DURATION_MS, 'a')).toBe(false);
  });

  test('refuse a write-ahead under an older lease of the same owner', async () => {
    const older = await mustAcquire('one');
    const newer = await mustAcquire('one');
    expect(newer.fence).toBe(older.fence + 1);
    expect(await announce(older, NOW_MS, 'a')).toBe(false);
    expect(await announce(newer, NOW_MS, 'a')).toBe(true);
  });

  test('are extended by a write-ahead', async () => {
    const lease = await mustAcquire('one');
    expect(await announce(lease, NOW_MS + 30_000, 'a')).toBe(true);
    expect(lease.expiresAtMs).toBe(NOW_MS + 30_000 + DURATION_MS);
    expect(await acquire('two', NOW_MS + DURATION_MS)).toEqual({ heldUntilMs: lease.expiresAtMs });
  });

  test('tell the next owner who was rung in the last ten seconds', async () => {
    const lease = await mustAcquire('one');
    await announce(lease, NOW_MS, 'a');
    await announce(lease, NOW_MS + 6_000, 'b', 'c');
    await table.leases.release(lease);
    const soon = await mustAcquire('two', NOW_MS + 7_000);
    expect(soon.recentAdds).toEqual([add('a'), add('b', NOW_MS + 6_000), add('c', NOW_MS + 6_000)]);
    await table.leases.release(soon);
    const later = await mustAcquire('three', NOW_MS + 10_000);
    expect(later.recentAdds.map(({ participant }) => participant.id)).toEqual(['b', 'c']);
    await table.leases.release(later);
    expect((await mustAcquire('four', NOW_MS + 16_000)).recentAdds).toEqual([]);
  });

  test('keep the time at which an add ended', async () => {
    const lease = await mustAcquire('one');
    await announce(lease, NOW_MS, 'a');
    const endedAtMs = NOW_MS + 12_000;
    lease.recentAdds = endedAdds(lease.recentAdds, 'r-1', { announcedAtMs: NOW_MS, endedAtMs });
    await table.leases.release(lease);
    expect((await mustAcquire('two', endedAtMs)).recentAdds).toEqual([add('a', endedAtMs)]);
  });

  test('keep the address of an outside party', async () => {
    const lease = await mustAcquire('one');
    const outside = { requestId: 'r-1', participant: { address: '+15551234567' }, atMs: NOW_MS };
    await table.leases.announceAdds(lease, {
      nowMs: NOW_MS,
      expiresAtMs: NOW_MS + DURATION_MS,
      adds: [outside],
    });
    await table.leases.release(lease);
    expect((await mustAcquire('two')).recentAdds).toEqual([outside]);
  });

  test('are held until they expire', async () => {
    expect(await table.leases.isHeld(CONVERSATION, NOW_MS)).toBe(false);
    await mustAcquire('one');
    expect(await table.leases.isHeld(CONVERSATION, NOW_MS + DURATION_MS - 1)).toBe(true);
    expect(await table.leases.isHeld(CONVERSATION, NOW_MS + DURATION_MS)).toBe(false);
  });

  describe('when requests fail', () => {
    test('are acquired although the response was lost', async () => {
      table.faults.push('response-lost');
      const lease = await mustAcquire('one');
      expect(table.faults).toEqual([]);
      expect(await announce(lease, NOW_MS, 'a')).toBe(true);
    });

    test('record a write-ahead once although the response was lost', async () => {
      const lease = await mustAcquire('one');
      table.faults.push('response-lost', 'response-lost');
      expect(await announce(lease, NOW_MS, 'a')).toBe(true);
      await table.leases.release(lease);
      expect((await mustAcquire('two')).recentAdds).toEqual([add('a')]);
    });

    test('are released although the response was lost', async () => {
      const lease = await mustAcquire('one');
      table.faults.push('response-lost');
      await table.leases.release(lease);
      expect(await mustAcquire('two')).toMatchObject({ owner: 'two' });
    });

    test.each(['throttled', 'unavailable'] as const)(
      'throw where the table is %s',
      async (fault) => {
        table.faults.push(fault, fault, fault);
        await expect(acquire('one')).rejects.toThrow(fault);
        expect(await table.leases.isHeld(CONVERSATION, NOW_MS)).toBe(false);
      },
    );
  });
});
