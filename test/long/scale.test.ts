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
  3_600_000,
);
