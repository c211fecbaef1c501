import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { busiestWindow } from '../../bench/emulators/busiest-window.ts';
import { AccessDeniedError } from '../../lib/aws/access-denied.ts';
import type { Clock } from '../../lib/domain/clock.ts';
import type { CallWindowItem, WindowUpdate } from '../../lib/domain/window-update.ts';
import type { CallAllowance, CallGrant } from '../../lib/genesys/pace/call-allowance.ts';
import { createCallAllowance } from '../../lib/genesys/pace/create-call-allowance.ts';
import { createMemoryCallWindow } from '../../lib/genesys/pace/memory-call-window.ts';
import { waitForCalls } from '../../lib/genesys/pace/wait-for-calls.ts';
import { createRateWindow } from '../../local/genesys/rate-window.ts';
import { seededRandom } from '../simulation/seeded-random.ts';
import { VirtualTime } from '../simulation/virtual-time.ts';

const STARTED_AT_MS = Date.parse('2026-11-22T15:00:00Z');
const WINDOW_MS = 60_000;
const CALLS_PER_REQUEST = 3;

interface Load {
  /** Calls a minute that the platform allows. */
  allowed: number;
  instances: number;
  minutes: number;
  /** Calls a minute of other clients with the same token. Default 0. */
  others?: number;
  /** Requests of each caller, and when they arrive. */
  callers: Record<string, { requests: number; fromMs?: number }>;
  /** Duration of an operation on the table, about. Default 5. */
  tableMs?: number;
  seed: number;
}

interface Run {
  /** When each call reached the platform, and whether it refused it. */
  calls: { atMs: number; refused: boolean }[];
  /** All that arrived at the platform, other clients' calls included. */
  arrived: number;
  /** How long each caller's requests took from their arrival, in milliseconds. */
  latencies: Record<string, number[]>;
  itemReads: number;
  itemWrites: number;
  /** Writes that came too late. */
  itemConflicts: number;
}

/** The item as several instances reach it: each verb takes some milliseconds and they interleave. */
function slowItem(
  inner: CallWindowItem,
  { time, random, run, load }: { time: VirtualTime; random: () => number; run: Run; load: Load },
): CallWindowItem {
  const travel = () => time.wait((load.tableMs ?? 5) * (0.2 + random()) * 0.5);
  return {
    ...inner,
    async read() {
      run.itemReads += 1;
      await travel();
      const window = await inner.read();
      await travel();
      return window;
    },
    async update(update: WindowUpdate) {
      await travel();
      const { isMade, window } = await inner.update(update);
      if (isMade) run.itemWrites += 1;
      else run.itemConflicts += 1;
      await travel();
      return { isMade, window };
    },
  };
}

