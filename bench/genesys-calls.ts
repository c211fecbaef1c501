import { type Contract, freeUsers, openConversation, requestMessage, sqsEvent } from './events.ts';
import type { Figure, Row } from './figure.ts';
import { baselineFunction, type FunctionModule, packagedFunction } from './function-modules.ts';
import { startFunction } from './start-function.ts';
import { type Servers, startServers } from './start-servers.ts';

const USERS = 18;

/** Requests to Genesys Cloud, of which there are 300 a minute: counted by the stand-in. */
export const genesysCalls: Figure = {
  name: 'genesys-calls',
  title: `Genesys calls to add ${USERS} users to a conversation of two, token cached`,
  async measure() {
    const servers = await startServers();
    try {
      const ours = await packagedFunction('adder');
      const reference = await baselineFunction('reference-adder');
      const rows: Row[] = [];
      for (const contract of ['platform', 'generic'] as const) {
        rows.push({
          what: contract === 'platform' ? 'live platform' : 'generic endpoint',
          unit: 'calls',
          ours: [await countCalls(servers, ours, contract)],
          baseline: {
            what: 'reference program',
            samples: [await countCalls(servers, reference, contract)],
          },
        });
      }
      return rows;
    } finally {
      await servers.stop();
    }
  },
};

async function countCalls(
  servers: Servers,
  module: FunctionModule,
  contract: Contract,
): Promise<number> {
  const adder = await startFunction(module, servers.environment);
  const { organisation, calls } = servers.genesys.state;
  const add = async (count: number) => {
    const conversationId = openConversation(organisation, contract);
    const before = calls.length;
    await adder.call(sqsEvent([requestMessage(conversationId, freeUsers(count))]));
    const people = organisation.peopleIn(conversationId, Date.now()).length;
    if (people !== 2 + count) throw new Error(`${people} people are in, not ${2 + count}`);
    return calls.length - before;
  };
  try {
    // Gets the token.
    await add(1);
    return await add(USERS);
  } finally {
    await adder.stop();
  }
}
