import { expect } from '@jest/globals';
import { judgeRun } from '../simulation/judge-run.ts';
import { simulate } from '../simulation/simulate.ts';

/** Runs the simulation with the seeds `from` to `to`. The first that breaks an invariant fails the test. */
export async function expectSeedsToPass(from: number, to: number): Promise<void> {
  for (let seed = from; seed <= to; seed += 1) {
    const run = await simulate(seed);
    const replay = `npm run simulate -- --seed ${seed}`;
    // Compares the command too, so that the failure shows it.
    expect({ replay, wrongs: judgeRun(run) }).toEqual({ replay, wrongs: [] });
    expect(run.results.length).toBeGreaterThan(0);
  }
}
