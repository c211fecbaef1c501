import { describe, expect, test } from '@jest/globals';
import { carryOutRequest, finishExpired } from '../../lib/carry-out/carry-out-request.ts';
import { createNotFoundMemory } from '../../lib/carry-out/not-found-memory.ts';
import type { ReceiveDeps } from '../../lib/carry-out/receive.ts';
import type { AddAttempt, RequestRecord } from '../../lib/domain/request-record.ts';
import { createSimulatedTable } from '../simulation/simulated-records.ts';
import { requestRecordOf, START_MS } from '../support/request-record-of.ts';

const LATE_MS = START_MS + 700_000;
const PARTICIPANT = { id: 'bbbbbbbb-0000-4000-8000-000000000001', role: 'agent' } as const;

function setUp(record: RequestRecord) {
  const table = createSimulatedTable();
  const { records, leases } = table.portsOf({
    call: async (_what, effect) => effect(),
    now: () => LATE_MS,
  });
  const paths: string[] = [];
  let ids = 0;
  const deps: ReceiveDeps = {
    records,
    leases,
    allowance: {
      acquire: async (calls) => ({ granted: true, calls, grantedAtMs: LATE_MS }),
      release: async () => {},
    },
    client: {
      read: async (_operation, path) => {
        paths.push(path);
        return {
          id: record.conversationId,
          participants: [
            { id: 'p1', userId: PARTICIPANT.id, purpose: 'user', calls: [{ state: 'alerting' }] },
          ],
        };
      },
      post: () => Promise.reject(new Error('nothing is posted after the deadline')),
    },
    users: { inBulk: async () => new Map(), singly: async () => new Map() },
    maxParticipants: 20,
    refuseAddress: () => undefined,
    clean: (text) => text,
    sendResult: async () => 'sent',
    clock: { now: () => LATE_MS, sleep: async () => {} },
    random: () => 0.5,
    newWriteId: () => `id ${++ids}`,
    retentionMs: 86_400_000,
  };
  return { deps, records, leases, paths };
}

describe('finishing an expired request without its message', () => {
  test('reports EXPIRED without a call where nothing was added', async () => {
    const record = requestRecordOf({ participants: [PARTICIPANT] });
    const { deps, records, paths } = setUp(record);
    await records.create(record);
    const outcome = await finishExpired(deps, record, { finishByMs: LATE_MS + 30_000 });
    expect(outcome).toMatchObject({
      kind: 'finished',
      record: { status: 'EXPIRED', receives: 0, result: { sentAtMs: LATE_MS } },
    });
    expect(paths).toEqual([]);
  });

  test('looks what became of an add, and posts nothing', async () => {
    const add: AddAttempt = {
      run: 0,
      contract: 'platform',
      positions: [0],
      unresolved: [0],
      snapshot: [],
      startedAtMs: START_MS,
      fate: 'PENDING',
    };
    const record = requestRecordOf({ participants: [PARTICIPANT], adds: [add] });
    const { deps, records, paths } = setUp(record);
    await records.create(record);
    const outcome = await finishExpired(deps, record, { finishByMs: LATE_MS + 30_000 });
    expect(outcome).toMatchObject({
      record: { status: 'SUCCESS', participants: [{ outcome: 'ADDED', participantId: 'p1' }] },
    });
    expect(paths).toHaveLength(1);
  });

  test('leaves a conversation alone that another holds', async () => {
    const record = requestRecordOf({ participants: [PARTICIPANT] });
    const { deps, records, leases } = setUp(record);
    await records.create(record);
    await leases.acquire(record.conversationId, {
      owner: 'another',
      nowMs: LATE_MS,
      durationMs: 40_000,
    });
    const outcome = await finishExpired(deps, record, { finishByMs: LATE_MS + 30_000 });
    expect(outcome).toMatchObject({ kind: 'deferred', code: 'CONVERSATION_BUSY' });
    expect((await records.get(record.requestId))?.status).toBe('QUEUED');
  });
});

describe('requests for a conversation that was not found a moment ago', () => {
  test('end without a call, and do not hold back the first of another conversation', async () => {
    const nowMs = START_MS + 60_000;
    const record = requestRecordOf({ participants: [PARTICIPANT] });
    const { deps, paths } = setUp(record);
    const clock = { now: () => nowMs, sleep: async () => {} };
    const notFound = createNotFoundMemory(clock);
    notFound.remember(record.conversationId, {
      code: 'CONVERSATION_NOT_FOUND',
      detail: 'not found',
      disposition: 'reject',
      lookAgain: false,
      blamed: [],
      notActive: false,
      outOfTime: false,
      notSent: false,
    });
    const limits = { receiveCount: 1, maxReceives: 1_000, finishByMs: nowMs + 27_000 };
    const carryOut = (request: RequestRecord) =>
      carryOutRequest({ ...deps, clock, notFound }, { ...limits, request });
    expect(await carryOut(record)).toMatchObject({
      kind: 'finished',
      record: {
        status: 'FAILED',
        genesysCalls: 0,
        result: { body: expect.stringContaining('CONVERSATION_NOT_FOUND') },
      },
    });
    expect(paths).toEqual([]);
    const another = {
      ...record,
      requestId: 'dddddddd-0000-4000-8000-000000000001',
      conversationId: 'dddddddd-0000-4000-8000-000000000002',
    };
    expect(await carryOut(another)).toMatchObject({ record: { status: 'SUCCESS' } });
    expect(paths).toHaveLength(1);
  });
});
