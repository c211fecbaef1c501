import { describe, expect, test } from '@jest/globals';
import { type WatchDeps, watchConnections } from '../../lib/carry-out/watch-connections.ts';
import { deliveryObserved } from '../../lib/domain/event-transitions.ts';
import { addAnnounced, finished, newRecord } from '../../lib/domain/record-transitions.ts';
import type { RequestRecord } from '../../lib/domain/request-record.ts';
import { startWatch } from '../../lib/domain/start-watch.ts';
import type { AcquireOptions, CallGrant } from '../../lib/genesys/pace/call-allowance.ts';
import { createSimulatedTable } from '../simulation/simulated-records.ts';
import { createTestClock, NOW_MS } from '../support/create-api-ports.ts';
import { newRequest } from '../support/new-request.ts';

const USER = newRequest().participants[0]?.id ?? '';
const RETENTION_MS = 86_400_000;
const context = (writeId: string) => ({ nowMs: NOW_MS, writeId, retentionMs: RETENTION_MS });
const none = { genesysCalls: 0, genesysCorrelationIds: [] };

/** A request whose first participant rings since now. */
function rungRecord(connection?: string): RequestRecord {
  const request = newRequest({ requestedAtMs: NOW_MS, deadlineMs: NOW_MS + 60_000 });
  const record = newRecord(request, context('new'));
  const announced = addAnnounced(
    record,
    { contract: 'platform', actingUserId: 'ada', positions: [0], snapshot: ['before'] },
    { participants: record.participants, ...none },
    context('announced'),
  );
  const adds = announced.adds.map((add) => ({ ...add, unresolved: [], fate: 'MADE' as const }));
  const participants = record.participants.map((participant, position) => ({
    ...participant,
    outcome: position === 0 ? ('ADDED' as const) : ('ALREADY_PRESENT' as const),
    ...(connection === undefined || position > 0 ? {} : { connection }),
  }));
  const body = JSON.stringify({
    event: 'participant_added',
    audit: { status: 'SUCCESS', role: 'agent', request_id: record.requestId, participants: [] },
  });
  return finished(
    announced,
    {
      status: 'SUCCESS',
      participants,
      event: { eventId: 'evt', body, digest: 'digest', finishedAtMs: NOW_MS, sentAtMs: NOW_MS },
      watch: startWatch({ participants, adds, run: 0 }, NOW_MS),
    },
    adds,
    none,
    context('finished'),
  );
}

/** The conversation as the platform lists it: `leg` is the person who was rung. */
const document = (leg: object) => ({
  id: 'c',
  participants: [
    { id: 'agent', userId: 'ada', calls: [{ state: 'connected', id: '1' }] },
    { id: 'rung', userId: USER, ...leg },
  ],
});
const ALERTING = { calls: [{ id: '2', state: 'alerting' }] };
const DECLINED = {
  endTime: '2026-11-26T12:00:00Z',
  calls: [{ id: '2', state: 'disconnected', disconnectType: 'client' }],
};

interface Options {
  connection?: string;
  acquire?: WatchDeps['allowance']['acquire'];
  read?: () => Promise<object>;
}

async function start({ connection, acquire, read }: Options = {}) {
  const clock = createTestClock();
  const table = createSimulatedTable();
  const { records } = table.portsOf({ call: async (_, effect) => effect(), now: clock.now });
  const record = rungRecord(connection);
  await records.create(record);
  const sent: string[] = [];
  const scheduled: number[] = [];
  const asked: AcquireOptions[] = [];
  const released: CallGrant[] = [];
  let reads = 0;
  let writes = 0;
  const deps: WatchDeps = {
    records,
    client: {
      read: async (_operation, _path, budget) => {
        reads += 1;
        budget.calls += 1;
        if (budget.grant) budget.grant.calls -= 1;
        return (await (read?.() ?? document(ALERTING))) as Record<string, unknown>;
      },
    },
    allowance: {
      acquire: async (calls, options = {}) => {
        asked.push(options);
        return (
          (await acquire?.(calls, options)) ?? { granted: true, calls, grantedAtMs: clock.now() }
        );
      },
      release: async (grant) => void released.push(grant),
    },
    clean: (text) => text,
    sendResult: async ({ body }) => {
      sent.push(body);
      return 'sent';
    },
    scheduleWatch: async (_: RequestRecord, lookAtMs: number) =>
      void scheduled.push(lookAtMs - NOW_MS),
    clock,
    newWriteId: () => `watch-${++writes}`,
    retentionMs: RETENTION_MS,
  };
  const stored = () => table.records.get(record.requestId) as RequestRecord;
  const look = () => watchConnections(deps, stored(), clock.now() + 40_000);
  /** Lets time pass to each look that is due, until the watch has ended. */
  const watch = async () => {
    for (let steps = 0; stored().watch && steps < 100; steps += 1) {
      await clock.sleep(Math.max(0, (stored().watch?.nextLookAtMs ?? 0) - clock.now()));
      await look();
    }
  };
  const event = () => JSON.parse(sent[0] ?? 'null')?.audit;
  return { clock, records, stored, look, watch, sent, scheduled, asked, event, reads: () => reads };
}

