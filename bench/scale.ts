import type { Figure, Row } from './figure.ts';
import { type BacklogRun, runBacklog } from './run-backlog.ts';

const MINUTES = 10;

/** A deep backlog in virtual time, with as many instances as the concurrency allows. */
export const scale: Figure = {
  name: 'scale',
  title: `100,000 queued requests of 20,000 conversations, ${MINUTES} minutes of virtual time`,
  async measure({ onProgress }) {
    const rows: Row[] = [];
    for (const instances of [2, 10, 50]) {
      onProgress(`${instances} instances`);
      rows.push(
        ...toRows(
          instances,
          await runBacklog({
            requests: 100_000,
            conversations: 20_000,
            instances,
            minutes: MINUTES,
            deadlineMinutes: { from: 2, to: 60 },
            seed: instances,
          }),
        ),
      );
    }
    return rows;
  },
};

function toRows(instances: number, run: BacklogRun): Row[] {
  const row = (name: string, unit: string, value: number): Row => ({
    what: `${instances} instances: ${name}`,
    unit,
    ours: [value],
  });
  return [
    row('budget used', '%', run.usedPercent),
    row('429 responses in one minute, at most', '', run.refusedInAWindow),
    row('calls per request, first half', '', run.callsPerRequest.firstHalf),
    row('calls per request, second half', '', run.callsPerRequest.secondHalf),
    row('carried out', 'requests', run.carriedOut),
    row('expired', 'requests', run.expired),
    row('receives', '', run.receives),
    row('latest result after its deadline', 's', run.latestResultMs / 1_000),
    row('overdue without a result', 'requests', run.overdue),
  ];
}
