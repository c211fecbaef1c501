import { describe, expect, test } from '@jest/globals';
import {
  deliveryObserved,
  eventSent,
  watchFinished,
  watchObserved,
} from '../../lib/domain/event-transitions.ts';
import {
  addAnnounced,
  addsObserved,
  cancelled,
  deferred,
  finished,
  newRecord,
  received,
  rerun,
} from '../../lib/domain/record-transitions.ts';
import { isFinal, type RequestRecord, requestRecord } from '../../lib/domain/request-record.ts';
import { dueAtMs, TransitionError, type WriteContext } from '../../lib/domain/write-record.ts';
import { newRequest, REQUESTED_AT_MS } from '../support/new-request.ts';

const RETENTION_MS = 30 * 86_400_000;
let writes = 0;
const at = (seconds: number): WriteContext => ({
  nowMs: REQUESTED_AT_MS + seconds * 1000,
  writeId: `write-${writes++}`,
  retentionMs: RETENTION_MS,
});
const NO_CALLS = { genesysCalls: 0, genesysCorrelationIds: [] };
const event = (seconds: number, id = 'evt_1') => ({
  eventId: id,
  body: '{}',
  digest: 'e'.repeat(64),
  finishedAtMs: at(seconds).nowMs,
});
const watch = (seconds: number) => ({
  looks: 0,
  nextLookAtMs: at(seconds).nowMs,
  untilMs: at(90).nowMs,
});

const queued = () => newRecord(newRequest(), at(0));
const announce = (record: RequestRecord, positions = [0, 1]) =>
  addAnnounced(
    record,
    { contract: 'platform', positions, snapshot: [] },
    { participants: record.participants, ...NO_CALLS },
    at(1),
  );
const finish = (record: RequestRecord, seconds = 2, withWatch = false) =>
  finished(
    record,
    {
      status: 'PARTIAL',
      participants: record.participants.map((participant, index) => ({
        ...participant,
        outcome: index === 0 ? ('ADDED' as const) : ('REJECTED' as const),
      })),
      event: event(seconds),
      watch: withWatch ? watch(seconds + 15) : undefined,
    },
    record.adds,
    NO_CALLS,
    at(seconds),
  );
const reasonOf = (transition: () => unknown) => {
  try {
    transition();
  } catch (error) {
    if (error instanceof TransitionError) return error.reason;
    throw error;
  }
  return undefined;
};