describe('a look', () => {
  test('is due 15, 40 and 75 seconds after the result', async () => {
    const { watch, scheduled, reads, event, clock } = await start();
    await watch();
    expect([reads(), scheduled]).toEqual([3, [40_000, 75_000]]);
    expect(event()).toMatchObject({
      genesys_calls: 3,
      participants: [{ connection: 'STILL_RINGING' }],
    });
    expect(clock.now() - NOW_MS).toBeLessThanOrEqual(90_000);
  });

  test('asks for calls of the lowest priority', async () => {
    const { watch, asked } = await start();
    await watch();
    expect(asked).toEqual(Array(3).fill({ callerId: newRequest().callerId, priority: 'low' }));
  });

  test('is not made before it is due', async () => {
    const { look, clock, reads, stored } = await start();
    await clock.sleep(10_000);
    const before = stored();
    await look();
    expect([reads(), stored()]).toEqual([0, before]);
  });

  test('is not made if the result decides everyone', async () => {
    const { stored, look, reads, event } = await start({ connection: 'DECLINED' });
    expect(stored().watch?.nextLookAtMs).toBe(NOW_MS);
    await look();
    expect(reads()).toBe(0);
    expect(event()).toMatchObject({ genesys_calls: 0, participants: [{ connection: 'DECLINED' }] });
  });

  test('covers those who were rung only', async () => {
    const { watch, event } = await start({ read: async () => document(DECLINED) });
    await watch();
    expect(event().participants).toMatchObject([{ id: USER, outcome: 'ADDED' }]);
    expect(event().participant_ids).toEqual([USER]);
  });
});

describe('while adds wait for the budget', () => {
  const refused = async () => ({
    granted: false as const,
    reason: 'share' as const,
    retryAtMs: NOW_MS + 20_000,
  });

  test('nothing is called, and the event says UNKNOWN within 90 seconds', async () => {
    const { watch, reads, event, clock, asked } = await start({ acquire: refused });
    await watch();
    expect(reads()).toBe(0);
    expect(event()).toMatchObject({ genesys_calls: 0, participants: [{ connection: 'UNKNOWN' }] });
    expect(clock.now() - NOW_MS).toBeLessThanOrEqual(90_000);
    expect(asked.length).toBeLessThan(50);
  });

  test('a look is put off and counts only when it is made', async () => {
    let refusals = 0;
    const { watch, event } = await start({
      acquire: async (calls) => {
        refusals += 1;
        return refusals <= 3 ? refused() : { granted: true, calls, grantedAtMs: NOW_MS };
      },
      read: async () => document(DECLINED),
    });
    await watch();
    expect(event()).toMatchObject({ genesys_calls: 1, participants: [{ connection: 'DECLINED' }] });
  });
});

describe('other writers of the record', () => {
  test('a delivery that is recorded meanwhile is kept, and so is what the look found', async () => {
    let interfere = async () => {};
    const started = await start({
      read: async () => {
        await interfere();
        return document(DECLINED);
      },
    });
    const { records, stored, watch } = started;
    interfere = async () => {
      const delivered = { status: 'DELIVERED' as const, attempts: 1 };
      const next = deliveryObserved(stored(), 'delivery', delivered, context('delivered'));
      await records.replace(stored(), next);
    };
    await watch();
    expect(stored().delivery?.status).toBe('DELIVERED');
    expect(stored().participants[0]?.connection).toBe('DECLINED');
  });

  test('of two looks at one time only one is counted, and there is one event', async () => {
    const { clock, look, stored, watch, sent } = await start({
      read: async () => document(DECLINED),
    });
    await clock.sleep(15_000);
    await Promise.all([look(), look()]);
    await watch();
    expect([sent.length, stored().watch]).toEqual([1, undefined]);
  });
});
