import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AdderError } from '../../lib/domain/errors.ts';
import { RateLimiter } from '../../lib/genesys/pace/rate-limiter.ts';
import { createRateWindow } from '../../local/genesys/rate-window.ts';
import { seededRandom } from '../simulation/seeded-random.ts';
import { VirtualTime } from '../simulation/virtual-time.ts';

const STARTED_AT_MS = Date.parse('2026-11-22T15:00:00Z');
const WINDOW_MS = 60_000;

interface Load {
  /** Requests a minute that the platform allows. */
  allowed: number;
  instances: number;
  minutes: number;
  /** On each way, up to this: answers overtake each other. */
  latencyMs: number;
  /** Requests a minute of other clients with the same token. Default 0. */
  others?: number;
  /** Requests that each instance always has ready to be sent. Default 20. */
  backlog?: number;
  /** From when on there is a backlog. Default: from the start. */
  idleMs?: number;
  /** Answers get lost, so often; their headers with them. Default 0. */
  lossProbability?: number;
  seed: number;
}

interface Sent {
  instance: number;
  leftAtMs: number;
  arrivedAtMs: number;
  /** By the platform's own count. */
  refused: boolean;
}

interface Run {
  sent: Sent[];
  /** All that arrived at the platform, other clients' requests included. */
  arrived: number;
  /** Every 429 that an instance was told of, and until when it is to keep still. */
  stops: { instance: number; toldAtMs: number; untilMs: number }[];
}

/** Instances that have always something to send, against a platform that counts what arrives. */
async function run(load: Load): Promise<Run> {
  const { allowed, instances, others = 0, backlog = 20, idleMs = 0, lossProbability = 0 } = load;
  const random = seededRandom(load.seed);
  const time = new VirtualTime(STARTED_AT_MS);
  const platform = createRateWindow();
  const result: Run = { sent: [], arrived: 0, stops: [] };

  const arrive = () => {
    result.arrived += 1;
    return platform.count(time.nowMs);
  };

  async function sendOne(instance: number, rateLimiter: RateLimiter): Promise<void> {
    try {
      await rateLimiter.acquire(Number.POSITIVE_INFINITY);
    } catch (error) {
      // As a message that is handed back with this visibility.
      await time.wait((error as AdderError).retryAfterMs ?? 0);
      return;
    }
    const leftAtMs = time.nowMs;
    await time.wait(random() * load.latencyMs);
    const { count, resetSeconds } = arrive();
    const refused = count > allowed;
    result.sent.push({ instance, leftAtMs, arrivedAtMs: time.nowMs, refused });
    await time.wait(random() * load.latencyMs);
    if (random() < lossProbability) return rateLimiter.release();
    rateLimiter.release({
      'inin-ratelimit-count': String(count),
      'inin-ratelimit-allowed': String(allowed),
      'inin-ratelimit-reset': String(resetSeconds),
    });
    if (!refused) return;
    const untilMs = time.nowMs + resetSeconds * 1000;
    rateLimiter.pauseUntil(untilMs);
    result.stops.push({ instance, toldAtMs: time.nowMs, untilMs });
  }

  for (let instance = 0; instance < instances; instance += 1) {
    const rateLimiter = new RateLimiter({ requestsPerSecond: 5, instances, clock: time.clock() });
    for (let worker = 0; worker < backlog; worker += 1) {
      const work = async () => {
        await time.wait(idleMs);
        for (;;) await sendOne(instance, rateLimiter);
      };
      void work();
    }
  }
  const useByOthers = async () => {
    for (;;) {
      await time.wait((2 * random() * WINDOW_MS) / others);
      arrive();
    }
  };
  if (others > 0) void useByOthers();
  await time.run({ untilMs: STARTED_AT_MS + load.minutes * WINDOW_MS });
  return result;
}