/** Instances that work through the requests of several callers, as a queue hands them out. */
async function simulate(load: Load): Promise<Run> {
  const random = seededRandom(load.seed);
  const time = new VirtualTime(STARTED_AT_MS);
  const platform = createRateWindow();
  const run: Run = {
    calls: [],
    arrived: 0,
    latencies: {},
    itemReads: 0,
    itemWrites: 0,
    itemConflicts: 0,
  };
  const queue: { caller: string; arrivedAtMs: number }[] = [];
  const shared = createMemoryCallWindow();

  async function makeCalls(allowance: CallAllowance, grant: CallGrant): Promise<boolean> {
    for (; grant.calls > 0; grant.calls -= 1) {
      await time.wait(random() * 100);
      run.arrived += 1;
      const { count, resetSeconds } = platform.count(time.nowMs);
      const refused = count > load.allowed;
      run.calls.push({ atMs: time.nowMs, refused });
      await time.wait(random() * 100);
      const headers = {
        'inin-ratelimit-count': String(count),
        'inin-ratelimit-allowed': String(load.allowed),
        'inin-ratelimit-reset': String(resetSeconds),
      };
      allowance.observe({ status: refused ? 429 : 200, headers });
      if (!refused) continue;
      grant.calls -= 1;
      const untilMs = time.nowMs + resetSeconds * 1_000;
      await allowance.pauseUntil(untilMs);
      return false;
    }
    return true;
  }

  async function work(allowance: CallAllowance): Promise<void> {
    for (;;) {
      const request = queue.shift();
      if (!request) {
        await time.wait(50);
        continue;
      }
      const { caller, arrivedAtMs } = request;
      const back = (delayMs: number) => time.after(delayMs, () => queue.push(request));
      const grant = await allowance.acquire(CALLS_PER_REQUEST, { callerId: caller });
      if (!grant.granted) {
        // As a message with this visibility: whole seconds.
        back(Math.ceil((grant.retryAtMs - time.nowMs) / 1_000) * 1_000);
        await time.wait(5);
        continue;
      }
      const done = await makeCalls(allowance, grant);
      await allowance.release(grant, caller);
      if (!done) back(1_000);
      else run.latencies[caller]?.push(time.nowMs - arrivedAtMs);
    }
  }

  for (const [caller, { requests, fromMs = 0 }] of Object.entries(load.callers)) {
    run.latencies[caller] = [];
    time.after(fromMs, () => {
      for (let request = 0; request < requests; request += 1) {
        queue.push({ caller, arrivedAtMs: time.nowMs });
      }
    });
  }
  for (let instance = 0; instance < load.instances; instance += 1) {
    const allowance = createCallAllowance({
      item: slowItem(shared, { time, random, run, load }),
      requestsPerSecond: 5,
      clock: time.clock(),
      random,
    });
    for (let worker = 0; worker < 2; worker += 1) void work(allowance);
  }
  if (load.others) {
    const perMinute = load.others;
    const useByOthers = async () => {
      for (;;) {
        await time.wait((2 * random() * WINDOW_MS) / perMinute);
        run.arrived += 1;
        platform.count(time.nowMs);
      }
    };
    void useByOthers();
  }
  await time.run({ untilMs: STARTED_AT_MS + load.minutes * WINDOW_MS });
  return run;
}

/** The most calls in any 60 s, wherever they begin. */
function mostInAMinute(calls: Run['calls']): number {
  const times = calls.map(({ atMs }) => atMs).sort((a, b) => a - b);
  return busiestWindow(times, WINDOW_MS);
}

function median(values: number[] = []): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const loads = fc.record({
  allowed: fc.constantFrom(300, 180),
  instances: fc.constantFrom(1, 2, 10),
  seed: fc.integer(),
});
const RUNS = { numRuns: 3 };
const FLOOD = { A: { requests: 1_500 } };

describe('a backlog on a platform that allows 300 or 180 calls a minute', () => {
  test('no minute sees more calls than allowed, the platform refuses none, and 95 % are used', async () => {
    await fc.assert(
      fc.asyncProperty(loads, async (load) => {
        const minutes = 4;
        const { calls } = await simulate({ ...load, callers: FLOOD, minutes });
        expect(mostInAMinute(calls)).toBeLessThanOrEqual(300);
        expect(calls.filter(({ refused }) => refused)).toEqual([]);
        expect(calls.length / (minutes * load.allowed)).toBeGreaterThanOrEqual(0.95);
      }),
      RUNS,
    );
  }, 120_000);

  test('a request costs one write for its calls, and refusals cost few', async () => {
    const run = await simulate({
      allowed: 300,
      instances: 10,
      minutes: 3,
      callers: FLOOD,
      seed: 1,
    });
    const requests = run.latencies.A?.length ?? 0;
    expect(run.itemWrites).toBeLessThan(1.4 * requests);
  }, 60_000);

  test('on a table that takes 200 ms for an operation it is the same', async () => {
    const minutes = 4;
    const run = await simulate({
      allowed: 300,
      instances: 10,
      minutes,
      callers: FLOOD,
      tableMs: 200,
      seed: 1,
    });
    expect(mostInAMinute(run.calls)).toBeLessThanOrEqual(300);
    expect(run.calls.filter(({ refused }) => refused)).toEqual([]);
    expect(run.calls.length / (minutes * 300)).toBeGreaterThanOrEqual(0.95);
    expect(run.itemConflicts).toBeLessThan(run.itemWrites);
  }, 60_000);
});

