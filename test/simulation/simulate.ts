import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { ApiEvent } from '../../lib/aws/api-request.ts';
import type { ApiResponse } from '../../lib/aws/problem-response.ts';
import type { AuditEvent } from '../../lib/domain/audit-event.ts';
import type { RequestRecord } from '../../lib/domain/request-record.ts';
import type { SendHttp } from '../../lib/http/send-http.ts';
import { FunctionSlot } from './function-slot.ts';
import {
  type BatchFunction,
  loadAdder,
  loadFollowUp,
  loadIntake,
  loadRelay,
  loadRequests,
} from './load-functions.ts';
import { conversationId, type PlannedRequest } from './plan.ts';
import { redriveDeadLetters } from './redrive-dead-letters.ts';
import { type AwsPorts, createAws, type Queues } from './simulated-aws.ts';
import { createSimulatedGenesys, type SimulatedRing } from './simulated-genesys.ts';
import { startMapping } from './simulated-mapping.ts';
import { SimulatedProcess } from './simulated-process.ts';
import type { SimulatedQueue } from './simulated-queue.ts';
import { createWebhook, type SimulatedDelivery } from './simulated-webhook.ts';
import { createWorld, STARTED_AT_MS, shortId, type World } from './world.ts';

/** The relay gives up after three days; whatever still runs after five runs for ever. */
const LONGEST_RUN_MS = 5 * 86_400_000;

const RELAYS = 2;
/** The template's. */
const TIMEOUT_MS = {
  intake: 29_000,
  requests: 25_000,
  adder: 30_000,
  relay: 30_000,
  followUp: 50_000,
};
/** The schedule of `follow-up`. */
const MINUTE_MS = 60_000;
/** In the bodies of events that no record vouches for. */
export const FORGED = 'forged by an attacker';

/** An event on the audit queue. */
export interface SentEvent {
  eventId: string;
  event: AuditEvent;
  body: string;
  atMs: number;
}

export interface SimulatedRun extends Pick<World, 'plan' | 'story' | 'wrongs' | 'texts'> {
  seed: number;
  /** It came to its end by itself. */
  ended: boolean;
  /** Ids that callers were told with a 202. */
  acceptedIds: Set<string>;
  queues: Queues;
  /** The results that went to the audit queue, in their order. */
  results: SentEvent[];
  /** The connection events that went there. */
  connections: SentEvent[];
  deliveries: SimulatedDelivery[];
  /** The table at the end. */
  records: ReadonlyMap<string, RequestRecord>;
  rings: SimulatedRing[];
  /** Ids of requests whose caller was told that they are cancelled. */
  cancelledIds: Set<string>;
  /** Times at which requests were sent to Genesys Cloud. */
  callsMs: number[];
}

const same = <T>(unchanged: T): T => unchanged;

/** Puts defects between the functions and the outside, to see that the invariants notice them. */
export interface Sabotage {
  /** Ports of every function to AWS. */
  ports?: (ports: AwsPorts) => AwsPorts;
  /** Ports of the adder to AWS. */
  adderPorts?: (ports: AwsPorts) => AwsPorts;
  /** Ports of the relay to AWS; `inHand` tells what it has received. */
  relayPorts?: (ports: AwsPorts, inHand: () => readonly SQSRecord[]) => AwsPorts;
  /** The adder's way to Genesys Cloud. */
  adderHttp?: (sendHttp: SendHttp) => SendHttp;
  /** The relay's way to the webhook. */
  relayHttp?: (sendHttp: SendHttp) => SendHttp;
}

