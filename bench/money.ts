import {
  auditEvent,
  freeUsers,
  httpEvent,
  openConversation,
  requestMessage,
  sqsEvent,
} from './events.ts';
import type { Figure, Row, Samples } from './figure.ts';
import { baselineFunction, packagedFunction } from './function-modules.ts';
import { LIST_PRICES } from './list-prices.ts';
import { type FunctionProcess, startFunction } from './start-function.ts';
import { startServers } from './start-servers.ts';

const USERS = freeUsers(3);
/** Each call of Genesys Cloud. */
const GENESYS_CALL_MS = 50;
/** Until the webhook answers. */
const WEBHOOK_MS = 50;
const MILLION = 1e6;
const BATCH = 10;

/** As serverless.yml has it, in GB; the one Lambda that does it all gets what intake has. */
const MEMORY_GB = { intake: 0.5, adder: 0.25, relay: 0.25, allInOne: 0.5 };

/** A queue's requests for a batch: each message is sent separately; one receive, one delete. */
const queueRequests = (batch: number) => 1 + 2 / batch;

/**
 * A million requests at AWS list prices, from durations and log sizes measured here. What AWS adds
 * (its own log lines, the way to its services) is the same for both and left out.
 */
export const money: Figure = {
  name: 'money',
  title: `A million requests of ${USERS.length} users: Genesys ${GENESYS_CALL_MS} ms a call, webhook ${WEBHOOK_MS} ms`,
  async measure({ repetitions, onProgress }) {
    const servers = await startServers({
      genesys: { faults: [{ fault: { waitMs: GENESYS_CALL_MS } }] },
      webhookMs: WEBHOOK_MS,
    });
    try {
      onProgress('durations');
      const { organisation } = servers.genesys.state;
      const conversation = () => openConversation(organisation, 'platform');
      const message = () => requestMessage(conversation(), USERS);
      const many = (newMessage: () => object) => () =>
        sqsEvent(Array.from({ length: BATCH }, newMessage));
      const watch = async (
        module: { path: string },
        events: readonly (() => object)[],
      ): Promise<Use[]> => {
        const instance = await startFunction(module, servers.environment);
        const uses: Use[] = [];
        for (const newEvent of events) uses.push(await measureUse(instance, newEvent, repetitions));
        await instance.stop();
        return uses;
      };
      const post = () => httpEvent(conversation(), USERS);
      const [intake] = await watch(await packagedFunction('intake'), [post]);
      const [adder, adderBatch] = await watch(await packagedFunction('adder'), [
        () => sqsEvent([message()]),
        many(message),
      ]);
      const [relay, relayBatch] = await watch(await packagedFunction('relay'), [
        () => sqsEvent([auditEvent(USERS)]),
        many(() => auditEvent(USERS)),
      ]);
      const [allInOne] = await watch(await baselineFunction('all-in-one'), [post]);
      if (!intake || !adder || !adderBatch || !relay || !relayBatch || !allInOne) return [];
      const api = [LIST_PRICES.httpApiRequest * MILLION];
      const theirs: Bill = {
        api,
        lambda: lambdaCost(allInOne, MEMORY_GB.allInOne, 1),
        queues: [0],
        logs: logCost([allInOne], [1]),
      };
      const billFor = (batch: number, adder: Use, relay: Use): Bill => ({
        api,
        lambda: sum(
          lambdaCost(intake, MEMORY_GB.intake, 1),
          lambdaCost(adder, MEMORY_GB.adder, batch),
          lambdaCost(relay, MEMORY_GB.relay, batch),
        ),
        queues: [
          queueRequests(batch) *
            (LIST_PRICES.fifoQueueRequest + LIST_PRICES.standardQueueRequest) *
            MILLION,
        ],
        logs: logCost([intake, adder, relay], [1, batch, batch]),
      });
      return [
        ...toRows('one by one', billFor(1, adder, relay), theirs),
        ...toRows(`in batches of ${BATCH}`, billFor(BATCH, adderBatch, relayBatch), theirs),
      ];
    } finally {
      await servers.stop();
    }
  },
};

/** In dollars, for a million requests. */
interface Bill {
  api: Samples;
  lambda: Samples;
  queues: Samples;
  logs: Samples;
}

function toRows(how: string, ours: Bill, theirs: Bill): Row[] {
  const row = (what: string, pick: (bill: Bill) => Samples): Row => ({
    what: `${how}: ${what}`,
    unit: '$',
    ours: pick(ours),
    baseline: { what: 'one Lambda does it all', samples: pick(theirs) },
  });
  return [
    row('API Gateway', ({ api }) => api),
    row('Lambda', ({ lambda }) => lambda),
    row('SQS', ({ queues }) => queues),
    row('logs', ({ logs }) => logs),
    row('all of it', ({ api, lambda, queues, logs }) => sum(api, lambda, queues, logs)),
  ];
}

/** Of an invocation. */
interface Use {
  wallMs: Samples;
  logBytes: number;
}

async function measureUse(
  instance: FunctionProcess,
  newEvent: () => object,
  repetitions: number,
): Promise<Use> {
  const wallMs: number[] = [];
  // The first ones log in, connect and warm it up.
  for (let call = 0; call < 20; call++) await instance.call(newEvent());
  const before = instance.logBytes();
  for (let repetition = 0; repetition < repetitions; repetition++) {
    wallMs.push((await instance.call(newEvent())).wallMs);
  }
  return { wallMs, logBytes: (instance.logBytes() - before) / repetitions };
}

/** Billed by the millisecond begun. */
function lambdaCost({ wallMs }: Use, memoryGb: number, batch: number): Samples {
  return wallMs.map((ms) => {
    const gigabyteSeconds = (Math.ceil(ms) / 1000) * memoryGb;
    const invocation =
      LIST_PRICES.lambdaRequest + gigabyteSeconds * LIST_PRICES.lambdaGigabyteSecond;
    return (invocation * MILLION) / batch;
  });
}

function logCost(uses: readonly Use[], batches: readonly number[]): Samples {
  const bytes = uses.reduce(
    (all, { logBytes }, index) => all + logBytes / (batches[index] ?? 1),
    0,
  );
  return [(bytes * MILLION * LIST_PRICES.logGigabyte) / 1e9];
}

/** Repetition by repetition; one value stands for all of them. */
function sum(...parts: Samples[]): Samples {
  const length = Math.max(...parts.map((part) => part.length));
  return Array.from({ length }, (_, index) =>
    parts.reduce((total, part) => total + (part[index] ?? part[0] ?? 0), 0),
  );
}