describe('with other clients on the same token', () => {
  test('what they use is left to them, but for a few calls that cross with theirs', async () => {
    await fc.assert(
      fc.asyncProperty(loads, fc.integer({ min: 20, max: 90 }), async (load, others) => {
        const minutes = 4;
        const run = await simulate({ ...load, others, callers: FLOOD, minutes });
        const refused = run.calls.filter((call) => call.refused);
        expect(refused.length).toBeLessThanOrEqual(20 * minutes);
        expect(run.arrived / (minutes * load.allowed)).toBeGreaterThanOrEqual(0.85);
      }),
      RUNS,
    );
  }, 120_000);
});

describe('callers', () => {
  const B = { requests: 20, fromMs: 2_000 };
  const common = { allowed: 300, instances: 10, minutes: 4 };

  test('20 requests beside a flood of 2,000 take at most three times as long as alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const alone = await simulate({ ...common, callers: { B }, seed });
        const beside = await simulate({ ...common, callers: { A: { requests: 2_000 }, B }, seed });
        expect(beside.latencies.B).toHaveLength(20);
        expect(median(beside.latencies.B)).toBeLessThanOrEqual(3 * median(alone.latencies.B));
      }),
      RUNS,
    );
  }, 120_000);

  test('in the middle of a long flood they are served before it goes on', async () => {
    const later = { requests: 20, fromMs: 130_000 };
    const { latencies } = await simulate({ ...common, callers: { ...FLOOD, B: later }, seed: 7 });
    expect(latencies.B).toHaveLength(20);
    // 60 calls at the rate at which calls become free.
    expect(Math.max(...(latencies.B ?? []))).toBeLessThan(15_000);
  }, 60_000);

  test('two floods share equally', async () => {
    const callers = { A: { requests: 2_000 }, B: { requests: 2_000, fromMs: 20_000 } };
    const { latencies } = await simulate({ ...common, minutes: 8, callers, seed: 3 });
    const [a, b] = [latencies.A?.length ?? 0, latencies.B?.length ?? 0];
    expect(Math.min(a, b) / Math.max(a, b)).toBeGreaterThan(0.6);
  }, 60_000);
});

test('requests of one instance that ask at the same time share writes', async () => {
  const time = new VirtualTime(STARTED_AT_MS);
  const item = createMemoryCallWindow();
  let writes = 0;
  const allowance = createCallAllowance({
    item: {
      ...item,
      async update(update) {
        writes += 1;
        return item.update(update);
      },
    },
    requestsPerSecond: 5,
    clock: time.clock(),
    random: () => 0,
  });
  const grants = await Promise.all(Array.from({ length: 10 }, () => allowance.acquire(3)));
  expect(grants.filter(({ granted }) => granted)).toHaveLength(10);
  // The first one, then all others together.
  expect(writes).toBe(2);
  expect(allowance.usedPercent()).toBeCloseTo((100 * 30) / 300);
});

test('a refusal can be expected without acquiring calls, and only after one', async () => {
  const time = new VirtualTime(STARTED_AT_MS);
  const allowance = createCallAllowance({
    item: createMemoryCallWindow(),
    requestsPerSecond: 5,
    clock: time.clock(),
    random: () => 0,
  });
  expect(await allowance.expectRefusal(3, {})).toBeUndefined();
  expect([allowance.usedPercent(), allowance.wasRefusedLately()]).toEqual([0, false]);
  await allowance.pauseUntil(STARTED_AT_MS + 8_000);
  await allowance.acquire(3);
  expect(allowance.wasRefusedLately()).toBe(true);
  expect(await allowance.expectRefusal(3, {})).toMatchObject({ reason: 'stopped' });
});

