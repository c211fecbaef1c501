import { expect, test } from '@jest/globals';
import { runBacklog } from '../../bench/run-backlog.ts';

test.each([2, 10, 50])(
  '100,000 requests of 20,000 conversations with %i instances use the budget and end on time',
  async (instances) => {
    const run = await runBacklog({
      requests: 100_000,
      conversations: 20_000,
      instances,
      minutes: 10,
      deadlineMinutes: { from: 2, to: 60 },
      seed: instances,
    });
    expect(run.usedPercent).toBeGreaterThanOrEqual(95);
    expect(run.refusedInAWindow).toBeLessThanOrEqual(1);
    expect(run.callsPerRequest.secondHalf).toBeLessThanOrEqual(1.1 * run.callsPerRequest.firstHalf);
    expect(run.latestResultMs).toBeLessThanOrEqual(75_000);
    expect(run.overdue).toBe(0);
  },
  1_800_000,
);

test('30,000 requests that expire within a minute have their results on time', async () => {
  const run = await runBacklog({
    requests: 30_000,
    conversations: 6_000,
    instances: 10,
    minutes: 5,
    deadlineMinutes: { from: 2, to: 3 },
    seed: 1,
  });
  expect(run.expired).toBeGreaterThan(29_000);
  expect(run.latestResultMs).toBeLessThanOrEqual(75_000);
  expect(run.overdue).toBe(0);
}, 600_000);
