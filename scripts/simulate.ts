import { parseOptions } from '../cli/parse-options.ts';
import { UserError } from '../lib/user-error.ts';
import { judgeRun } from '../test/simulation/judge-run.ts';
import { simulate } from '../test/simulation/simulate.ts';

const USAGE = `npm run simulate -- --runs 20000           run seeds 1 to 20000; stop at the first that fails
npm run simulate -- --runs 500 --from 7000 run 500 seeds, from seed 7000 on
npm run simulate -- --seed 42              replay one seed, one line per event
`;

/**
 * Runs the whole system in virtual time with faults chosen by a seed (test/simulation).
 * @returns the exit code
 */
export async function main(args: string[]): Promise<number> {
  const { help, seed, runs, from } = readArguments(args);
  if (help) {
    process.stdout.write(USAGE);
    return 0;
  }
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
  const violations = judgeRun(run);
  process.stdout.write(
    `${[
      `Seed ${seed}: ${kind}, ${adders} adders, ${faults.length} kinds of faults until ${clearsUpAtMs / 60_000} min`,
      `weather: ${JSON.stringify(weather)}`,
      ...run.story.lines,
      ...(violations.length > 0
        ? ['', 'Violated invariants:', ...violations]
        : ['', 'All invariants hold.']),
    ].join('\n')}\n`,
  );
  return violations.length === 0;
}

function readArguments(args: string[]) {
  const { values } = parseOptions(
    args,
    {
      seed: { type: 'string' },
      runs: { type: 'string', default: '500' },
      from: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h', default: false },
    },
    USAGE,
    { allowPositionals: false },
  );
  const seed = values.seed === undefined ? undefined : readNumber('--seed', values.seed);
  const runs = readNumber('--runs', values.runs);
  return { help: values.help, seed, runs, from: readNumber('--from', values.from) };
}

function readNumber(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UserError(`${option} must be a whole number\n\n${USAGE}`);
  return Number(text);
}
