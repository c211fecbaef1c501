import { checkAccepted, checkDelivered, checkFinished } from './check-success.ts';
import { createRecordedEvents } from './create-recorded-events.ts';
import { freeUsers, httpEvent, openConversation, sqsEvent } from './events.ts';
import type { Figure, Row } from './figure.ts';
import { baselineFunction, type FunctionModule, packagedFunction } from './function-modules.ts';
import { type Called, type FunctionProcess, startFunction } from './start-function.ts';
import { type Servers, startServers } from './start-servers.ts';

/** Enough for V8 to optimize the code. */
const WARM_UP_CALLS = 1_500;
const CALLS = 500;

const USERS = freeUsers(3);

interface Contest {
  what: 'intake' | 'relay';
  /** A file of baselines/. */
  bare: string;
  baseline: string;
  newEvents: (servers: Servers, count: number) => Promise<object[]>;
  /** Calls the function, and throws unless each call succeeded. */
  call: (
    servers: Servers,
    instance: FunctionProcess,
    events: object[],
    isOurs: boolean,
  ) => Promise<Called>;
}

const CONTESTS: readonly Contest[] = [
  {
    what: 'intake',
    bare: 'bare-intake',
    baseline: '`PutItem` + `SendMessage`',
    newEvents: async ({ genesys }, count) =>
      Array.from({ length: count }, () =>
        httpEvent(openConversation(genesys.state.organisation, 'platform'), USERS),
      ),
    async call(_, instance, events) {
      const called = await instance.call(...events);
      checkAccepted(called.responses);
      return called;
    },
  },
  {
    what: 'relay',
    bare: 'bare-relay',
    baseline: '`GetItem`, `fetch`, `UpdateItem`',
    newEvents: async (servers, count) =>
      (await createRecordedEvents(servers, USERS, count)).map((event) => sqsEvent([event])),
    call: (servers, instance, events, isOurs) =>
      checkDelivered(servers, events.length, isOurs ? 'verified' : 'all', async () => {
        const called = await instance.call(...events);
        checkFinished(called.responses);
        return called;
      }),
  },
];

/** User and system time of the function's process for a call. Its servers run elsewhere. */
export const warmCost: Figure = {
  name: 'warm-cost',
  title: 'Warm cost: processor time for each request',
  async measure({ repetitions, onProgress }) {
    const servers = await startServers();
    const rows: Row[] = [];
    try {
      for (const contest of CONTESTS) {
        onProgress(contest.what);
        const [ours, bare] = await alternate(servers, contest, repetitions);
        rows.push({
          what: contest.what,
          unit: 'ms CPU',
          ours,
          baseline: { what: contest.baseline, samples: bare },
          goal: { ratio: 1.25, is: 'at most' },
        });
      }
      return rows;
    } finally {
      await servers.stop();
    }
  },
};

/** Milliseconds of processor time for a call: of ours, and of the baseline, in turns. */
async function alternate(
  servers: Servers,
  contest: Contest,
  repetitions: number,
): Promise<[number[], number[]]> {
  const start = (module: FunctionModule) => startFunction(module, servers.environment);
  const contenders = [
    { instance: await start(await packagedFunction(contest.what)), isOurs: true },
    { instance: await start(await baselineFunction(contest.bare)), isOurs: false },
  ];
  const samples: [number[], number[]] = [[], []];
  try {
    // The first repetition warms up.
    for (let repetition = -1; repetition < repetitions; repetition++) {
      const calls = repetition < 0 ? WARM_UP_CALLS : CALLS;
      for (const [index, { instance, isOurs }] of contenders.entries()) {
        const events = await contest.newEvents(servers, calls);
        const { cpuMs } = await contest.call(servers, instance, events, isOurs);
        if (repetition >= 0) samples[index]?.push(cpuMs / calls);
      }
    }
    return samples;
  } finally {
    await Promise.all(contenders.map(({ instance }) => instance.stop()));
  }
}
