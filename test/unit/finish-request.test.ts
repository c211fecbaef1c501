import { describe, expect, test } from '@jest/globals';
import {
  type FinishDeps,
  finishRequest,
  recordRefusal,
  sendStoredResult,
} from '../../lib/carry-out/finish-request.ts';
import { addAnnounced } from '../../lib/domain/record-transitions.ts';
import { TransitionError } from '../../lib/domain/write-record.ts';
import { createSimulatedTable } from '../simulation/simulated-records.ts';
import { requestRecordOf, START_MS } from '../support/request-record-of.ts';

const EXPIRED = { code: 'DEADLINE_EXCEEDED', detail: 'Too late.' } as const;
const CANCELLED = { code: 'CANCELLED', detail: 'By the caller.' } as const;
const CONTEXT = { nowMs: START_MS, writeId: 'announced', retentionMs: 1_000 };
const NO_PROGRESS = { genesysCalls: 0, genesysCorrelationIds: [] };

function setUp(overrides: Partial<FinishDeps> = {}) {
  const table = createSimulatedTable();
  const { records } = table.portsOf({
    call: async (_what, effect) => effect(),
    now: () => START_MS,
  });
  const sent: { eventId: string; body: string }[] = [];
  let writes = 0;
  const deps: FinishDeps = {
    records,
    sendResult: async (event) => {
      sent.push(event);
      return 'sent';
    },
    clock: { now: () => START_MS },
    newWriteId: () => `write ${++writes}`,
    retentionMs: 86_400_000,
    ...overrides,
  };
  return { deps, records, stored: table.records, sent };
}

describe('finishing a request', () => {
  test('writes the result, sends the bytes that are stored, and marks them as sent', async () => {
    const { deps, records, stored, sent } = setUp();
    const record = requestRecordOf();
    await records.create(record);
    const finished = await finishRequest(deps, record, { verdict: EXPIRED });
    expect(finished).toEqual(stored.get(record.requestId));
    expect(finished).toMatchObject({
      status: 'EXPIRED',
      result: { eventId: `evt_${record.requestId}`, sentAtMs: START_MS },
      participants: [{ outcome: 'NOT_ATTEMPTED' }, { outcome: 'NOT_ATTEMPTED' }],
    });
    expect(sent.map(({ body }) => body)).toEqual([finished?.result?.body]);
  });

  test('changes nothing and sends nothing where the record has changed meanwhile', async () => {
    const { deps, records, sent } = setUp();
    const record = requestRecordOf();
    await records.create({ ...record, version: 7, writeId: 'of another writer' });
    expect(await finishRequest(deps, record, { verdict: EXPIRED })).toBeUndefined();
    expect(sent).toEqual([]);
  });

  test('sends the same bytes again where they were not marked as sent', async () => {
    let broken = true;
    const bodies: string[] = [];
    const { deps, records, stored } = setUp({
      sendResult: async ({ body }) => {
        if (broken) throw new Error('the queue is away');
        bodies.push(body);
        return 'sent';
      },
    });
    const record = requestRecordOf();
    await records.create(record);
    await expect(finishRequest(deps, record, { verdict: EXPIRED })).rejects.toThrow('away');
    broken = false;
    const unsent = stored.get(record.requestId);
    expect(unsent?.result?.sentAtMs).toBeUndefined();
    const again = unsent && (await sendStoredResult(deps, unsent));
    expect(bodies).toEqual([unsent?.result?.body]);
    expect(again?.result?.sentAtMs).toBe(START_MS);
  });

  test('reduces a result that the queue refuses, in the record first', async () => {
    const taken: string[] = [];
    const { deps, records } = setUp({
      sendResult: async ({ body }) => {
        if (body.includes('Too late')) return 'refused';
        taken.push(body);
        return 'sent';
      },
    });
    const record = requestRecordOf({ participants: [{ id: 'a', role: 'agent' }] });
    await records.create(record);
    await expect(finishRequest(deps, record, { verdict: EXPIRED })).rejects.toThrow('refuses');
    const other = requestRecordOf({ requestId: 'other' });
    await records.create(other);
    const verdict = { code: 'GENESYS_REJECTED', detail: `${'x'.repeat(250)}Too late` } as const;
    const finished = await finishRequest(deps, other, { verdict });
    expect(taken).toEqual([finished?.result?.body]);
    expect(finished?.result?.body).not.toContain('Too late');
  });

  test('cancels until an add is announced, and not after', async () => {
    const { deps, records } = setUp();
    const record = requestRecordOf();
    await records.create(record);
    const add = { contract: 'platform', positions: [0], snapshot: [] } as const;
    const announced = addAnnounced(
      record,
      { ...add, positions: [0], snapshot: [] },
      { ...NO_PROGRESS, participants: record.participants },
      CONTEXT,
    );
    await expect(finishRequest(deps, announced, { verdict: CANCELLED })).rejects.toThrow(
      new TransitionError('too-late').message,
    );
    expect(await finishRequest(deps, record, { verdict: CANCELLED })).toMatchObject({
      status: 'CANCELLED',
    });
  });

  test('schedules the watch of people who ring in a call of the platform: its first look and its end', async () => {
    const scheduled: unknown[] = [];
    const { deps, records } = setUp({
      scheduleWatch: async ({ watch }, lookAtMs) => {
        scheduled.push([lookAtMs, watch]);
      },
    });
    const rung = requestRecordOf({
      participants: [{ id: 'a', role: 'agent', outcome: 'ADDED' }],
      adds: [
        {
          run: 0,
          contract: 'platform',
          positions: [0],
          unresolved: [],
          snapshot: [],
          startedAtMs: START_MS,
          fate: 'MADE',
        },
      ],
    });
    await records.create(rung);
    await finishRequest(deps, rung, {});
    const watch = { looks: 0, nextLookAtMs: START_MS + 15_000, untilMs: START_MS + 90_000 };
    expect(scheduled).toEqual([
      [START_MS + 15_000, watch],
      [START_MS + 84_000, watch],
    ]);
    const generic = requestRecordOf({
      ...rung,
      requestId: 'other',
      adds: rung.adds.map((add) => ({ ...add, contract: 'generic' as const })),
    });
    await records.create(generic);
    expect((await finishRequest(deps, generic, {}))?.watch).toBeUndefined();
    expect(scheduled).toHaveLength(2);
  });
});

describe('refusing a message', () => {
  test('creates its record with the result, and sends the same result when it comes again', async () => {
    const { deps, stored, sent } = setUp();
    const { requestId, conversationId, correlationId, requestedBy, callerId, digest } =
      requestRecordOf();
    const request = {
      ...{ requestId, conversationId, correlationId, requestedBy, callerId, digest },
      origin: 'queue' as const,
      participants: [],
      dryRun: false,
      onlyIfReachable: false,
      requestedAtMs: START_MS,
      deadlineMs: START_MS,
    };
    const verdict = { code: 'INVALID_MESSAGE', detail: 'It is not JSON.' } as const;
    await recordRefusal(deps, request, verdict);
    await recordRefusal(deps, request, verdict);
    expect(stored.get(requestId)).toMatchObject({ status: 'FAILED' });
    expect(sent).toHaveLength(2);
    expect(sent[0]?.body).toBe(sent[1]?.body);
  });
});
