import type { AuditEvent } from '../../lib/domain/audit-event.ts';
import type { RequestRecord } from '../../lib/domain/request-record.ts';
import { forgeEvent } from './forge-event.ts';
import type { HumanAction } from './plan.ts';
import { redriveDeadLetters } from './redrive-dead-letters.ts';
import type { Sabotage } from './sabotage.ts';
import { createAws, type Queues } from './simulated-aws.ts';
import { createCallers } from './simulated-callers.ts';
import {
  createSimulatedGenesys,
  type SimulatedGenesys,
  type SimulatedRing,
} from './simulated-genesys.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { createWebhook, type SimulatedDelivery } from './simulated-webhook.ts';
import { slotFactory } from './slot-factory.ts';
import { startFunctions } from './start-functions.ts';
import { createWorld, STARTED_AT_MS, shortId, type World } from './world.ts';

/** The relay gives up after three days. A run that takes longer than five does not end. */
const LONGEST_RUN_MS = 5 * 86_400_000;

/** An event on the audit queue. */
export interface SentEvent {
  eventId: string;
  event: AuditEvent;
  body: string;
  atMs: number;
}

export interface SimulatedRun extends Pick<World, 'plan' | 'story' | 'wrongs' | 'texts'> {
  seed: number;
  /** Everything was finished within `LONGEST_RUN_MS`. */
  ended: boolean;
  /** Ids that callers got with a 202. */
  acceptedIds: Set<string>;
  queues: Queues;
  /** Results on the audit queue, in the order in which they were sent. */
  results: SentEvent[];
  /** Connection events on the audit queue. */
  connections: SentEvent[];
  deliveries: SimulatedDelivery[];
  /** The table at the end. */
  records: ReadonlyMap<string, RequestRecord>;
  /** When each record was created, in milliseconds since the epoch. */
  createdMs: ReadonlyMap<string, number>;
  rings: SimulatedRing[];
  /** Ids of requests whose caller got a 200 for the cancellation. */
  cancelledIds: Set<string>;
  /** Times at which requests were sent to Genesys Cloud. */
  callsMs: number[];
}

/** Runs the whole system in virtual time. The seed decides everything that is random. */
export async function simulate(seed: number, sabotage: Sabotage = {}): Promise<SimulatedRun> {
  const world = createWorld(seed);
  const { plan, time, story } = world;
  const aws = createAws(world);
  const { queues, table } = aws;
  const genesys = createSimulatedGenesys(world, table);
  const webhook = createWebhook(world);
  const sent = recordSentEvents(world, queues, genesys);
  const portsOf = (process: SimulatedProcess) => {
    const ports = aws.portsOf(process);
    return sabotage.ports ? sabotage.ports(ports) : ports;
  };
  const createSlot = slotFactory(world);
  const functions = startFunctions({
    world,
    aws,
    portsOf,
    genesys,
    serveWebhook: webhook.serve,
    sabotage,
    createSlot,
  });

  let pending = 0;
  const later = (delayMs: number, run: () => void | Promise<void>) => {
    pending += 1;
    time.after(delayMs, async () => {
      await run();
      pending -= 1;
    });
  };
  const requestQueue = queues.requests;
  const callers = createCallers({ world, requestQueue, portsOf, createSlot, later });
  for (const planned of plan.requests) later(planned.atMs, () => callers.send(planned));
  for (const action of plan.humans) later(action.atMs, () => act(action, world, genesys));
  for (const { atMs, isOfRequest } of plan.forgeries) {
    later(atMs, () => forgeEvent(world, queues.audit, isOfRequest ? sent.results[0] : undefined));
  }
  for (const atMs of plan.redrivesAtMs) later(atMs, () => redriveDeadLetters(world, aws));
  for (const atMs of plan.revocationsMs) {
    later(atMs, () => {
      story.tell('Genesys', 'revokes all tokens');
      genesys.state.revokeToken();
    });
  }
  later(plan.clearsUpAtMs, () => {
    world.clearUp();
    genesys.state.faults.length = 0;
  });

  const isEmpty = () =>
    [queues.requests, queues.audit, queues.watch].every(({ messages }) => messages.length === 0);
  const isUnfinished = ({ dueAtMs }: RequestRecord) => dueAtMs !== undefined;
  const ended = await time.run({
    untilMs: STARTED_AT_MS + LONGEST_RUN_MS,
    isOver: () =>
      pending === 0 &&
      !functions.isBusy() &&
      isEmpty() &&
      ![...table.records.values()].some(isUnfinished),
  });
  return {
    seed,
    plan,
    story,
    wrongs: world.wrongs,
    texts: world.texts,
    ended,
    acceptedIds: callers.acceptedIds,
    queues,
    ...sent,
    deliveries: webhook.deliveries,
    records: table.records,
    createdMs: table.createdMs,
    rings: genesys.rings,
    cancelledIds: callers.cancelledIds,
    callsMs: genesys.callsMs,
  };
}

/** Records the events that processes send to the audit queue. An attacker sends without a process. */
function recordSentEvents(
  { time, story }: World,
  queues: Queues,
  genesys: SimulatedGenesys,
): Pick<SimulatedRun, 'results' | 'connections'> {
  const results: SentEvent[] = [];
  const connections: SentEvent[] = [];
  queues.audit.onSend = ({ body, attributes }, process) => {
    if (!process) return;
    const event: AuditEvent = JSON.parse(body);
    const eventId = attributes.event_id ?? '';
    const sent = { eventId, event, body, atMs: time.nowMs };
    if (event.event === 'participant_connection') {
      connections.push(sent);
      story.tell(process.name, `sends the connection event ${shortId(eventId)}`);
      return;
    }
    results.push(sent);
    const { status, code = '' } = event.audit;
    story.tell(process.name, `sends the result ${shortId(eventId)}: ${status} ${code}`);
    genesys.checkTruth(event, process);
  };
  return { results, connections };
}

/** A person joins or leaves, without our doing. */
function act(
  { conversationId, userId, does }: HumanAction,
  world: World,
  genesys: SimulatedGenesys,
) {
  const nowMs = Math.floor(world.time.nowMs);
  const isIn = genesys.organisation.peopleIn(conversationId, nowMs).includes(userId);
  if (isIn === (does === 'joins')) return;
  world.story.tell('person', `${shortId(userId)} ${does} ${shortId(conversationId)}`);
  if (does === 'leaves') genesys.organisation.leave(conversationId, userId, nowMs);
  else genesys.organisation.join(conversationId, { userId }, nowMs);
}
