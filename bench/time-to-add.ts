import { type Contract, freeUsers, openConversation, requestMessage, sqsEvent } from './events.ts';
import type { Figure, Row } from './figure.ts';
import { baselineFunction, packagedFunction } from './function-modules.ts';
import { type FunctionProcess, startFunction } from './start-function.ts';
import { type Servers, startServers } from './start-servers.ts';

const USERS = 18;
/** Each call of the stand-in takes so long. */
const CALL_MS = 50;
/** What cannot be had for less: one look, one POST. */
const ROUND_TRIPS = 2;

/** From the event to the function's answer, which comes after the result is on the audit queue. */
export const timeToAdd: Figure = {
  name: 'time-to-add',
  title: `Time to add ${USERS} users, ${CALL_MS} ms a Genesys call, warm`,
  async measure({ repetitions, onProgress }) {
    const servers = await startServers({ genesys: { faults: [{ fault: { waitMs: CALL_MS } }] } });
    const [ours, reference, bare] = await Promise.all([
      startFunction(await packagedFunction('adder'), servers.environment),
      startFunction(await baselineFunction('reference-adder'), servers.environment),
      startFunction(await baselineFunction('round-trips'), servers.environment),
    ]);
    try {
      const rows: Row[] = [];
      for (const contract of ['platform', 'generic'] as const) {
        const samples = { ours: [] as number[], reference: [] as number[], bare: [] as number[] };
        // The first one gets the token and opens the connections.
        for (let repetition = -1; repetition < repetitions; repetition++) {
          onProgress(`${contract}, ${repetition + 1} of ${repetitions}`);
          const times = {
            ours: await timeOf(servers, ours, contract),
            bare: (await bare.call({ roundTrips: ROUND_TRIPS })).wallMs,
            reference: await timeOf(servers, reference, contract),
          };
          if (repetition < 0) continue;
          for (const who of ['ours', 'bare', 'reference'] as const) samples[who].push(times[who]);
        }
        const what = contract === 'platform' ? 'live platform' : 'generic endpoint';
        rows.push(
          {
            what,
            unit: 'ms',
            ours: samples.ours,
            baseline: { what: `${ROUND_TRIPS} bare round trips`, samples: samples.bare },
            goal: { ratio: 1.25, is: 'at most' },
          },
          {
            what,
            unit: 'ms',
            ours: samples.ours,
            baseline: { what: 'reference program', samples: samples.reference },
          },
        );
      }
      return rows;
    } finally {
      await Promise.all([ours, reference, bare].map((running) => running.stop()));
      await servers.stop();
    }
  },
};

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
