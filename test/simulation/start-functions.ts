import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { RequestRecord } from '../../lib/domain/request-record.ts';
import { type BatchFunction, loadAdder, loadFollowUp, loadRelay } from './load-functions.ts';
import type { Sabotage } from './sabotage.ts';
import type { AwsPorts, SimulatedAws } from './simulated-aws.ts';
import type { SimulatedGenesys } from './simulated-genesys.ts';
import { type SimulatedMapping, startMapping } from './simulated-mapping.ts';
import type { Serve, SimulatedProcess } from './simulated-process.ts';
import type { SimulatedQueue } from './simulated-queue.ts';
import type { CreateSlot } from './slot-factory.ts';
import type { World } from './world.ts';

const RELAYS = 2;
/** The template's. */
const TIMEOUT_MS = { adder: 30_000, relay: 30_000, followUp: 50_000 };
/** The schedule of `follow-up`. */
const MINUTE_MS = 60_000;

export interface FunctionsContext {
  world: World;
  aws: SimulatedAws;
  /** Ports of a process to AWS. */
  portsOf: (process: SimulatedProcess) => AwsPorts;
  genesys: SimulatedGenesys;
  /** The webhook receiver. */
  serveWebhook: Serve;
  sabotage: Sabotage;
  createSlot: CreateSlot;
}

/** Starts the functions that queues and the schedule invoke. */
export function startFunctions(context: FunctionsContext): {
  /** Messages or records are being worked on. */
  isBusy(): boolean;
} {
  const { world, aws, portsOf, genesys, createSlot } = context;
  const start = (
    name: string,
    queue: SimulatedQueue,
    timeoutMs: number,
    load: (process: SimulatedProcess) => BatchFunction,
  ): SimulatedMapping =>
    startMapping(
      world,
      name,
      queue,
      createSlot<SQSEvent, SQSBatchResponse>(
        (generation) => `${name}.${generation}`,
        timeoutMs,
        load,
      ),
    );
  const startSeveral = (count: number, name: string, ...rest: Tail<Parameters<typeof start>>) =>
    Array.from({ length: count }, (_, index) => start(`${name}-${index + 1}`, ...rest));
  const loadFollowUpIn = (process: SimulatedProcess) =>
    loadFollowUp(world, process, portsOf(process), genesys.clientOf(process));

  const { queues } = aws;
  const mappings = [
    ...startSeveral(world.plan.adders, 'adder', queues.requests, TIMEOUT_MS.adder, (process) =>
      loadAdderIn(process, context),
    ),
    ...startSeveral(RELAYS, 'relay', queues.audit, TIMEOUT_MS.relay, (process) =>
      loadRelayIn(process, context),
    ),
    start('watch', queues.watch, TIMEOUT_MS.followUp, loadFollowUpIn),
  ];
  const reconciler = startReconciler(
    world,
    aws.table.records,
    createSlot<object, unknown>(
      (generation) => `follow-up.${generation}`,
      TIMEOUT_MS.followUp,
      loadFollowUpIn,
    ),
  );
  return {
    isBusy: () => reconciler.isBusy() || mappings.some((mapping) => mapping.isBusy()),
  };
}

type Tail<List extends unknown[]> = List extends [unknown, ...infer Rest] ? Rest : never;

const same = <T>(unchanged: T): T => unchanged;

function loadAdderIn(process: SimulatedProcess, context: FunctionsContext): BatchFunction {
  const { world, portsOf, genesys, sabotage } = context;
  const { adderPorts = same, adderHttp = same } = sabotage;
  const adder = loadAdder(
    world,
    process,
    adderPorts(portsOf(process)),
    adderHttp(genesys.clientOf(process)),
  );
  return (event, lambdaContext) => {
    genesys.handsOver(process, event.Records);
    return adder(event, lambdaContext);
  };
}

function loadRelayIn(process: SimulatedProcess, context: FunctionsContext): BatchFunction {
  const { world, portsOf, serveWebhook, sabotage } = context;
  const { relayPorts = same, relayHttp = same } = sabotage;
  let inHand: readonly SQSRecord[] = [];
  const relay = loadRelay(
    world,
    process,
    relayPorts(portsOf(process), () => inHand),
    relayHttp(process.sendHttp(serveWebhook)),
  );
  return (event, lambdaContext) => {
    inHand = event.Records;
    return relay(event, lambdaContext);
  };
}

/** Invokes the reconciler every minute, except while no record is due: three days are many minutes. */
function startReconciler(
  { time, random }: World,
  records: ReadonlyMap<string, RequestRecord>,
  followUp: { invoke(event: object): Promise<unknown> },
) {
  let running = 0;
  const isDue = ({ dueAtMs = Number.POSITIVE_INFINITY }: RequestRecord) => dueAtMs <= time.nowMs;

  async function reconcileEveryMinute(): Promise<void> {
    time.after(MINUTE_MS, () => void reconcileEveryMinute());
    if (![...records.values()].some(isDue)) return;
    running += 1;
    await followUp.invoke({}).catch(() => undefined);
    running -= 1;
  }
  time.after(random() * MINUTE_MS, () => void reconcileEveryMinute());
  return { isBusy: () => running > 0 };
}
