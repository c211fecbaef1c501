import { checkAccepted, checkDelivered, checkFinished } from './check-success.ts';
import { createRecordedEvents } from './create-recorded-events.ts';
import { freeUsers, httpEvent, openConversation, requestMessage, sqsEvent } from './events.ts';
import type { Figure, Row, Samples } from './figure.ts';
import { baselineFunction, packagedFunction } from './function-modules.ts';
import { LIST_PRICES } from './list-prices.ts';
import { measureTableUnits, type RequestUnits } from './measure-table-units.ts';
import { type Called, type FunctionProcess, startFunction } from './start-function.ts';
import type { TableUnits } from './start-metering-proxy.ts';
import { type Servers, startServers } from './start-servers.ts';

const USERS = freeUsers(3);
/** Duration of each call of Genesys Cloud. */
const GENESYS_CALL_MS = 50;
/** Time that the receiver takes to respond. */
const WEBHOOK_MS = 50;
const MILLION = 1e6;
const BATCH = 10;
/** Calls that log in, connect and optimize, before anything is measured. */
const WARM_UP_CALLS = 20;

/** Memory in GB as in serverless.yml. The one Lambda that does everything gets intake's. */
const MEMORY_GB = { intake: 0.5, adder: 0.25, relay: 0.25, allInOne: 0.5 };

/** A queue's requests for each message: one send, and its part of one receive and one delete. */
const queueRequests = (batch: number) => 1 + 2 / batch;

/**
 * The cost of a million requests at AWS list prices, from durations and log sizes measured here. What
 * AWS adds (its own log lines, the network) is the same for both and left out.
 */
export const money: Figure = {
  name: 'money',
  title: `A million requests of ${USERS.length} users: ${GENESYS_CALL_MS} ms for each Genesys call, ${WEBHOOK_MS} ms for the webhook`,
  async measure({ repetitions, onProgress }) {
    const servers = await startServers({
      genesys: { faults: [{ fault: { waitMs: GENESYS_CALL_MS } }] },
      webhookMs: WEBHOOK_MS,
    });
    try {
      onProgress('durations');
      const uses = await measureUses(servers, repetitions);
      const { intake, adder, adderBatch, relay, relayBatch, allInOne } = uses;
      onProgress('table');
      const units = await measureTableUnits(servers, USERS);
      const api = [LIST_PRICES.httpApiRequest * MILLION];
      const theirs: Bill = {
        api,
        lambda: lambdaCost(allInOne, MEMORY_GB.allInOne, 1),
        queues: [0],
        table: [0],
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
        // A batch saves no writes, because each request has its own record and lease.
        table: [tableCost(units.request)],
        logs: logCost([intake, adder, relay], [1, batch, batch]),
      });
      return [
        ...toUnitRows(units),
        ...toRows('one by one', billFor(1, adder, relay), theirs),
        ...toRows(`in batches of ${BATCH}`, billFor(BATCH, adderBatch, relayBatch), theirs),
      ];
    } finally {
      await servers.stop();
    }
  },
};