/** Runs the whole system over virtual time as the seed has it. */
export async function simulate(seed: number, sabotage: Sabotage = {}): Promise<SimulatedRun> {
  const world = createWorld(seed);
  const { plan, time, random, story } = world;
  const aws = createAws(world);
  const { queues, table } = aws;
  const genesys = createSimulatedGenesys(world, table.records);
  const portsOf = (process: SimulatedProcess) => (sabotage.ports ?? same)(aws.portsOf(process));
  const webhook = createWebhook(world);

  // Everything that goes to the audit queue is a result.
  const results: SimulatedRun['results'] = [];
  const connections: SimulatedRun['connections'] = [];
  queues.audit.onSend = ({ body, attributes }, process) => {
    // Only an attacker sends without a process.
    if (!process) return;
    const event: AuditEvent = JSON.parse(body);
    const eventId = attributes.event_id ?? '';
    const sent = { eventId, event, body, atMs: time.nowMs };
    const { status, code = '' } = event.audit;
    if (event.event === 'participant_connection') {
      connections.push(sent);
      story.tell(process.name, `what became of the people of ${shortId(eventId)}`);
      return;
    }
    results.push(sent);
    story.tell(process.name, `its result for ${shortId(eventId)}: ${status} ${code}`);
    genesys.checkTruth(event, process);
  };

  let processes = 0;
  const newProcess = (name: string) => {
    processes += 1;
    const skewMs = plan.skewsMs[processes % plan.skewsMs.length] ?? 0;
    return new SimulatedProcess({ world, name, skewMs });
  };
  const newSlot = <Event, Answer>(
    name: (generation: number) => string,
    timeoutMs: number,
    load: ConstructorParameters<typeof FunctionSlot<Event, Answer>>[0]['load'],
  ) => {
    let generation = 0;
    return new FunctionSlot<Event, Answer>({
      time,
      random,
      coldStarts: () => world.weather.coldStarts,
      newProcess: () => newProcess(name(++generation)),
      load,
      timeoutMs,
    });
  };

  // The functions behind their queues.
  const loadWatchedAdder = (process: SimulatedProcess): BatchFunction => {
    const { adderPorts = same, adderHttp = same } = sabotage;
    const adder = loadAdder(
      world,
      process,
      adderPorts(portsOf(process)),
      adderHttp(genesys.clientOf(process)),
    );
    return (event, context) => {
      genesys.handsOver(process, event.Records);
      return adder(event, context);
    };
  };
  const loadWatchedRelay = (process: SimulatedProcess): BatchFunction => {
    let inHand: readonly SQSRecord[] = [];
    const { relayPorts = same, relayHttp = same } = sabotage;
    const relay = loadRelay(
      world,
      process,
      relayPorts(portsOf(process), () => inHand),
      relayHttp(process.sendHttp(webhook.serve)),
    );
    return (event, context) => {
      inHand = event.Records;
      return relay(event, context);
    };
  };
  const startFunction = (
    name: string,
    queue: SimulatedQueue,
    timeoutMs: number,
    load: (process: SimulatedProcess) => BatchFunction,
  ) =>
    startMapping(
      world,
      name,
      queue,
      newSlot<SQSEvent, SQSBatchResponse>((generation) => `${name}.${generation}`, timeoutMs, load),
    );
  const mappings = [
    ...Array.from({ length: plan.adders }, (_, index) =>
      startFunction(`adder-${index + 1}`, queues.requests, TIMEOUT_MS.adder, loadWatchedAdder),
    ),
    ...Array.from({ length: RELAYS }, (_, index) =>
      startFunction(`relay-${index + 1}`, queues.audit, TIMEOUT_MS.relay, loadWatchedRelay),
    ),
  ];

  const loadWatchedFollowUp = (process: SimulatedProcess) =>
    loadFollowUp(world, process, portsOf(process), genesys.clientOf(process));
  mappings.push(startFunction('watch', queues.watch, TIMEOUT_MS.followUp, loadWatchedFollowUp));

  // The reconciler, every minute. It is not invoked in vain: three days are many minutes.
  const followUp = newSlot<object, unknown>(
    (generation) => `follow-up.${generation}`,
    TIMEOUT_MS.followUp,
    loadWatchedFollowUp,
  );
  const unfinished = () => [...table.records.values()].some(({ dueAtMs }) => dueAtMs !== undefined);
  let reconciling = 0;
  async function reconcileEveryMinute(): Promise<void> {
    time.after(MINUTE_MS, () => void reconcileEveryMinute());
    const isDue = ({ dueAtMs = Number.POSITIVE_INFINITY }: RequestRecord) => dueAtMs <= time.nowMs;
    if (![...table.records.values()].some(isDue)) return;
    reconciling += 1;
    await followUp.invoke({}).catch(() => undefined);
    reconciling -= 1;
  }
  time.after(random() * MINUTE_MS, () => void reconcileEveryMinute());

  // Callers, people at desks, and the end of the bad weather.
  const acceptedIds = new Set<string>();
  const cancelledIds = new Set<string>();
  let toCome = 0;
  const later = (atMs: number, run: () => void | Promise<void>) => {
    toCome += 1;
    time.after(atMs, async () => {
      await run();
      toCome -= 1;
    });
  };

  async function ask(planned: PlannedRequest): Promise<void> {
    for (let tries = 1; tries <= 5; tries += 1) {
      story.tell('caller', `asks for ${describe(planned)}`);
      const intake = newSlot<ApiEvent, ApiResponse>(
        () => 'intake',
        TIMEOUT_MS.intake,
        (process) => loadIntake(world, process, portsOf(process)),
      );
      const answer = await intake.invoke(toApiEvent(planned)).catch(() => undefined);
      const isAccepted = answer?.statusCode === 202;
      const id: string | undefined = isAccepted ? JSON.parse(answer.body).requestId : undefined;
      story.tell('caller', `is told ${answer?.statusCode ?? 'nothing'} ${id ? shortId(id) : ''}`);
      if (id && !acceptedIds.has(id) && planned.cancelAfterMs !== undefined) {
        later(planned.cancelAfterMs, () => cancel(id));
      }
      if (id) acceptedIds.add(id);
      else if (answer && answer.statusCode !== 503) {
        world.object(`intake answers ${answer.statusCode}`);
      }
      // Who has a key may send again, and some do although they have been answered.
      const again = isAccepted ? random() < 0.1 : true;
      if (!again || planned.idempotencyKey === undefined) return;
      await time.wait(2_000 + random() * 28_000);
    }
  }

  async function cancel(id: string): Promise<void> {
    for (let tries = 1; tries <= 3; tries += 1) {
      story.tell('caller', `cancels ${shortId(id)}`);
      const requests = newSlot<ApiEvent, ApiResponse>(
        () => 'requests',
        TIMEOUT_MS.requests,
        (process) => loadRequests(world, process, portsOf(process)),
      );
      const answer = await requests.invoke(toCancelEvent(id)).catch(() => undefined);
      story.tell('caller', `is told ${answer?.statusCode ?? 'nothing'} ${shortId(id)}`);
      if (answer?.statusCode === 200) cancelledIds.add(id);
      if (answer?.statusCode === 200 || answer?.statusCode === 409) return;
      if (answer && answer.statusCode !== 503) {
        world.object(`requests answers ${answer.statusCode}`);
      }
      await time.wait(1_000 + random() * 5_000);
    }
  }

  function sendDirectly({ conversationId, participants, direct, group }: PlannedRequest): void {
    story.tell('caller', `sends a ${direct} for ${shortId(conversationId)} to the queue`);
    const [requestId] = direct === 'conflict' ? acceptedIds : [];
    queues.requests.send({
      body: JSON.stringify({
        ...(requestId ? { requestId } : {}),
        conversationId,
        participants: direct === 'nonsense' ? 'nobody' : participants,
      }),
      groupId: group ?? conversationId,
      deduplicationId: world.newId(),
    });
  }

  function forge(isOfRequest: boolean): void {
    const [genuine] = isOfRequest ? results : [];
    const requestId = genuine?.event.audit.request_id ?? world.newId();
    story.tell('attacker', `puts an event about ${shortId(requestId)} on the audit queue`);
    const event: AuditEvent = genuine
      ? { ...genuine.event, audit: { ...genuine.event.audit, error: FORGED } }
      : forgedEvent(requestId);
    queues.audit.send({
      body: JSON.stringify(event),
      attributes: { event_id: genuine?.eventId ?? `evt_${requestId}` },
    });
  }

  for (const planned of plan.requests) {
    later(planned.atMs, () => (planned.direct ? sendDirectly(planned) : ask(planned)));
  }
  for (const { atMs, conversationId, userId, does } of plan.humans) {
    later(atMs, () => {
      const nowMs = Math.floor(time.nowMs);
      const isIn = genesys.organisation.peopleIn(conversationId, nowMs).includes(userId);
      if (isIn === (does === 'joins')) return;
      story.tell('somebody', `${shortId(userId)} ${does} ${shortId(conversationId)}`);
      if (does === 'leaves') genesys.organisation.leave(conversationId, userId, nowMs);
      else genesys.organisation.join(conversationId, { userId }, nowMs);
    });
  }
  for (const { atMs, isOfRequest } of plan.forgeries) later(atMs, () => forge(isOfRequest));
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

  const ended = await time.run({
    untilMs: STARTED_AT_MS + LONGEST_RUN_MS,
    isOver: () =>
      toCome === 0 &&
      !mappings.some((mapping) => mapping.isBusy()) &&
      queues.requests.messages.length === 0 &&
      queues.audit.messages.length === 0 &&
      queues.watch.messages.length === 0 &&
      reconciling === 0 &&
      !unfinished(),
  });
  return {
    seed,
    plan,
    story,
    wrongs: world.wrongs,
    texts: world.texts,
    ended,
    acceptedIds,
    queues,
    results,
    connections,
    deliveries: webhook.deliveries,
    records: table.records,
    rings: genesys.rings,
    cancelledIds,
    callsMs: genesys.callsMs,
  };
}

