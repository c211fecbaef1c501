import type { Figure, Row } from './figure.ts';
import { type BacklogRun, runBacklog } from './run-backlog.ts';
import { median, quantile } from './statistics.ts';

const INSTANCES = 2;
const MINUTES = 10;
/** Each run has another seed, because waiting times are partly random. */
const UNCHANGED = { most: 1.03, least: 0.99 };

/** Requests in the queue at the start: more than ten minutes carry out, and few enough to leave calls. */
const SCENES = [
  { what: '2,000 requests wait', requests: 2_000 },
  { what: '300 requests wait', requests: 300 },
];

/** What the connection watch takes from adds. In virtual time, with the functions' own code. */
export const watches: Figure = {
  name: 'watches',
  title: `Adds with the connection watch on and off, ${INSTANCES} instances, ${MINUTES} minutes of virtual time`,
  async measure({ repetitions, onProgress }) {
    const rows: Row[] = [];
    for (const scene of SCENES) {
      onProgress(scene.what);
      rows.push(
        ...toRows(
          scene.what,
          await runAll(scene, true, repetitions),
          await runAll(scene, false, repetitions),
        ),
      );
    }
    return rows;
  },
};

async function runAll(
  { requests }: (typeof SCENES)[number],
  watchConnections: boolean,
  repetitions: number,
): Promise<BacklogRun[]> {
  const runs: BacklogRun[] = [];
  for (let seed = 1; seed <= repetitions; seed++) {
    runs.push(
      await runBacklog({
        requests,
        conversations: requests,
        instances: INSTANCES,
        minutes: MINUTES,
        deadlineMinutes: { from: 30, to: 60 },
        watchConnections,
        seed,
      }),
    );
  }
  return runs;
}

function toRows(scene: string, on: readonly BacklogRun[], off: readonly BacklogRun[]): Row[] {
  const compare = (
    what: string,
    unit: string,
    take: (run: BacklogRun) => number,
    goal: NonNullable<Row['goal']>,
  ): Row => ({
    what: `${scene}: ${what}`,
    unit,
    ours: on.map(take),
    baseline: { what: 'watch off', samples: off.map(take) },
    goal,
  });
  const atMost = { ratio: UNCHANGED.most, is: 'at most' } as const;
  const atLeast = { ratio: UNCHANGED.least, is: 'at least' } as const;
  return [
    compare('budget used by adds', '%', (run) => run.usedByAddsPercent, atLeast),
    compare('carried out', 'requests', ({ carriedOut }) => carriedOut, atLeast),
    compare('time to add, median', 'ms', ({ addMs }) => median(addMs), atMost),
    compare('time to add, 99th percentile', 'ms', ({ addMs }) => quantile(addMs, 0.99), atMost),
    {
      what: `${scene}: connections that a look decided`,
      unit: '%',
      ours: on.map((run) => run.decidedPercent),
    },
  ];
}
