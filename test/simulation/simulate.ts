import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { ApiEvent } from '../../lib/aws/api-request.ts';
import type { ApiResponse } from '../../lib/aws/problem-response.ts';
import type { AuditEvent } from '../../lib/domain/audit-event.ts';
import type { SendHttp } from '../../lib/http/send-http.ts';
import { FunctionSlot } from './function-slot.ts';
import { type BatchFunction, loadAdder, loadIntake, loadRelay } from './load-functions.ts';
import type { PlannedRequest } from './plan.ts';
import { type AwsPorts, createAws, type Queues } from './simulated-aws.ts';
import { createSimulatedGenesys } from './simulated-genesys.ts';
import { startMapping } from './simulated-mapping.ts';
import { SimulatedProcess } from './simulated-process.ts';
import type { SimulatedQueue } from './simulated-queue.ts';
import { createWebhook, type SimulatedDelivery } from './simulated-webhook.ts';
import { createWorld, STARTED_AT_MS, shortId, type World } from './world.ts';

/** The relay gives up after three days; whatever still runs after five runs for ever. */
const LONGEST_RUN_MS = 5 * 86_400_000;

const RELAYS = 2;
/** The template's. */
const TIMEOUT_MS = { intake: 10_000, adder: 60_000, relay: 30_000 };

export interface SimulatedRun extends Pick<World, 'plan' | 'story' | 'wrongs' | 'texts'> {
  seed: number;
  /** It came to its end by itself. */
  ended: boolean;
  /** Ids that callers were told with a 202. */
  acceptedIds: Set<string>;
  queues: Queues;
  /** The results that went to the audit queue, in their order. */
  results: { eventId: string; event: AuditEvent }[];
  deliveries: SimulatedDelivery[];
  /** Times at which the platform refused a request because there were too many. */
  overrunsMs: number[];
  /** When a process of the adder replaced another one, which took its memory along. */
  adderRestartsMs: number[];
}

const same = <T>(unchanged: T): T => unchanged;

/** Puts defects between the functions and the outside, to see that the invariants notice them. */
export interface Sabotage {
  /** Ports of the adder to AWS. */
  adderPorts?: (ports: AwsPorts) => AwsPorts;
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
  const { queues } = aws;
  const genesys = createSimulatedGenesys(world);
  const webhook = createWebhook(world);

  // Everything that goes to the audit queue is a result.
  const results: SimulatedRun['results'] = [];
  queues.audit.onSend = ({ body, attributes }, process) => {
    const event: AuditEvent = JSON.parse(body);
    const eventId = attributes.event_id ?? '';
    results.push({ eventId, event });
    const { status, code = '' } = event.audit;
    story.tell(process?.name ?? '', `its result for ${shortId(eventId)}: ${status} ${code}`);
    if (process) genesys.checkTruth(event, process);
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
  const adderRestartsMs: number[] = [];
  const loadWatchedAdder = (process: SimulatedProcess): BatchFunction => {
    if (!process.name.endsWith('.1')) adderRestartsMs.push(time.nowMs);
    const { adderPorts = same, adderHttp = same } = sabotage;
    const adder = loadAdder(
      world,
      process,
      adderPorts(aws.portsOf(process)),
      adderHttp(genesys.clientOf(process)),
    );
    return (event, context) => {
      genesys.handsOver(process, event.Records);
      return adder(event, context);
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
      startFunction(`relay-${index + 1}`, queues.audit, TIMEOUT_MS.relay, (process) =>
        loadRelay(
          world,
          process,
          aws.portsOf(process),
          (sabotage.relayHttp ?? same)(process.sendHttp(webhook.serve)),
        ),
      ),
    ),
  ];

  // Callers, people at desks, and the end of the bad weather.
  const acceptedIds = new Set<string>();
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
        (process) => loadIntake(world, process, aws.portsOf(process)),
      );
      const answer = await intake.invoke(toApiEvent(planned)).catch(() => undefined);
      const isAccepted = answer?.statusCode === 202;
      const id: string | undefined = isAccepted ? JSON.parse(answer.body).requestId : undefined;
      story.tell('caller', `is told ${answer?.statusCode ?? 'nothing'} ${id ? shortId(id) : ''}`);
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

  function sendDirectly({ conversationId, participants, direct }: PlannedRequest): void {
    const isNonsense = direct === 'nonsense';
    story.tell('caller', `sends a ${direct} for ${shortId(conversationId)} to the queue`);
    queues.requests.send({
      body: JSON.stringify({ conversationId, participants: isNonsense ? 'nobody' : participants }),
      groupId: conversationId,
      deduplicationId: world.newId(),
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
      queues.audit.messages.length === 0,
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
    deliveries: webhook.deliveries,
    overrunsMs: genesys.overruns.map(({ atMs }) => atMs),
    adderRestartsMs,
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
      authorizer: { iam: { userArn: 'arn:aws:iam::123456789012:user/caller' } },
    },
  };
}

function describe({ participants, conversationId, deadlineSeconds }: PlannedRequest): string {
  const who = participants.map(({ id, address }) => shortId(id ?? address)).join(', ');
  return `${who} in ${shortId(conversationId)} within ${deadlineSeconds} s`;
}
