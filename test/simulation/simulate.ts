import { createHmac } from 'node:crypto';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { createHandler as createAdder } from '../../functions/adder/handler.ts';
import { createHandler as createIntake } from '../../functions/intake/handler.ts';
import { createHandler as createRelay } from '../../functions/relay/handler.ts';
import type { ApiEvent } from '../../lib/aws/api-request.ts';
import type { ChangeVisibility } from '../../lib/aws/change-visibility.ts';
import type { GetSecret } from '../../lib/aws/get-secret.ts';
import type { ApiResponse } from '../../lib/aws/problem-response.ts';
import type { PutSecret } from '../../lib/aws/put-secret.ts';
import type { SendMessage } from '../../lib/aws/send-message.ts';
import type { AuditEvent } from '../../lib/domain/audit-event.ts';
import { createReadCredentials } from '../../lib/genesys/credentials.ts';
import { createGenesysClient } from '../../lib/genesys/genesys-client.ts';
import { createUserLookup } from '../../lib/genesys/look-up-users.ts';
import { Pace } from '../../lib/genesys/pace.ts';
import { resolveGenesysHost } from '../../lib/genesys/region.ts';
import { createRequestToken } from '../../lib/genesys/request-token.ts';
import { createSettlingTimes } from '../../lib/genesys/settling-times.ts';
import { createTokenSource } from '../../lib/genesys/token-source.ts';
import { createTokenStore } from '../../lib/genesys/token-store.ts';
import type { HttpRequest, SendHttp } from '../../lib/http/send-http.ts';
import { createGenesys } from '../../local/genesys/create-genesys.ts';
import { gatewayPage } from '../../local/genesys/faults.ts';
import { liveStays, type Ring, whoIs } from '../../local/genesys/organisation.ts';
import { SecretStore } from '../../local/secrets-manager/secret-store.ts';
import { FunctionSlot, type LambdaContext } from './function-slot.ts';
import {
  CALM,
  type Outage,
  type Plan,
  type PlannedRequest,
  planRun,
  type Weather,
} from './plan.ts';
import { seededRandom } from './seeded-random.ts';
import { type ServedExchange, SimulatedProcess } from './simulated-process.ts';
import { SimulatedQueue, type StoredMessage } from './simulated-queue.ts';
import { Story } from './story.ts';
import { VirtualTime } from './virtual-time.ts';

const STARTED_AT_MS = Date.parse('2026-11-22T15:00:00Z');
const DAY_MS = 86_400_000;
/** The relay gives up after three days; whatever still runs then runs for ever. */
const LONGEST_RUN_MS = 5 * DAY_MS;

/** The template's. */
const BATCH = 10;
const RELAYS = 2;
const TIMEOUT_MS = { intake: 10_000, adder: 60_000, relay: 30_000 };
const VISIBILITY_MS = { requests: 360_000, audit: 180_000 };
const AUDIT_MAX_RECEIVES = 100;

const QUEUES = {
  requests: 'https://sqs/requests.fifo',
  requestsDead: 'https://sqs/requests-dlq.fifo',
  audit: 'https://sqs/audit',
  auditDead: 'https://sqs/audit-dlq',
};
const WEBHOOK_URL = 'https://receiver.example/webhook';
const SECRETS = { credentials: 'credentials', token: 'token', signing: 'signing' };

/** No line and no message may hold any of these. */
const CLIENT_SECRET = 'client_5ecret_of_the_simulation';
const TOKEN_MARK = 'tkn_5ecret_';
const SIGNING_BYTES = Buffer.from('signing_5ecret_of_the_simulation');
const SIGNING_KEY = `whsec_${SIGNING_BYTES.toString('base64')}`;
export const SECRET_TEXTS = [CLIENT_SECRET, TOKEN_MARK, 'whsec_', 'Bearer ', 'Basic '];

export interface SimulatedRun {
  seed: number;
  plan: Plan;
  story: Story;
  /** It came to its end by itself. */
  ended: boolean;
  /** Ids that callers were told with a 202. */
  acceptedIds: Set<string>;
  queues: Record<keyof typeof QUEUES, SimulatedQueue>;
  /** The results that went to the audit queue, in their order. */
  results: { eventId: string; event: AuditEvent; atMs: number }[];
  deliveries: { eventId: string; body: string; isSigned: boolean; accepted: boolean }[];
  /** What was wrong at the moment when it happened. */
  wrongs: string[];
  /** Requests that the platform refused with 429 because there were too many. */
  overruns: { atMs: number; adderStartedBeforeMs: number }[];
  /** Log lines, and every message and webhook body. */
  texts: string[];
}