/** The most arrivals in any 60 s, wherever they begin. */
function mostInAWindow(sent: Sent[]): number {
  const times = sent.map(({ arrivedAtMs }) => arrivedAtMs).sort((a, b) => a - b);
  let first = 0;
  let most = 0;
  for (const [last, atMs] of times.entries()) {
    while (atMs - (times[first] ?? 0) >= WINDOW_MS) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

const loads = fc.record({
  allowed: fc.constantFrom(300, 180),
  instances: fc.integer({ min: 1, max: 5 }),
  latencyMs: fc.constantFrom(5, 100, 800),
  seed: fc.integer(),
});
const RUNS = { numRuns: 15 };

describe('a steady backlog on a platform that allows 300 or 180 requests a minute', () => {
  test('in no window of 60 s do all instances together exceed what is allowed', async () => {
    await fc.assert(
      fc.asyncProperty(loads, fc.integer({ min: 1, max: 40 }), async (load, backlog) => {
        const { sent } = await run({ ...load, backlog, minutes: 4 });
        expect(mostInAWindow(sent)).toBeLessThanOrEqual(load.allowed);
        expect(sent.filter(({ refused }) => refused)).toEqual([]);
      }),
      RUNS,
    );
  }, 60_000);

  test('at least 95 % of what is allowed is used', async () => {
    await fc.assert(
      fc.asyncProperty(loads, async (load) => {
        const minutes = 6;
        const { sent } = await run({ ...load, minutes });
        expect(sent.length / (minutes * load.allowed)).toBeGreaterThanOrEqual(0.95);
      }),
      RUNS,
    );
  }, 60_000);

  test('half of it may go at once, and after a quiet time it is no more than that', async () => {
    await fc.assert(
      fc.asyncProperty(loads, async (load) => {
        const idleMs = 90_000;
        const { sent } = await run({ ...load, latencyMs: 5, backlog: 200, idleMs, minutes: 2.5 });
        const burst = sent.filter(({ leftAtMs }) => leftAtMs === STARTED_AT_MS + idleMs);
        expect(burst.length).toBeGreaterThanOrEqual(0.45 * Math.min(300, load.allowed));
        expect(mostInAWindow(sent)).toBeLessThanOrEqual(load.allowed);
      }),
      RUNS,
    );
  }, 60_000);
});

describe('with other clients on the same token', () => {
  test('what they use is left to them, but for a few requests that cross with theirs', async () => {
    await fc.assert(
      fc.asyncProperty(loads, fc.integer({ min: 20, max: 90 }), async (load, others) => {
        const minutes = 4;
        const { sent, arrived } = await run({ ...load, others, minutes });
        const refused = sent.filter((request) => request.refused);
        // An instance learns of what others have used by its next answer only, so each of them may
        // run into the limit with what is under way, once a minute.
        expect(refused.length).toBeLessThanOrEqual(3 * load.instances * minutes);
        expect(arrived / (minutes * load.allowed)).toBeGreaterThanOrEqual(0.95);
      }),
      RUNS,
    );
  }, 60_000);

  test('after a 429 an instance sends nothing before the named time', async () => {
    let stopsSeen = 0;
    await fc.assert(
      fc.asyncProperty(loads, fc.double({ min: 0, max: 0.3, noNaN: true }), async (load, loss) => {
        const busy = { others: 100, lossProbability: loss, minutes: 3 };
        const { sent, stops } = await run({ ...load, ...busy });
        stopsSeen += stops.length;
        for (const { instance, toldAtMs, untilMs } of stops) {
          const broken = sent.filter(
            (request) =>
              request.instance === instance &&
              request.leftAtMs > toldAtMs &&
              request.leftAtMs < untilMs,
          );
          expect(broken).toEqual([]);
        }
      }),
      RUNS,
    );
    expect(stopsSeen).toBeGreaterThan(0);
  }, 60_000);
});

describe('a wait that is not a short one', () => {
  test('is handed back as RATE_LIMITED with the time after which there is room', async () => {
    const time = new VirtualTime(STARTED_AT_MS);
    const rateLimiter = new RateLimiter({
      requestsPerSecond: 5,
      instances: 1,
      clock: time.clock(),
    });
    rateLimiter.pauseUntil(STARTED_AT_MS + 58_000);
    const error = await rateLimiter
      .acquire(Number.POSITIVE_INFINITY)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AdderError);
    expect(error).toMatchObject({
      code: 'RATE_LIMITED',
      disposition: 'retry',
      retryAfterMs: 58_000,
    });
    expect(time.nowMs).toBe(STARTED_AT_MS);
  });

  test('a request that could not start in time takes no place in the budget', async () => {
    const time = new VirtualTime(STARTED_AT_MS);
    const rateLimiter = new RateLimiter({
      requestsPerSecond: 5,
      instances: 1,
      clock: time.clock(),
    });
    await expect(rateLimiter.acquire(STARTED_AT_MS - 1)).rejects.toThrow('Not enough time left');
    expect(rateLimiter.usedPercent()).toBe(0);
    await rateLimiter.acquire(STARTED_AT_MS);
    expect(rateLimiter.usedPercent()).toBeCloseTo(100 / 300);
  });
});
