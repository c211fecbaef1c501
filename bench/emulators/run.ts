import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseOptions } from '../../cli/parse-options.ts';
import { UserError } from '../../lib/user-error.ts';
import { scheduledEvent } from '../../local/scheduler/start-schedule.ts';
import { preparePython, reportSkipped } from '../../scripts/prepare-python.ts';
import { backlogOf, FLOOD_SCENES, OTHERS_REQUESTS, type Scene } from '../flood-scenes.ts';
import { measureOthers, WINDOW_MS } from '../measure-waits.ts';
import { describeScene } from './describe-scene.ts';
import { prepareElasticMq } from './elasticmq.ts';
import { measureScene, type SceneResult } from './measure-scene.ts';
import { type EmulatedSystem, startEmulatedSystem, type Tools } from './start-emulated-system.ts';

/** 2,000 conversations take too long on moto. */
const SCENES: readonly Scene[] = [...FLOOD_SCENES.filter(({ isLast }) => !isLast), backlogOf(300)];

const DEFAULT_SETTLE_SECONDS = 400;
/** Rounds of warming up, each with the others' requests. */
const MINIMUM_ROUNDS = 2;
const MAXIMUM_ROUNDS = 6;
const RESULTS = 'bench/results-emulators.json';

const USAGE = `npm run bench:emulators -- [--scene N]... [--settle SECONDS] [--env NAME=VALUE]... [--pause SECONDS]

Waits of another caller's requests beside a flood: the packaged functions, with SQS of ElasticMQ and
DynamoDB and Secrets Manager of moto. Needs Java, Maven and Python 3 with venv. Writes ${RESULTS}.

  --scene N         one of these (default: all):
${SCENES.map(({ what }, index) => `                      ${index + 1}  ${what}`).join('\n')}
  --settle SECONDS  maximum wait for the results of a flood after those of the others (default
                    ${DEFAULT_SETTLE_SECONDS}). 0: do not wait, and do not check that each request has a result
  --env NAME=VALUE  replaces a variable of the functions
  --pause SECONDS   between the rows (default ${WINDOW_MS / 1_000}). A shorter pause makes the ratios useless
`;

/** `npm run bench:emulators`. @returns the exit code: 1 if the service broke a promise */
export async function main(args: readonly string[]): Promise<number> {
  const options = readArguments(args);
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const tools = await prepareTools();
  if ('missing' in tools) {
    reportSkipped('npm run bench:emulators', tools.missing);
    return 0;
  }
  const interrupted = Promise.withResolvers<never>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => interrupted.reject(new UserError(`Interrupted by ${signal}.`)));
  }
  interrupted.promise.catch(() => {});
  progress('starting');
  const starting = startEmulatedSystem(tools, options.environment);
  try {
    const system = await Promise.race([starting, interrupted.promise]);
    const results = await Promise.race([measure(system, options), interrupted.promise]);
    await writeFile(
      fileURLToPath(new URL(`../../${RESULTS}`, import.meta.url)),
      `${JSON.stringify({ at: new Date().toISOString(), args, results }, null, 2)}\n`,
    );
    return results.some(({ violations }) => violations.length > 0) ? 1 : 0;
  } finally {
    progress('stopping');
    const system = await starting.catch(() => undefined);
    await system?.stop();
  }
}

type Options = ReturnType<typeof readArguments>;

async function measure(system: EmulatedSystem, options: Options): Promise<SceneResult[]> {
  const pause = () => delay(options.pauseMs);
  await warmUp(system);
  await pause();
  progress('baseline');
  const results = [
    await measureScene(system, { what: 'alone', flood: () => [] }, options.settleSeconds),
  ];
  const [alone] = results as [SceneResult];
  process.stdout.write(`${describeScene(alone)}\n`);
  for (const scene of options.scenes) {
    await pause();
    progress(scene.what);
    const result = await measureScene(system, scene, options.settleSeconds);
    process.stdout.write(`${describeScene(result, alone.waits, scene.goals)}\n`);
    results.push(result);
  }
  return results;
}

/** Runs requests until every process has handled an event. */
async function warmUp(system: EmulatedSystem): Promise<void> {
  const pools = Object.entries(system.pools);
  const followUp = system.pools['follow-up'];
  const isWarm = () => pools.every(([, pool]) => pool.isWarm());
  for (let round = 1; round <= MINIMUM_ROUNDS || !isWarm(); round += 1) {
    if (round > MAXIMUM_ROUNDS) {
      const cold = pools.filter(([, pool]) => !pool.isWarm()).map(([name]) => name);
      throw new Error(`Processes of ${cold.join(', ')} have handled no event.`);
    }
    progress(`warming up, round ${round}`);
    const runs = Array.from({ length: followUp?.size ?? 0 }, () =>
      followUp?.invoke(scheduledEvent(Date.now())),
    );
    await Promise.all([...runs, measureOthers(system, OTHERS_REQUESTS)]);
  }
}

async function prepareTools(): Promise<Tools | { missing: string }> {
  const elasticMq = await prepareElasticMq();
  if ('missing' in elasticMq) return elasticMq;
  const python = await preparePython('check-deploy', 'cfn-lint and moto');
  if ('missing' in python) return python;
  return { ...elasticMq, ...python };
}

function readArguments(args: readonly string[]) {
  const { values } = parseOptions(
    [...args],
    {
      scene: { type: 'string', multiple: true, default: [] },
      settle: { type: 'string', default: String(DEFAULT_SETTLE_SECONDS) },
      env: { type: 'string', multiple: true, default: [] },
      pause: { type: 'string', default: String(WINDOW_MS / 1_000) },
      help: { type: 'boolean', short: 'h', default: false },
    },
    USAGE,
    { allowPositionals: false },
  );
  const chosen = values.scene.map((number) => {
    const scene = SCENES[Number(number) - 1];
    if (!scene) throw new UserError(`There is no scene ${number}.\n\n${USAGE}`);
    return scene;
  });
  const seconds = (name: 'settle' | 'pause') => {
    const number = Number(values[name]);
    if (!(number >= 0)) throw new UserError(`--${name} must be a number of seconds.`);
    return number;
  };
  const environment = Object.fromEntries(
    values.env.map((pair) => {
      const [name = '', ...rest] = pair.split('=');
      return [name, rest.join('=')];
    }),
  );
  return {
    help: values.help,
    scenes: chosen.length > 0 ? chosen : SCENES,
    settleSeconds: seconds('settle'),
    pauseMs: seconds('pause') * 1_000,
    environment,
  };
}

function progress(line: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
}
