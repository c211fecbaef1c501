import { writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseOptions } from '../cli/parse-options.ts';
import { UserError } from '../lib/user-error.ts';
import { budgetUse } from './budget-use.ts';
import { coldStart } from './cold-start.ts';
import { expiries } from './expiries.ts';
import { fairness } from './fairness.ts';
import type { Figure, Row } from './figure.ts';
import { genesysCalls } from './genesys-calls.ts';
import { money } from './money.ts';
import { pipeline } from './pipeline.ts';
import { ratioOf, renderTable } from './render-table.ts';
import { scale } from './scale.ts';
import { median } from './statistics.ts';
import { timeToAdd } from './time-to-add.ts';
import { warmCost } from './warm-cost.ts';
import { watches } from './watches.ts';

const FIGURES: readonly Figure[] = [
  genesysCalls,
  timeToAdd,
  coldStart,
  warmCost,
  pipeline,
  budgetUse,
  watches,
  fairness,
  scale,
  expiries,
  money,
];

/** The median of fewer repetitions is unreliable. */
const DEFAULT_REPETITIONS = 9;

const USAGE = `npm run bench -- [--only NAME]... [--repetitions N]

Measures, prints a Markdown table, and writes bench/results.json.

  --only NAME       one figure only: ${FIGURES.map(({ name }) => name).join(', ')}
  --repetitions N   default ${DEFAULT_REPETITIONS}
`;

/** `npm run bench`: measures, prints a Markdown table, and writes a JSON file. */
export async function main(args: readonly string[]): Promise<void> {
  const { help, chosen, repetitions } = readArguments(args);
  if (help) {
    process.stdout.write(USAGE);
    return;
  }
  const machine = describeMachine();
  process.stdout.write(
    `${machine.cores} cores (${machine.cpu}), Node ${machine.node}, load average ${machine.loadAverage[0]}\n`,
  );
  const measured: { name: string; title: string; rows: Row[] }[] = [];
  for (const { name, title, measure } of chosen) {
    const onProgress = (line: string) => process.stderr.write(`  ${name}: ${line}\n`);
    measured.push({ name, title, rows: await measure({ repetitions, onProgress }) });
  }
  process.stdout.write(`\n${renderTable(measured)}\n`);
  const file = await writeResults({ machine, repetitions, figures: measured });
  process.stdout.write(`\nWritten to ${file}\n`);
}

function readArguments(args: readonly string[]): {
  help: boolean;
  chosen: readonly Figure[];
  repetitions: number;
} {
  const { values } = parseOptions(
    [...args],
    {
      only: { type: 'string', multiple: true },
      repetitions: { type: 'string', default: String(DEFAULT_REPETITIONS) },
      help: { type: 'boolean', short: 'h', default: false },
    },
    USAGE,
    { allowPositionals: false },
  );
  const only = values.only ?? [];
  const unknown = only.find((wanted) => !FIGURES.some(({ name }) => name === wanted));
  if (unknown !== undefined) {
    const names = FIGURES.map(({ name }) => name).join(', ');
    throw new UserError(`There is no figure "${unknown}". The figures are ${names}.`);
  }
  const repetitions = Number(values.repetitions);
  if (!Number.isInteger(repetitions) || repetitions < 1) {
    throw new UserError('--repetitions must be a whole number of at least 1.');
  }
  const chosen = FIGURES.filter(({ name }) => only.length === 0 || only.includes(name));
  return { help: values.help, chosen, repetitions };
}

function describeMachine() {
  return {
    at: new Date().toISOString(),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    /** Load at the start. If it is much above 0, the times are unreliable. */
    loadAverage: loadavg().map((load) => Number(load.toFixed(2))),
  };
}

async function writeResults(results: {
  machine: object;
  repetitions: number;
  figures: { name: string; title: string; rows: Row[] }[];
}): Promise<string> {
  const figures = results.figures.map(({ rows, ...figure }) => ({
    ...figure,
    rows: rows.map((row) => ({
      ...row,
      median: median(row.ours),
      baselineMedian: row.baseline && median(row.baseline.samples),
      ratio: ratioOf(row),
    })),
  }));
  const file = 'bench/results.json';
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  await writeFile(path, `${JSON.stringify({ ...results, figures }, null, 2)}\n`);
  return file;
}
