import { auditEvent, freeUsers, httpEvent, sqsEvent } from './events.ts';
import type { Figure, Row } from './figure.ts';
import { baselineFunction, packagedFunction } from './function-modules.ts';
import { type FunctionProcess, startFunction } from './start-function.ts';
import { startServers } from './start-servers.ts';

/** Until the code is optimised. */
const WARM_UP_CALLS = 1_500;
const CALLS = 500;

/** User and system time of the function's process for a call, with its I/O to servers elsewhere. */
export const warmCost: Figure = {
  name: 'warm-cost',
  title: 'Warm handler: CPU time of the process for each request',
  async measure({ repetitions, onProgress }) {
    const servers = await startServers();
    const users = freeUsers(3);
    const conversationId = 'b0a7ca11-0000-4000-8000-000000000001';
    const start = async (module: Parameters<typeof startFunction>[0]) =>
      startFunction(module, servers.environment);
    const rows: Row[] = [];
    try {
      for (const { what, module, bare, baseline, event } of [
        {
          what: 'intake',
          module: await packagedFunction('intake'),
          bare: await baselineFunction('bare-intake'),
          baseline: 'JSON.parse + SendMessage',
          event: httpEvent(conversationId, users),
        },
        {
          what: 'relay',
          module: await packagedFunction('relay'),
          bare: await baselineFunction('bare-relay'),
          baseline: 'bare fetch',
          event: sqsEvent([auditEvent(users)]),
        },
      ]) {
        onProgress(what);
        const samples = await alternate(
          [await start(module), await start(bare)],
          event,
          repetitions,
        );
        rows.push({
          what,
          unit: 'ms CPU',
          ours: samples[0],
          baseline: { what: baseline, samples: samples[1] },
          goal: { ratio: 1.25, is: 'at most' },
        });
      }
      return rows;
    } finally {
      await servers.stop();
    }
  },
};

/** CPU time a call of each, in turns. Stops both. */
async function alternate(
  contenders: [FunctionProcess, FunctionProcess],
  event: object,
  repetitions: number,
): Promise<[number[], number[]]> {
  const samples: [number[], number[]] = [[], []];
  try {
    for (const contender of contenders) await contender.call(event, WARM_UP_CALLS);
    for (let repetition = 0; repetition < repetitions; repetition++) {
      for (const [index, contender] of contenders.entries()) {
        const { cpuMs } = await contender.call(event, CALLS);
        samples[index]?.push(cpuMs / CALLS);
      }
    }
    return samples;
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()));
  }
}