const CALLER = { iam: { userArn: 'arn:aws:iam::123456789012:user/caller' } };

function toCancelEvent(requestId: string): ApiEvent {
  const path = `/requests/${requestId}`;
  return {
    rawPath: path,
    headers: {},
    requestContext: { http: { method: 'DELETE', path }, authorizer: CALLER },
  };
}

function forgedEvent(requestId: string): AuditEvent {
  return {
    event: 'participant_added',
    source: 'genesys-automated-adder',
    audit: {
      timestamp: '2026-11-22T15:00:00.000Z',
      conversation_id: conversationId(0),
      participant_ids: [],
      role: 'agent',
      latency_ms: 0,
      status: 'SUCCESS',
      error: FORGED,
      request_id: requestId,
      correlation_id: requestId,
      requested_by: 'attacker',
      participants: [],
      queued_ms: 0,
      attempts: 1,
      genesys_calls: 0,
      genesys_correlation_ids: [],
    },
  };
}

function toApiEvent({
  conversationId,
  participants,
  deadlineSeconds,
  idempotencyKey,
}: PlannedRequest): ApiEvent {
  return {
    headers: {
      'content-type': 'application/json',
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    pathParameters: { conversationId },
    body: JSON.stringify({ participants, deadlineSeconds }),
    isBase64Encoded: false,
    requestContext: {
      http: { method: 'POST' },
      authorizer: CALLER,
    },
  };
}

function describe({ participants, conversationId, deadlineSeconds }: PlannedRequest): string {
  const who = participants.map(({ id, address }) => shortId(id ?? address)).join(', ');
  return `${who} in ${shortId(conversationId)} within ${deadlineSeconds} s`;
}
