import { describe, expect, test } from '@jest/globals';
import { parseRate, startSchedule } from '../../local/scheduler/start-schedule.ts';

/** A clock whose sleepers a test wakes up. */
function manualClock() {
  let nowMs = Date.parse('2026-11-22T15:00:00.500Z');
  let wake: (() => void) | undefined;
  return {
    now: () => nowMs,
    sleep: (delayMs: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
        wake = () => {
          nowMs += delayMs;
          resolve();
        };
      }),
    async tick() {
      wake?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('a rate', () => {
  test.each([
    ['rate(1 minute)', 60_000],
    ['rate(5 minutes)', 300_000],
    ['rate(2 hours)', 7_200_000],
  ])('%s is %d ms', (expression, expected) => {
    expect(parseRate(expression)).toBe(expected);
  });

  test.each(['cron(0 12 * * ? *)', 'rate(1 second)', ''])('%s is not supported', (expression) => {
    expect(() => parseRate(expression)).toThrow(/is not a rate/);
  });
});

describe('a schedule', () => {
  test('sends one event each time its interval has passed, and none after it has stopped', async () => {
    const clock = manualClock();
    const events: unknown[] = [];
    const schedule = startSchedule({
      everyMs: 60_000,
      clock,
      invoke: async (event) => events.push(event),
    });
    expect(events).toEqual([]);
    await clock.tick();
    await clock.tick();
    expect(events).toEqual([
      expect.objectContaining({
        'detail-type': 'Scheduled Event',
        source: 'aws.events',
        time: '2026-11-22T15:01:00Z',
      }),
      expect.objectContaining({ time: '2026-11-22T15:02:00Z' }),
    ]);
    await schedule.stop();
    await clock.tick();
    expect(events).toHaveLength(2);
  });

  test('goes on after a run that failed, and does not wait for one that hangs', async () => {
    const clock = manualClock();
    const problems: string[] = [];
    let runs = 0;
    const schedule = startSchedule({
      everyMs: 60_000,
      clock,
      onProblem: (problem) => problems.push(problem),
      invoke: () => {
        runs += 1;
        return runs === 1 ? Promise.reject(new Error('it crashed')) : new Promise(() => {});
      },
    });
    await clock.tick();
    await clock.tick();
    await clock.tick();
    expect(runs).toBe(3);
    expect(problems).toEqual(['it crashed']);
    await schedule.stop();
  });
});