describe('after a refusal', () => {
  function setUpRefused() {
    const time = { nowMs: STARTED_AT_MS };
    const clock: Clock = { now: () => time.nowMs, sleep: async () => {} };
    const item = createMemoryCallWindow();
    const create = () =>
      createCallAllowance({ item, requestsPerSecond: 5, clock, random: () => 0 });
    return { time, allowance: create(), other: create() };
  }

  test('others are likely to be refused for half a minute', async () => {
    const { time, allowance } = setUpRefused();
    await allowance.pauseUntil(STARTED_AT_MS + 60_000);
    await allowance.acquire(3);
    time.nowMs += 30_000;
    expect(allowance.wasRefusedLately()).toBe(true);
    time.nowMs += 1;
    expect(allowance.wasRefusedLately()).toBe(false);
  });

  test('none is expected once another instance has returned its calls', async () => {
    const { time, allowance, other } = setUpRefused();
    const grant = await other.acquire(300, { callerId: 'a' });
    expect(await allowance.acquire(3, { callerId: 'b' })).toMatchObject({ reason: 'budget' });
    expect(await allowance.expectRefusal(3, { callerId: 'b' })).toMatchObject({
      reason: 'budget',
    });
    if (grant.granted) await other.release(grant, 'a');
    time.nowMs += 1_001;
    expect(await allowance.expectRefusal(3, { callerId: 'b' })).toBeUndefined();
  });

  test('none is expected for a caller below its share', async () => {
    const { allowance } = setUpRefused();
    let outcome = await allowance.acquire(3, { callerId: 'a' });
    while (outcome.granted) outcome = await allowance.acquire(3, { callerId: 'a' });
    expect(allowance.wasRefusedLately()).toBe(true);
    expect(await allowance.expectRefusal(3, { callerId: 'a' })).toBeDefined();
    expect(await allowance.expectRefusal(3, { callerId: 'b' })).toBeUndefined();
  });
});

describe('waiting for calls', () => {
  const alone = (clock: Clock) =>
    createCallAllowance({
      item: createMemoryCallWindow(),
      requestsPerSecond: 5,
      clock,
      random: () => 0,
    });

  test('a long wait ends as RATE_LIMITED with the time after which there is room', async () => {
    const time = new VirtualTime(STARTED_AT_MS);
    const allowance = alone(time.clock());
    await allowance.pauseUntil(STARTED_AT_MS + 58_000);
    const deps = { allowance, clock: time.clock() };
    const waiting = waitForCalls(deps, 1, { startByMs: Number.POSITIVE_INFINITY });
    await expect(waiting).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      disposition: 'retry',
      retryAfterMs: 58_000,
    });
    expect(time.nowMs).toBe(STARTED_AT_MS);
  });

  test('calls that could not start in time take no place in the budget', async () => {
    const time = new VirtualTime(STARTED_AT_MS);
    const allowance = alone(time.clock());
    const deps = { allowance, clock: time.clock() };
    await expect(waitForCalls(deps, 1, { startByMs: STARTED_AT_MS - 1 })).rejects.toThrow(
      'Not enough time left',
    );
    expect(allowance.usedPercent()).toBe(0);
    await waitForCalls(deps, 1, { startByMs: STARTED_AT_MS });
    expect(allowance.usedPercent()).toBeCloseTo(100 / 300);
  });

  test('when the table cannot be reached, no call is granted', async () => {
    const broken = () => Promise.reject(new Error('no route'));
    const time = new VirtualTime(STARTED_AT_MS);
    const allowance = createCallAllowance({
      item: { read: broken, update: broken, replace: broken },
      requestsPerSecond: 5,
      clock: time.clock(),
      random: () => 0,
    });
    await expect(allowance.acquire(3)).rejects.toMatchObject({
      code: 'INTERNAL_ERROR',
      disposition: 'retry',
    });
    await expect(allowance.pauseUntil(STARTED_AT_MS + 5_000)).resolves.toBeUndefined();
    await expect(
      allowance.release({ granted: true, calls: 3, grantedAtMs: STARTED_AT_MS }),
    ).resolves.toBeUndefined();
  });

  test('when the role has no access to the table, the error says so', async () => {
    const denied = () => Promise.reject(new AccessDeniedError('requests table', 'an:Action', null));
    const allowance = createCallAllowance({
      item: { read: denied, update: denied, replace: denied },
      requestsPerSecond: 5,
      clock: new VirtualTime(STARTED_AT_MS).clock(),
      random: () => 0,
    });
    await expect(allowance.acquire(3)).rejects.toThrow('no access to the requests table');
  });
});
