import { randomUUID } from 'node:crypto';
import type { Clock } from '../../lib/domain/clock.ts';
import { systemClock } from '../../lib/system-clock.ts';

export interface ScheduleOptions {
  /** Milliseconds between events. */
  everyMs: number;
  /** Invokes the function. After a rejection the schedule continues. */
  invoke: (event: unknown) => Promise<unknown>;
  onProblem?: (problem: string) => void;
  clock?: Clock;
}

export interface Schedule {
  /** Sends no more events. A running invocation continues. */
  stop(): Promise<void>;
}

const MS_PER_UNIT = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Milliseconds of a rate such as `rate(1 minute)`.
 * @throws Error for anything else, such as a cron expression
 */
export function parseRate(expression: string): number {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (!count || !unit) throw new Error(`${expression} is not a rate`);
  return Number(count) * MS_PER_UNIT[unit as keyof typeof MS_PER_UNIT];
}

/**
 * An EventBridge schedule on this machine. As on AWS, an event is sent even if the previous run has not
 * ended.
 */
export function startSchedule(options: ScheduleOptions): Schedule {
  const { everyMs, invoke, onProblem = () => {}, clock = systemClock } = options;
  const stopping = new AbortController();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await clock.sleep(everyMs, stopping.signal);
      invoke(scheduledEvent(clock.now())).catch((error: Error) => {
        if (!stopping.signal.aborted) onProblem(error.message);
      });
    }
  }

  const ended = run().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  return {
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

/** Event of a schedule (EventBridge User Guide, "Scheduled events"). */
export function scheduledEvent(nowMs: number) {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: '000000000000',
    time: new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    region: 'us-east-1',
    resources: ['arn:aws:events:us-east-1:000000000000:rule/local'],
    detail: {},
  };
}