describe('a record', () => {
  test('begins as QUEUED, at version 0', () => {
    expect(queued()).toMatchObject({ status: 'QUEUED', version: 0, run: 0, receives: 0, adds: [] });
  });

  test('gets a version and a write id with every write, and stays valid', () => {
    const steps = [queued()];
    for (const next of [
      (record: RequestRecord) => received(record, at(1)),
      announce,
      (record: RequestRecord) => finish(record, 3, true),
      (record: RequestRecord) => eventSent(record, 'result', at(4)),
      (record: RequestRecord) => watchFinished(record, record.participants, event(9), at(9)),
    ]) {
      steps.push(next(steps.at(-1) as RequestRecord));
    }
    expect(steps.map(({ version }) => version)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(new Set(steps.map(({ writeId }) => writeId)).size).toBe(steps.length);
    for (const step of steps) expect(requestRecord.parse(step)).toEqual(step);
  });

  test('is not changed by its transitions', () => {
    const record = queued();
    const before = structuredClone(record);
    announce(record);
    finish(record);
    expect(record).toEqual(before);
  });

  test('is kept for the retention after its deadline, or after its last change if that is later', () => {
    const record = queued();
    expect(record.expiresAtMs).toBe(record.deadlineMs + RETENTION_MS);
    const late = received(record, at(86_400));
    expect(late.expiresAtMs).toBe(REQUESTED_AT_MS + 86_400_000 + RETENTION_MS);
  });

  test('counts its receives and remembers when the first began', () => {
    const twice = received(received(queued(), at(1)), at(5));
    expect(twice).toMatchObject({ receives: 2, startedAtMs: at(1).nowMs, status: 'IN_PROGRESS' });
  });
});

describe('when a record is due', () => {
  test('an unfinished one is due shortly after its deadline', () => {
    expect(queued().dueAtMs).toBe(newRequest().deadlineMs + 2_000);
  });

  test('a final one is due until its result is sent', () => {
    const final = finish(queued());
    expect(final.dueAtMs).toBe(at(7).nowMs);
    expect(eventSent(final, 'result', at(3))).not.toHaveProperty('dueAtMs');
  });

  test('one that is watched is due when its look is overdue, then until the event is sent', () => {
    const watched = eventSent(finish(queued(), 2, true), 'result', at(3));
    expect(watched.dueAtMs).toBe(at(2 + 15 + 10).nowMs);
    const looked = watchObserved(watched, watched.participants, watch(40), at(17));
    expect(dueAtMs(looked)).toBe(at(50).nowMs);
    const over = watchFinished(looked, looked.participants, event(40, 'evt_1_c'), at(40));
    expect(over.dueAtMs).toBe(at(45).nowMs);
    expect(eventSent(over, 'connectionResult', at(41))).not.toHaveProperty('dueAtMs');
  });
});

describe('waiting', () => {
  const wait = (detail: string) => {
    const record = queued();
    const waiting = { untilMs: at(9).nowMs, code: 'RATE_LIMITED', detail };
    const progress = { participants: record.participants, ...NO_CALLS };
    return deferred(record, waiting, [], progress, at(1));
  };

  test('names its cause, which the next receive remembers', () => {
    const next = received(wait('too many requests'), at(9));
    expect(next).not.toHaveProperty('waiting');
    expect(next.lastCause).toEqual({ code: 'RATE_LIMITED', detail: 'too many requests' });
  });

  test('has a cause of at most 1000 characters', () => {
    const { waiting, lastCause } = wait('x'.repeat(100_000));
    expect(waiting?.detail).toHaveLength(1_000);
    expect(lastCause?.detail).toHaveLength(1_000);
  });
});

describe('adds', () => {
  const resolved = (record: RequestRecord, fate: 'NOT_MADE' | 'MADE') =>
    addsObserved(
      record,
      record.adds.map((add) =>
        add.fate === 'PENDING' ? { ...add, fate, unresolved: [], endedAtMs: at(2).nowMs } : add,
      ),
      { participants: record.participants, genesysCalls: 1, genesysCorrelationIds: ['c'] },
      at(2),
    );

  test('are unresolved from their announcement on', () => {
    expect(announce(queued()).adds).toEqual([
      {
        run: 0,
        contract: 'platform',
        positions: [0, 1],
        unresolved: [0, 1],
        snapshot: [],
        startedAtMs: at(1).nowMs,
        fate: 'PENDING',
      },
    ]);
  });

  test('that were not made are dropped once there are many, and the record stays small', () => {
    let record = resolved(announce(queued(), [0]), 'MADE');
    for (let refused = 0; refused < 200; refused += 1) {
      record = resolved(announce(record, [1]), 'NOT_MADE');
    }
    expect(record.adds).toHaveLength(30);
    expect(record.adds[0]?.fate).toBe('MADE');
    expect(record.genesysCalls).toBe(201);
    expect(record.genesysCorrelationIds).toHaveLength(50);
  });

  test('that were made or are unresolved are never dropped', () => {
    let record = queued();
    for (let made = 0; made < 40; made += 1) record = resolved(announce(record), 'MADE');
    for (let open = 0; open < 40; open += 1) record = announce(record);
    expect(record.adds).toHaveLength(80);
  });
});

describe('a final record', () => {
  test.each([
    ['receive', (record: RequestRecord) => received(record, at(9))],
    ['add', (record: RequestRecord) => announce(record)],
    ['second result', (record: RequestRecord) => finish(record)],
    [
      'cancel',
      (record: RequestRecord) =>
        cancelled(record, { participants: record.participants, event: event(9) }, at(9)),
    ],
  ])('refuses a %s', (_, transition) => {
    const final = finish(queued());
    expect(isFinal(final)).toBe(true);
    expect(reasonOf(() => transition(final))).toBe('final');
  });

  test('keeps its result while its delivery is recorded', () => {
    const final = finish(queued());
    const delivered = deliveryObserved(
      final,
      'delivery',
      { status: 'DELIVERED', attempts: 1, lastStatus: 200, deliveredAtMs: at(3).nowMs },
      at(3),
    );
    expect(delivered.result).toEqual(final.result);
    expect(delivered.delivery).toMatchObject({ status: 'DELIVERED', attempts: 1 });
  });

  test('keeps the time at which its result was first sent', () => {
    const sent = eventSent(finish(queued()), 'result', at(3));
    expect(eventSent(sent, 'result', at(60)).result?.sentAtMs).toBe(at(3).nowMs);
  });

  test('has one connection event, and no look after it', () => {
    const watched = finish(queued(), 2, true);
    const over = watchFinished(watched, watched.participants, event(40), at(40));
    expect(reasonOf(() => watchFinished(over, over.participants, event(41), at(41)))).toBe(
      'no-watch',
    );
    expect(reasonOf(() => watchObserved(over, over.participants, watch(75), at(41)))).toBe(
      'no-watch',
    );
  });
});

describe('a cancel', () => {
  const cancel = (record: RequestRecord) =>
    cancelled(record, { participants: record.participants, event: event(3) }, at(3));

  test('makes the record final', () => {
    expect(cancel(received(queued(), at(1)))).toMatchObject({
      status: 'CANCELLED',
      result: event(3),
      delivery: { status: 'PENDING', attempts: 0 },
    });
  });

  test('is too late once an add was announced', () => {
    expect(reasonOf(() => cancel(announce(queued())))).toBe('too-late');
  });

  test('of a later run is possible, unless an add of an earlier one is unresolved', () => {
    const sent = eventSent(finish(announce(queued())), 'result', at(3));
    const open = rerun(sent, { run: 1, deadlineMs: at(900).nowMs }, at(4));
    expect(reasonOf(() => cancel(open))).toBe('too-late');
    const known = { ...open, adds: open.adds.map((add) => ({ ...add, unresolved: [] })) };
    expect(cancel(known).status).toBe('CANCELLED');
  });
});

describe('a redrive', () => {
  const sent = () => eventSent(finish(queued(), 2), 'result', at(3));
  const redrive = (record: RequestRecord, run = 1) =>
    rerun(record, { run, deadlineMs: at(900).nowMs }, at(10));

  test('opens the record again and keeps the outcome of those who were rung', () => {
    const open = redrive(sent());
    expect(open).toMatchObject({
      status: 'QUEUED',
      run: 1,
      receives: 0,
      deadlineMs: at(900).nowMs,
      earlierResults: [{ eventId: 'evt_1', digest: 'e'.repeat(64) }],
    });
    expect(open.participants.map(({ outcome }) => outcome)).toEqual(['ADDED', undefined]);
    for (const field of ['result', 'delivery']) expect(open).not.toHaveProperty(field);
    expect(open.dueAtMs).toBe(at(902).nowMs);
  });

  test('is refused while a run is unfinished', () => {
    expect(reasonOf(() => redrive(queued()))).toBe('not-final');
  });

  test('is refused while the result before is not sent', () => {
    expect(reasonOf(() => redrive(finish(queued())))).toBe('not-sent');
  });

  // Bug: a redrive right after the result dropped the watch, and its connection event was never sent.
  test('is refused while the connection event of the run before is still to come', () => {
    const watched = eventSent(finish(queued(), 2, true), 'result', at(3));
    expect(reasonOf(() => redrive(watched))).toBe('not-sent');
    const over = watchFinished(watched, watched.participants, event(9, 'evt_1_c'), at(9));
    expect(reasonOf(() => redrive(over))).toBe('not-sent');
    expect(redrive(eventSent(over, 'connectionResult', at(9))).earlierResults).toHaveLength(2);
  });

  test('is not held up by a watch that was turned off', () => {
    const watched = eventSent(finish(queued(), 2, true), 'result', at(3));
    const { untilMs = 0 } = watched.watch ?? {};
    const context = { ...at(0), nowMs: untilMs };
    const open = rerun(watched, { run: 1, deadlineMs: untilMs + 1 }, context);
    expect(open.run).toBe(1);
    expect(open).not.toHaveProperty('watch');
  });

  test('is refused under another number than the next', () => {
    expect(reasonOf(() => redrive(sent(), 0))).toBe('other-run');
    expect(reasonOf(() => redrive(sent(), 2))).toBe('other-run');
  });
});
