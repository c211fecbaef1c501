import { parseArgs } from 'node:util';
import { UserError } from '../lib/user-error.ts';
import { judgeRun } from '../test/simulation/judge-run.ts';
import { simulate } from '../test/simulation/simulate.ts';

const USAGE = `npm run simulate -- --runs 20000           runs the seeds from 1 on, up to the first that fails
npm run simulate -- --runs 500 --from 7000 another part of them
npm run simulate -- --seed 42              replays one seed, a line an event`;

/**
 * Runs the whole system in virtual time with faults chosen by a seed (test/simulation).
 * @returns the exit code
 */
export async function main(args: string[]): Promise<number> {
  const { seed, runs, from } = readArguments(args);
  if (seed !== undefined) return (await replay(seed)) ? 0 : 1;
  const startedAtMs = Date.now();
  for (let run = from; run < from + runs; run += 1) {
    if (judgeRun(await simulate(run)).length > 0) {
      await replay(run);
      process.stdout.write(`\nSeed ${run} fails. Again: npm run simulate -- --seed ${run}\n`);
      return 1;
    }
    const done = run - from + 1;
    if (done % 1_000 === 0 && done < runs) process.stdout.write(`${done} runs …\n`);
  }
  const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1);
  process.stdout.write(`${runs} runs, all invariants hold (${seconds} s)\n`);
  return 0;
}

/** Prints the run of a seed and its violations. @returns true without violations */
async function replay(seed: number): Promise<boolean> {
  const run = await simulate(seed);
  const { kind, clearsUpAtMs, weather, faults, adders } = run.plan;
  const wrongs = judgeRun(run);
  process.stdout.write(
    `${[
      `Seed ${seed}: ${kind}, ${adders} adders, ${faults.length} kinds of faults until ${clearsUpAtMs / 60_000} min`,
      `weather: ${JSON.stringify(weather)}`,
      ...run.story.lines,
      ...(wrongs.length > 0 ? ['', 'Wrong:', ...wrongs] : ['', 'All invariants hold.']),
    ].join('\n')}\n`,
  );
  return wrongs.length === 0;
}

function readArguments(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        seed: { type: 'string' },
        runs: { type: 'string', default: '500' },
        from: { type: 'string', default: '1' },
      },
    });
    const [seed, runs, from] = [values.seed, values.runs, values.from].map((text) => {
      if (text !== undefined && !/^\d{1,9}$/.test(text)) throw new Error(`${text} is no number`);
      return text === undefined ? undefined : Number(text);
    });
    return { seed, runs: runs ?? 0, from: from ?? 0 };
  } catch (error) {
    throw new UserError(`${(error as Error).message}\n${USAGE}`);
  }
}
