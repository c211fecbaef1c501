import type { SQSRecord } from 'aws-lambda';
import type { Clock, Random } from '../lib/domain/clock.ts';
import type { CallWindowItem } from '../lib/domain/window-update.ts';
import { createMemoryCallWindow } from '../lib/genesys/pace/memory-call-window.ts';
import { type Backlog, createBacklog } from './backlog.ts';
import { createPlainAdder } from './baselines/plain-adder.ts';
import type { Figure, Row } from './figure.ts';
import { createMemoryTable } from './memory-table.ts';
import { createSeededRandom } from './seeded-random.ts';
import { ADDER_ENVIRONMENT, GENESYS_URL, runVirtualAdder } from './virtual-adder.ts';
import { createVirtualClock } from './virtual-clock.ts';
import { createVirtualGenesys, type VirtualGenesys } from './virtual-genesys.ts';

/** The template's: MaximumConcurrency and GENESYS_REQUESTS_PER_SECOND. */
const INSTANCES = 2;
const CONFIGURED_PER_SECOND = 5;

const MINUTES = 10;
const MINUTE_MS = 60_000;
const WAITING_REQUESTS = 200;
const USERS_PER_REQUEST = 3;
const BATCH = 10;

/** What happens on the other side. */
interface Scene {
  what: string;
  allowedPerMinute: number;
  /** Of other clients of the same organisation, on the same limit. */
  othersPerMinute: number;
}

const SCENES: readonly Scene[] = [
  { what: '300 a minute', allowedPerMinute: 300, othersPerMinute: 0 },
  { what: '300, others use 60', allowedPerMinute: 300, othersPerMinute: 60 },
  { what: '180 a minute', allowedPerMinute: 180, othersPerMinute: 0 },
];

interface World extends Scene {
  clock: Clock;
  random: Random;
  genesys: VirtualGenesys;
  /** Of all instances together. */
  budgetItem: CallWindowItem;
  backlog: Backlog;
}

/** Starts one instance, which never ends. */
type StartInstance = (world: World) => Promise<never>;

const BASELINES: readonly { what: string; start: StartInstance }[] = [
  { what: `fixed ${CONFIGURED_PER_SECOND} a second`, start: startFixedRate },
  { what: 'blind 1/2/4 s back-off', start: startBlind },
];

/**
 * What becomes of the rate budget under a backlog. In virtual time, with the adder's own code: minutes
 * of waiting take none, and a seed decides how long each request travels.
 */
export const budgetUse: Figure = {
  name: 'budget-use',
  title: `Rate budget under a backlog, ${INSTANCES} instances, ${MINUTES} minutes of virtual time`,
  async measure({ repetitions, onProgress }) {
    const rows: Row[] = [];
    for (const scene of SCENES) {
      onProgress(scene.what);
      const ours = await runAll(scene, startOurs, repetitions);
      for (const { what, start } of BASELINES) {
        const theirs = await runAll(scene, start, repetitions);
        const compare = (which: keyof Use, name: string, unit: string): Row => ({
          what: `${scene.what}: ${name}`,
          unit,
          ours: ours.map((use) => use[which]),
          baseline: { what, samples: theirs.map((use) => use[which]) },
        });
        rows.push(
          compare('sharePercent', 'used', '%'),
          compare('refusedPerMinute', '429 responses', 'a minute'),
          compare('requestsPerMinute', 'carried out', 'a minute'),
        );
      }
    }
    return rows;
  },
};

interface Use {
  /** Calls that were let through, of those that the others left over. */
  sharePercent: number;
  refusedPerMinute: number;
  requestsPerMinute: number;
}

async function runAll(scene: Scene, start: StartInstance, repetitions: number): Promise<Use[]> {
  const uses: Use[] = [];
  for (let seed = 1; seed <= repetitions; seed++) uses.push(await run(scene, start, seed));
  return uses;
}

async function run(scene: Scene, start: StartInstance, seed: number): Promise<Use> {
  const clock = createVirtualClock();
  const random = createSeededRandom(seed);
  const genesys = createVirtualGenesys({
    clock,
    random,
    requestsPerMinute: scene.allowedPerMinute,
  });
  const { organisation } = genesys.state;
  const backlog = createBacklog({
    clock,
    organisation,
    length: WAITING_REQUESTS,
    usersPerRequest: USERS_PER_REQUEST,
  });
  const budgetItem = createMemoryCallWindow();
  const world: World = { ...scene, clock, random, genesys, backlog, budgetItem };
  const failure = Promise.race([
    ...Array.from({ length: INSTANCES }, () => start(world)),
    spendByOthers(world),
  ]);
  const minutesRun = clock.run(MINUTES * MINUTE_MS);
  await Promise.race([failure, minutesRun]);

  const refused = genesys.state.calls.filter(({ status }) => status === 429).length;
  const through = genesys.state.calls.filter(({ status }) => status && status < 300).length;
  const left = (scene.allowedPerMinute - scene.othersPerMinute) * MINUTES;
  return {
    sharePercent: (100 * through) / left,
    refusedPerMinute: refused / MINUTES,
    requestsPerMinute: backlog.done() / MINUTES,
  };
}

async function spendByOthers({ clock, genesys, othersPerMinute }: World): Promise<never> {
  for (;;) {
    await clock.sleep(othersPerMinute > 0 ? MINUTE_MS / othersPerMinute : MINUTE_MS);
    if (othersPerMinute > 0) genesys.state.spendRequests(1);
  }
}

function startOurs({ clock, random, genesys, backlog, budgetItem }: World): Promise<never> {
  return runVirtualAdder({
    ...{ clock, random, genesys, budgetItem, ...createMemoryTable() },
    environment: {
      ...ADDER_ENVIRONMENT,
      GENESYS_REQUESTS_PER_SECOND: String(CONFIGURED_PER_SECOND),
    },
    queue: backlog,
    sendMessage: async () => {},
    batch: BATCH,
    timeoutMs: MINUTE_MS,
    visibilityMs: 6 * MINUTE_MS,
  });
}

/** The calls of the same request as ours, evenly spaced, whatever the platform says. */
async function startFixedRate(world: World): Promise<never> {
  const { clock } = world;
  const stepMs = (1000 * INSTANCES) / CONFIGURED_PER_SECOND;
  let nextAtMs = clock.now();
  const waitForTurn = async () => {
    const turnMs = Math.max(nextAtMs, clock.now());
    nextAtMs = turnMs + stepMs;
    await clock.sleep(turnMs - clock.now());
  };
  return runPlainly(
    world,
    createPlainAdder({ ...plainOptions(world), waitForTurn, users: 'in-bulk' }),
  );
}

async function startBlind(world: World): Promise<never> {
  return runPlainly(world, createPlainAdder({ ...plainOptions(world), users: 'singly' }));
}

const plainOptions = ({ clock, genesys }: World) => ({
  clock,
  sendHttp: genesys.sendHttp,
  url: GENESYS_URL,
  token: genesys.token,
});

/** A message that failed comes back after the queue's visibility time-out. */
const PLAIN_VISIBILITY_MS = 30_000;

async function runPlainly(
  { backlog }: World,
  carryOut: (record: SQSRecord) => Promise<void>,
): Promise<never> {
  for (;;) {
    const records = await backlog.receive(BATCH);
    await Promise.all(
      records.map(async (record) => {
        try {
          await carryOut(record);
          backlog.finish(record);
        } catch {
          backlog.showAgain(record, PLAIN_VISIBILITY_MS);
        }
      }),
    );
  }
}