async function measureUses(servers: Servers, repetitions: number) {
  const { organisation } = servers.genesys.state;
  const start = (module: { path: string }) => startFunction(module, servers.environment);
  const newMessages = (count: number) =>
    Array.from({ length: count }, () =>
      requestMessage(openConversation(organisation, 'platform'), USERS),
    );

  const intakeProcess = await start(await packagedFunction('intake'));
  const intake = await measureUse(intakeProcess, repetitions, async (call) => {
    const conversationId = openConversation(organisation, 'platform');
    checkAccepted((await call(httpEvent(conversationId, USERS))).responses);
  });
  await intakeProcess.stop();

  const adderProcess = await start(await packagedFunction('adder'));
  const addBatch = (size: number) => async (call: Call) => {
    const messages = newMessages(size);
    checkFinished((await call(sqsEvent(messages))).responses);
    for (const { conversationId } of messages) checkAdded(servers, conversationId);
  };
  const adder = await measureUse(adderProcess, repetitions, addBatch(1));
  const adderBatch = await measureUse(adderProcess, repetitions, addBatch(BATCH));
  await adderProcess.stop();

  const relayProcess = await start(await packagedFunction('relay'));
  const relayTo = (size: number) => async (call: Call) => {
    const events = await createRecordedEvents(servers, USERS, size);
    await checkDelivered(servers, size, 'verified', () => call(sqsEvent(events)));
  };
  const relay = await measureUse(relayProcess, repetitions, relayTo(1));
  const relayBatch = await measureUse(relayProcess, repetitions, relayTo(BATCH));
  await relayProcess.stop();

  const allInOneProcess = await start(await baselineFunction('all-in-one'));
  const allInOne = await measureUse(allInOneProcess, repetitions, async (call) => {
    const conversationId = openConversation(organisation, 'platform');
    await checkDelivered(servers, 1, 'verified', () => call(httpEvent(conversationId, USERS)));
    checkAdded(servers, conversationId);
  });
  await allInOneProcess.stop();
  return { intake, adder, adderBatch, relay, relayBatch, allInOne };
}

function checkAdded({ genesys }: Servers, conversationId: string): void {
  const people = genesys.state.organisation.peopleIn(conversationId, Date.now()).length;
  if (people !== 2 + USERS.length) {
    throw new Error(`${people} people are in, not ${2 + USERS.length}`);
  }
}

/** In dollars, for a million requests. */
interface Bill {
  api: Samples;
  lambda: Samples;
  queues: Samples;
  table: Samples;
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
    row('DynamoDB', ({ table }) => table),
    row('logs', ({ logs }) => logs),
    row('all of it', ({ api, lambda, queues, table, logs }) =>
      sum(api, lambda, queues, table, logs),
    ),
  ];
}

/** What the table counts, for one request. */
function toUnitRows({ request, watch }: RequestUnits): Row[] {
  return [
    { what: 'table, each request: written', unit: 'units', ours: [request.writes] },
    { what: 'table, each request: read', unit: 'units', ours: [request.reads] },
    { what: 'table, each connection watch: written', unit: 'units', ours: [watch.writes] },
    { what: 'table, each connection watch: read', unit: 'units', ours: [watch.reads] },
    { what: 'table, a million connection watches', unit: '$', ours: [tableCost(watch)] },
  ];
}

function tableCost({ reads, writes }: TableUnits): number {
  return MILLION * (reads * LIST_PRICES.tableReadUnit + writes * LIST_PRICES.tableWriteUnit);
}

/** Of an invocation. */
interface Use {
  wallMs: Samples;
  logBytes: number;
}

type Call = (event: object) => Promise<Called>;

/** @param useOnce calls the function once, and throws unless it did what it is for */
async function measureUse(
  instance: FunctionProcess,
  repetitions: number,
  useOnce: (call: Call) => Promise<void>,
): Promise<Use> {
  const wallMs: number[] = [];
  let bytesBefore = 0;
  for (let repetition = -WARM_UP_CALLS; repetition < repetitions; repetition++) {
    if (repetition === 0) bytesBefore = instance.logBytes();
    await useOnce(async (event) => {
      const called = await instance.call(event);
      if (repetition >= 0) wallMs.push(called.wallMs);
      return called;
    });
  }
  return { wallMs, logBytes: (instance.logBytes() - bytesBefore) / repetitions };
}

/** Every started millisecond is billed. */
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

/** Sums repetition by repetition. A single value applies to all repetitions. */
function sum(...parts: Samples[]): Samples {
  const length = Math.max(...parts.map((part) => part.length));
  return Array.from({ length }, (_, index) =>
    parts.reduce((total, part) => total + (part[index] ?? part[0] ?? 0), 0),
  );
}
