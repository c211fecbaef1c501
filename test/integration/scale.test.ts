import { describe, expect, test } from '@jest/globals';
import { runBacklog } from '../../bench/run-backlog.ts';
import { median } from '../../bench/statistics.ts';

// test/long/scale.test.ts has the whole size, and other numbers of instances.
describe('a deep backlog with ten instances', () => {
  test('uses the budget, costs three calls a request, and ends expired requests on time', async () => {
    const run = await runBacklog({
      requests: 3_000,
      conversations: 600,
      instances: 10,
      minutes: 5,
      deadlineMinutes: { from: 1, to: 30 },
      seed: 1,
    });
    expect(run.usedPercent).toBeGreaterThanOrEqual(95);
    expect(run.refusedInAWindow).toBeLessThanOrEqual(1);
    // Three; after a 429 a request makes a call again.
    expect(run.callsPerRequest.firstHalf).toBeCloseTo(3, 1);
    expect(run.callsPerRequest.secondHalf).toBeCloseTo(3, 1);
    expect(run.expired).toBeGreaterThan(100);
    expect(run.latestResultMs).toBeLessThanOrEqual(75_000);
    expect(run.overdue).toBe(0);
  }, 120_000);

  test('lets a second caller through within seconds', async () => {
    const run = await runBacklog({
      requests: 2_000,
      conversations: 2_000,
      late: 20,
      instances: 10,
      minutes: 3,
      deadlineMinutes: { from: 10, to: 30 },
      seed: 1,
    });
    expect(run.lateWaits).toHaveLength(20);
    expect(median(run.lateWaits)).toBeLessThanOrEqual(5);
    expect(Math.max(...run.lateWaits)).toBeLessThanOrEqual(10);
  }, 120_000);
});

test('500 requests for unknown conversations do not delay another caller', async () => {
  const run = await runBacklog({
    requests: 500,
    conversations: 500,
    areUnknown: true,
    late: 5,
    lateAfterMs: 20_000,
    instances: 10,
    minutes: 2,
    deadlineMinutes: { from: 9, to: 10 },
    seed: 1,
  });
  expect(run.lateWaits).toHaveLength(5);
  expect(Math.max(...run.lateWaits)).toBeLessThan(1);
}, 120_000);

test('60 requests with 120 calls a minute cost three calls each, also where few calls are left', async () => {
  const run = await runBacklog({
    requests: 60,
    conversations: 60,
    instances: 10,
    minutes: 3,
    deadlineMinutes: { from: 9, to: 10 },
    requestsPerSecond: 2,
    seed: 1,
  });
  expect(run.carriedOut).toBe(60);
  expect(run.callsPerRequest).toEqual({ firstHalf: 3, secondHalf: 3 });
  // In percent of 300 a minute.
  expect(run.usedPercent).toBeCloseTo((100 * 180) / 900);
}, 120_000);

test('a budget of six calls a minute carries out two requests a minute, three calls each', async () => {
  const run = await runBacklog({
    requests: 6,
    conversations: 6,
    instances: 10,
    minutes: 5,
    deadlineMinutes: { from: 20, to: 30 },
    requestsPerSecond: 0.1,
    seed: 1,
  });
  expect(run.carriedOut).toBe(6);
  expect(run.callsPerRequest.firstHalf).toBe(3);
  // Few deferrals for each.
  expect(run.receives).toBeLessThanOrEqual(40);
});
