import { type Contract, freeUsers, openConversation, requestMessage, sqsEvent } from './events.ts';
import type { Figure, Row } from './figure.ts';
import { baselineFunction, bundledFunction } from './function-modules.ts';
import { type FunctionProcess, startFunction } from './start-function.ts';
import { type Servers, startServers } from './start-servers.ts';

const USERS = 18;
/** Duration of each call to the stand-in. */
const CALL_MS = 50;
/** The lower bound: one read and one POST. */
const ROUND_TRIPS = 2;

/** The two ends of the time to add, both from the event on. */
const ENDS = [
  { end: 'added', title: 'until Genesys Cloud has responded to the add' },
  { end: 'done', title: 'until the result is sent and the function responds' },
] as const;

/** The adder with a table that takes 5 ms for each operation (adder-on-slow-table.ts). */
export const timeToAdd: Figure = {
  name: 'time-to-add',
  title: `Time to add ${USERS} users, ${CALL_MS} ms a Genesys call, 5 ms a table operation, warm`,
  async measure({ repetitions, onProgress }) {
    let answeredAtMs = 0;
    const servers = await startServers({
      genesys: {
        faults: [{ fault: { waitMs: CALL_MS } }],
        onEvent: (event) => {
          const isAdd = event.kind === 'response' && event.call.method === 'POST';
          if (isAdd) answeredAtMs = performance.now();
        },
      },
    });
    const [ours, reference, bare] = await Promise.all([
      startFunction(await bundledFunction('adder-on-slow-table'), servers.environment),
      startFunction(await baselineFunction('reference-adder'), servers.environment),
      startFunction(await baselineFunction('round-trips'), servers.environment),
    ]);
    const timesOf = async (adder: FunctionProcess, contract: Contract): Promise<Times> => {
      const beganAtMs = performance.now();
      const done = await timeOf(servers, adder, contract);
      return { added: answeredAtMs - beganAtMs, done };
    };
    try {
      const rows: Row[] = [];
      for (const contract of ['platform', 'generic'] as const) {
        const samples = { ours: [] as Times[], reference: [] as Times[], bare: [] as number[] };
        // The first one gets the token and opens the connections.
        for (let repetition = -1; repetition < repetitions; repetition++) {
          onProgress(`${contract}, ${repetition + 1} of ${repetitions}`);
          const times = await timesOf(ours, contract);
          const trips = (await bare.call({ roundTrips: ROUND_TRIPS })).wallMs;
          const theirs = await timesOf(reference, contract);
          if (repetition < 0) continue;
          samples.ours.push(times);
          samples.bare.push(trips);
          samples.reference.push(theirs);
        }
        const where = contract === 'platform' ? 'live platform' : 'generic endpoint';
        rows.push(...ENDS.map((each) => toRow(where, each, samples)));
        rows.push({
          what: `${where}, ${ENDS[1].title}`,
          unit: 'ms',
          ours: samples.ours.map(({ done }) => done),
          baseline: {
            what: 'reference program',
            samples: samples.reference.map(({ done }) => done),
          },
        });
      }
      return rows;
    } finally {
      await Promise.all([ours, reference, bare].map((running) => running.stop()));
      await servers.stop();
    }
  },
};

/** In milliseconds, from the event on. */
interface Times {
  added: number;
  done: number;
}

function toRow(
  where: string,
  { end, title }: (typeof ENDS)[number],
  { ours, bare }: { ours: Times[]; bare: number[] },
): Row {
  return {
    what: `${where}, ${title}`,
    unit: 'ms',
    ours: ours.map((times) => times[end]),
    baseline: { what: `${ROUND_TRIPS} bare round trips`, samples: bare },
    goal: { ratio: 1.25, is: 'at most' },
  };
}

async function timeOf(
  { genesys }: Servers,
  adder: FunctionProcess,
  contract: Contract,
): Promise<number> {
  const conversationId = openConversation(genesys.state.organisation, contract);
  const { organisation } = genesys.state;
  const { wallMs } = await adder.call(sqsEvent([requestMessage(conversationId, freeUsers(USERS))]));
  const people = organisation.peopleIn(conversationId, Date.now()).length;
  if (people !== 2 + USERS) throw new Error(`${people} people are in, not ${2 + USERS}`);
  return wallMs;
}