/** Runs the whole system over virtual time as the seed has it. */
export async function simulate(seed: number): Promise<SimulatedRun> {
  const random = seededRandom(seed);
  const plan = planRun(random, STARTED_AT_MS);
  const time = new VirtualTime(STARTED_AT_MS, random);
  const story = new Story(time);
  const texts: string[] = [];
  const wrongs: string[] = [];
  let ids = 0;
  const newId = () => `1d000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`;
  let weather: Weather = plan.weather;
  const isCloudy = () => time.nowMs < STARTED_AT_MS + plan.clearsUpAtMs;

  const object = (what: string) => {
    wrongs.push(`${story.elapsed()} ${what}`);
    story.tell('!!!', what);
  };

  // The queues.
  const queue = (
    url: string,
    more: Partial<ConstructorParameters<typeof SimulatedQueue>[0]> = {},
  ) =>
    new SimulatedQueue({
      url,
      time,
      random,
      newId,
      visibilityTimeoutMs: 30_000,
      maxReceiveCount: Number.POSITIVE_INFINITY,
      ...more,
    });
  const requestsDead = queue(QUEUES.requestsDead);
  const auditDead = queue(QUEUES.auditDead);
  const queues: SimulatedRun['queues'] = {
    requestsDead,
    auditDead,
    requests: queue(QUEUES.requests, {
      visibilityTimeoutMs: VISIBILITY_MS.requests,
      maxReceiveCount: plan.maxReceives,
      deadLetterQueue: requestsDead,
    }),
    audit: queue(QUEUES.audit, {
      visibilityTimeoutMs: VISIBILITY_MS.audit,
      maxReceiveCount: AUDIT_MAX_RECEIVES,
      deadLetterQueue: auditDead,
      duplicateProbability: () => weather.duplicates,
    }),
  };
  const queueAt = (url: string) =>
    Object.values(queues).find((one) => one.url === url) as SimulatedQueue;

  // The secrets.
  const secrets = new SecretStore({ now: () => time.nowMs });
  const credentials = { clientId: 'client', clientSecret: CLIENT_SECRET };
  secrets.create(SECRETS.credentials, { SecretString: JSON.stringify(credentials) });
  secrets.create(SECRETS.token);
  secrets.create(SECRETS.signing, { SecretString: JSON.stringify({ keys: [SIGNING_KEY] }) });

  // Genesys Cloud, and who is at it right now.
  let tokens = 0;
  let caller: SimulatedProcess | undefined;
  const stays = new Map<string, { by: string; atMs: number }>();
  const looks = new Map<string, number>();
  const overruns: SimulatedRun['overruns'] = [];
  let adderStartedAtMs = STARTED_AT_MS;
  const genesys = createGenesys({
    ...plan.genesys,
    clientId: credentials.clientId,
    clientSecret: credentials.clientSecret,
    now: () => Math.floor(time.nowMs),
    users: [],
    conversations: structuredClone(plan.conversations),
    faults: [...plan.faults],
    random,
    newId,
    newToken: () => `${TOKEN_MARK}${++tokens}`,
    onEvent: (event) => {
      if (event.kind === 'ring') checkRing(event.ring);
    },
  });
  const { organisation, behaviour } = genesys.state;
  for (const user of plan.users) organisation.addUser(user);

  /** Nobody is rung whom the look before the POST has shown to be in. */
  function checkRing({ conversationId, who, wasInAlready }: Ring): void {
    const process = caller?.name ?? 'nobody';
    story.tell(process, `rings ${shortId(who)} in ${shortId(conversationId)}`);
    const conversation = organisation.existing(conversationId);
    const stay = conversation.participations.at(-1);
    if (stay) stays.set(stay.id, { by: process, atMs: time.nowMs });
    if (!wasInAlready) return;
    const lookedAtMs = looks.get(`${process} ${conversationId}`) ?? 0;
    const known = liveStays(conversation, time.nowMs).find((other) => {
      if (other === stay || whoIs(other) !== who) return false;
      const rung = stays.get(other.id);
      // What another instance did within the time that reads may lag is a documented limit.
      const lagMs = rung?.by === process ? 0 : behaviour.readLagMs;
      return (rung?.atMs ?? other.joinedAtMs) <= lookedAtMs - lagMs;
    });
    if (known) object(`${process} rings ${shortId(who)}, who is in ${shortId(conversationId)}`);
  }

  /** Whoever is said to be in has been in at some time since the request was sent. */
  function checkTruth({ audit }: AuditEvent, process: SimulatedProcess): void {
    const message = underWay.get(process)?.find((one) => requestIdOf(one) === audit.request_id);
    const conversation = organisation.conversation(audit.conversation_id);
    const sentAtMs = Number(message?.attributes.SentTimestamp) - behaviour.readLagMs;
    for (const { outcome, id, address } of audit.participants) {
      if (outcome !== 'ADDED' && outcome !== 'ALREADY_PRESENT') continue;
      const was = conversation?.participations.some(
        (stay) => whoIs(stay) === (id ?? address) && (stay.leftAtMs ?? time.nowMs) >= sentAtMs,
      );
      if (!was)
        object(`${process.name} says ${outcome} of ${shortId(id ?? address)}, who is not in`);
    }
  }

  function isOut(outage: Outage | undefined): Outage | undefined {
    const sinceMs = time.nowMs - STARTED_AT_MS;
    return outage && sinceMs >= outage.fromMs && sinceMs < outage.toMs ? outage : undefined;
  }

  function serveGenesys(
    request: Parameters<typeof genesys.receive>[0],
    from: SimulatedProcess,
  ): ServedExchange {
    const outage = isOut(plan.outages.genesys);
    if (outage?.how === 'unreachable')
      return { waitMs: 0, carryOut: () => ({ kind: 'reset', delayMs: 0 }) };
    if (outage?.how === 'hangs')
      return { waitMs: 0, carryOut: () => ({ kind: 'hang', delayMs: 0 }) };
    if (outage) {
      const { status, headers = {}, body } = gatewayPage(503);
      const answer = { status, headers, body: String(body) };
      return { waitMs: 0, carryOut: () => ({ kind: 'answer', delayMs: 0, answer }) };
    }
    const exchange = genesys.receive(request);
    return {
      waitMs: exchange.waitMs,
      carryOut: () => {
        caller = from;
        const delivery = exchange.carryOut();
        caller = undefined;
        const headers = 'answer' in delivery ? delivery.answer.headers : {};
        if (Number(headers['inin-ratelimit-count']) > behaviour.requestsPerMinute) {
          story.tell('!', `the rate limit is overrun`);
          overruns.push({ atMs: time.nowMs, adderStartedBeforeMs: time.nowMs - adderStartedAtMs });
        }
        headers['x-carried-out-at'] = String(time.nowMs);
        return delivery;
      },
    };
  }

  // The webhook.
  const deliveries: SimulatedRun['deliveries'] = [];
  function serveWebhook(request: {
    headers: Record<string, string>;
    body: string;
  }): ServedExchange {
    const { headers, body } = request;
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const signature = createHmac('sha256', SIGNING_BYTES).update(signed).digest('base64');
    const isSigned = headers['webhook-signature'] === `v1,${signature}`;
    const fails = isCloudy() && (isOut(plan.outages.webhook) || random() < plan.webhookFailures);
    const answers = fails
      ? ([500, 503, 429, 302, 'reset', 'hang', 'lost'] as const)
      : ([200, 204] as const);
    const how = answers[Math.floor(random() * answers.length)] ?? 200;
    const accepted = how === 'lost' || how === 200 || how === 204;
    deliveries.push({ eventId: headers['webhook-id'] ?? '', body, isSigned, accepted });
    texts.push(body);
    const answer = { status: Number(how) || 0, headers: {}, body: '' };
    const kind = how === 'lost' || how === 'reset' ? 'reset' : how === 'hang' ? 'hang' : 'answer';
    return { waitMs: 0, carryOut: () => ({ kind, delayMs: 0, answer }) };
  }

  // What a process of ours can do outside itself.
  let processes = 0;
  const newProcess = (name: string) => {
    processes += 1;
    return new SimulatedProcess({
      name,
      time,
      random,
      story,
      weather: () => weather,
      skewMs: plan.skewsMs[processes % plan.skewsMs.length] ?? 0,
      writeLog: (line) => {
        texts.push(line);
      },
    });
  };
  const results: SimulatedRun['results'] = [];
  const sendMessage =
    (process: SimulatedProcess): SendMessage =>
    ({ queueUrl, ...message }) => {
      const name = queueUrl.split('/').at(-1);
      return process.call(`sends to ${name}`, () => {
        texts.push(message.body, JSON.stringify(message.attributes ?? {}));
        queueAt(queueUrl).send(message);
        if (queueUrl !== QUEUES.audit) return story.tell(process.name, `sends to ${name}`);
        const event: AuditEvent = JSON.parse(message.body);
        const eventId = message.attributes?.event_id ?? '';
        results.push({ eventId, event, atMs: time.nowMs });
        checkTruth(event, process);
        const { status, code = '' } = event.audit;
        story.tell(process.name, `sends the result of ${shortId(eventId)}: ${status} ${code}`);
      });
    };
  const changeVisibility =
    (process: SimulatedProcess): ChangeVisibility =>
    ({ queueUrl, receiptHandle, seconds }) =>
      process.call('sets a visibility', () => {
        story.tell(process.name, `hands a message back for ${Math.ceil(seconds)} s`);
        queueAt(queueUrl).changeVisibility(receiptHandle, seconds);
      });
  const getSecret =
    (process: SimulatedProcess): GetSecret =>
    (secretId, stage = 'AWSCURRENT') =>
      process.call(`reads ${secretId} ${stage}`, () => {
        try {
          const { version } = secrets.get(secretId, { VersionStage: stage });
          const { id, SecretString, stages } = version;
          return { value: SecretString ?? '', versionId: id, stages: [...stages] };
        } catch (error) {
          if ((error as Error).name === 'ResourceNotFoundException') return undefined;
          throw error;
        }
      });
  const putSecret =
    (process: SimulatedProcess): PutSecret =>
    ({ secretId, value, clientRequestToken, stages }) =>
      process.call(`writes ${secretId}`, () => {
        try {
          secrets.put(secretId, {
            SecretString: value,
            ClientRequestToken: clientRequestToken,
            VersionStages: stages,
          });
          story.tell(process.name, stages ? 'takes the lease' : 'writes the token');
          return 'written';
        } catch (error) {
          if ((error as Error).name === 'ResourceExistsException') return 'taken';
          throw error;
        }
      });
  const putMetrics = () => {};

  // The functions, wired as their index.ts does it.
  const underWay = new Map<SimulatedProcess, SQSRecord[]>();

  function loadAdder(process: SimulatedProcess) {
    if (time.nowMs > STARTED_AT_MS) adderStartedAtMs = time.nowMs;
    const { clock, log } = process;
    const host = resolveGenesysHost('us-east-1');
    const sendHttp = watchful(process, process.sendHttp(serveGenesys));
    const pace = new Pace({
      requestsPerSecond: plan.requestsPerSecond,
      instances: plan.adders,
      clock,
    });
    const read = getSecret(process);
    const write = putSecret(process);
    const tokens = createTokenSource({
      store: createTokenStore({
        read: (stage) => read(SECRETS.token, stage),
        write: (version) => write({ secretId: SECRETS.token, ...version }),
        tokenUrl: host.tokenUrl,
        holder: newId(),
      }),
      readCredentials: createReadCredentials(
        (stage) => read(SECRETS.credentials, stage),
        SECRETS.credentials,
      ),
      requestToken: createRequestToken({ host, sendHttp, pace, clock }),
      clock,
      random,
      onEvent: (event, error) => log.info(event, { error }),
    });
    const client = createGenesysClient({ host, sendHttp, tokens, pace, clock, random });
    const handler = createAdder({
      config: {
        REQUEST_QUEUE_URL: QUEUES.requests,
        REQUEST_DLQ_URL: QUEUES.requestsDead,
        AUDIT_QUEUE_URL: QUEUES.audit,
      },
      client,
      users: createUserLookup(client),
      settling: createSettlingTimes(),
      pace,
      clock,
      random,
      maxParticipants: 20,
      maxReceives: plan.maxReceives,
      sendMessage: sendMessage(process),
      changeVisibility: changeVisibility(process),
      log,
      putMetrics,
    });
    return (event: SQSEvent, context: LambdaContext) => {
      underWay.set(process, event.Records);
      return handler(event, context);
    };
  }

  /** Sees to it that every add is asked for, and not late; and remembers what the process has seen. */
  function watchful(process: SimulatedProcess, sendHttp: SendHttp): SendHttp {
    return async (request) => {
      const path = new URL(request.url).pathname;
      if (request.method === 'POST' && path.includes('/participants'))
        checkAdd(process, path, request);
      const response = await sendHttp(request);
      const looked = /\/api\/v2\/conversations\/([^/]+)$/.exec(path)?.[1];
      if (looked && response.status === 200) {
        looks.set(`${process.name} ${looked}`, Number(response.headers['x-carried-out-at']));
      }
      return response;
    };
  }

  function checkAdd(process: SimulatedProcess, path: string, request: HttpRequest): void {
    const body = JSON.parse(request.body ?? 'null');
    const people: { id?: string; userId?: string; address?: string }[] = Array.isArray(body)
      ? body
      : body.participants;
    const wanted = people.map(({ id, userId, address }) => id ?? userId ?? address);
    const asked = (underWay.get(process) ?? []).some(({ body: text, attributes }) => {
      const message = parseOrUndefined(text);
      if (!message || !path.includes(message.conversationId)) return false;
      const sentAtMs = Number(attributes.SentTimestamp);
      const deadlineMs = message.deadline ? Date.parse(message.deadline) : sentAtMs + 600_000;
      if (process.clock.now() >= deadlineMs) return false;
      const named = message.participants.map(({ id, address }) => id ?? address);
      return wanted.every((who) => named.includes(who));
    });
    if (!asked)
      object(`${process.name} adds ${wanted.map(shortId)}, which nobody asks for any more`);
  }

  function loadRelay(process: SimulatedProcess) {
    return createRelay({
      config: {
        AUDIT_QUEUE_URL: QUEUES.audit,
        AUDIT_DLQ_URL: QUEUES.auditDead,
        EXTERNAL_WEBHOOK_URL: WEBHOOK_URL,
        WEBHOOK_SIGNING_SECRET_ID: SECRETS.signing,
        WEBHOOK_ALLOW_PRIVATE: 'false',
      },
      sendHttp: process.sendHttp(serveWebhook),
      changeVisibility: changeVisibility(process),
      sendMessage: sendMessage(process),
      getSecret: getSecret(process),
      clock: process.clock,
      random,
      log: process.log,
      putMetrics,
    });
  }

  function loadIntake(process: SimulatedProcess) {
    const handler = createIntake({
      config: { REQUEST_QUEUE_URL: QUEUES.requests },
      sendMessage: sendMessage(process),
      clock: process.clock,
      randomUuid: newId,
      traceHeader: () => undefined,
      log: process.log,
      putMetrics,
    });
    return (event: ApiEvent) => handler(event, {});
  }

  // The event source mappings.
  let invocations = 0;
  function startMapping(
    source: SimulatedQueue,
    name: string,
    timeoutMs: number,
    load: (
      process: SimulatedProcess,
    ) => (event: SQSEvent, context: LambdaContext) => Promise<SQSBatchResponse>,
  ): void {
    let generation = 0;
    const slot = new FunctionSlot<SQSEvent, SQSBatchResponse>({
      time,
      random,
      coldStarts: () => weather.coldStarts,
      newProcess: () => newProcess(`${name}.${++generation}`),
      load,
      timeoutMs,
    });
    let isBusy = false;
    const poll = async () => {
      if (isBusy) return;
      isBusy = true;
      for (;;) {
        const Records = source.receive(BATCH);
        if (Records.length === 0) break;
        invocations += 1;
        await time.wait(1 + random() * 20);
        await handOver(Records);
        invocations -= 1;
      }
      isBusy = false;
    };
    const handOver = async (Records: SQSRecord[]) => {
      const receives = Records.map((record) => {
        const { ApproximateReceiveCount: count } = record.attributes;
        return `${shortId(requestIdOf(record))}${count === '1' ? '' : ` (time ${count})`}`;
      });
      story.tell(name, `receives ${receives.join(', ')}`);
      try {
        const { batchItemFailures } = await slot.invoke({ Records });
        const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
        for (const { messageId, receiptHandle } of Records) {
          if (failed.has(messageId)) continue;
          if (random() < weather.awsFails) {
            story.tell(name, `✗ a message cannot be deleted and will come back`);
          } else source.delete(receiptHandle);
        }
      } catch (error) {
        const { message } = error as Error;
        story.tell(name, `the invocation failed: ${message}`);
        // What is kept back for the last calls is enough where they do not take seconds each.
        if (message.includes('timed out') && plan.weather.latencyMs < 1_000) {
          object(`${name} runs out of its time instead of handing back`);
        }
      }
    };
    source.watch(() => void poll());
  }
  for (let number = 1; number <= plan.adders; number += 1) {
    startMapping(queues.requests, `adder-${number}`, TIMEOUT_MS.adder, loadAdder);
  }
  for (let number = 1; number <= RELAYS; number += 1) {
    startMapping(queues.audit, `relay-${number}`, TIMEOUT_MS.relay, loadRelay);
  }

  // Callers, people at desks, the passing of the storm.
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
    if (planned.direct) return sendDirectly(planned);
    for (let tries = 1; tries <= 5; tries += 1) {
      story.tell('caller', `asks for ${describe(planned)}`);
      const slot = new FunctionSlot<ApiEvent, ApiResponse>({
        time,
        random,
        coldStarts: () => 0,
        newProcess: () => newProcess('intake'),
        load: loadIntake,
        timeoutMs: TIMEOUT_MS.intake,
      });
      const answer = await slot.invoke(toApiEvent(planned)).catch(() => undefined);
      const id = answer?.statusCode === 202 ? JSON.parse(answer.body).requestId : undefined;
      story.tell('caller', `is told ${answer?.statusCode ?? 'nothing'} ${id ? shortId(id) : ''}`);
      if (id) acceptedIds.add(id);
      else if (answer && answer.statusCode !== 503) object(`intake answers ${answer.statusCode}`);
      // Who has a key may send again, and some do although they have been answered.
      const again = answer?.statusCode === 202 ? random() < 0.1 : true;
      if (!again || planned.idempotencyKey === undefined) return;
      await time.wait(2_000 + random() * 28_000);
    }
  }

  function sendDirectly({ conversationId, participants, direct }: PlannedRequest): void {
    const body =
      direct === 'nonsense'
        ? JSON.stringify({ conversationId, participants: 'nobody' })
        : JSON.stringify({ conversationId, participants });
    story.tell('caller', `sends a ${direct} for ${shortId(conversationId)} to the queue`);
    queues.requests.send({ body, groupId: conversationId, deduplicationId: newId() });
  }

  for (const planned of plan.requests) later(planned.atMs, () => ask(planned));
  for (const { atMs, conversationId, userId, does } of plan.humans) {
    later(atMs, () => {
      story.tell('somebody', `${shortId(userId)} ${does} ${shortId(conversationId)}`);
      const isIn = organisation.peopleIn(conversationId, time.nowMs).includes(userId);
      if (does === 'leaves') organisation.leave(conversationId, userId, Math.floor(time.nowMs));
      else if (!isIn) organisation.join(conversationId, { userId }, Math.floor(time.nowMs));
    });
  }
  for (const atMs of plan.revocationsMs) {
    later(atMs, () => {
      story.tell('Genesys', 'revokes all tokens');
      genesys.state.revokeToken();
    });
  }
  later(plan.clearsUpAtMs, () => {
    story.tell('weather', 'clears up');
    weather = CALM;
    genesys.state.faults.length = 0;
  });

  const ended = await time.run({
    untilMs: STARTED_AT_MS + LONGEST_RUN_MS,
    isOver: () =>
      toCome === 0 &&
      invocations === 0 &&
      queues.requests.messages.length === 0 &&
      queues.audit.messages.length === 0,
  });
  return {
    seed,
    plan,
    story,
    ended,
    acceptedIds,
    queues,
    results,
    deliveries,
    wrongs,
    overruns,
    texts,
  };
}

/** The id of the request that a message is, or is the result of. */
export function requestIdOf(message: Pick<StoredMessage, 'body' | 'messageId'>): string {
  const { requestId, audit } = JSON.parse(message.body);
  return requestId ?? audit?.request_id ?? message.messageId;
}

interface MessageBody {
  requestId?: string;
  conversationId: string;
  participants: { id?: string; address?: string }[];
  deadline?: string;
}

/** A message's body, where it is a request. */
export function parseOrUndefined(body: string): MessageBody | undefined {
  const parsed = JSON.parse(body);
  return Array.isArray(parsed.participants) ? parsed : undefined;
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

/** The end of an id tells enough in a story. */
function shortId(id: string | undefined): string {
  return id?.startsWith('+') ? id : `…${id?.slice(-4)}`;
}

function describe({ participants, conversationId, deadlineSeconds }: PlannedRequest): string {
  const who = participants.map(({ id, address }) => shortId(id ?? address)).join(', ');
  return `${who} in ${shortId(conversationId)} within ${deadlineSeconds} s`;
}
