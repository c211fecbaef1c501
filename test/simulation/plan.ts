import type { Random } from '../../lib/domain/clock.ts';
import type { Behaviour, RingOutcome } from '../../local/genesys/behaviour.ts';
import {
  type Fault,
  type FaultRule,
  gatewayPage,
  platformError,
  tooManyRequests,
} from '../../local/genesys/faults.ts';
import type { Conversation, Participation, User } from '../../local/genesys/organisation.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** Probabilities of faults at each step, and the latency. */
export interface Weather {
  /** A process crashes: before or after a port call, or before or after a sleep. */
  crashes: number;
  /** An AWS call is refused and has no effect. */
  awsFails: number;
  /** An AWS call is carried out and its response is lost. */
  awsResponseLost: number;
  /** An HTTP request never arrives. */
  connectionBreaks: number;
  /** A message is delivered twice; one of the request queue a quarter as often. */
  duplicates: number;
  /** An invocation starts a new process. */
  coldStarts: number;
  /** The maximum in one direction. */
  latencyMs: number;
}

export const CALM: Weather = {
  crashes: 0,
  awsFails: 0,
  awsResponseLost: 0,
  connectionBreaks: 0,
  duplicates: 0,
  coldStarts: 0,
  latencyMs: 40,
};

/**
 * The kind of a run:
 * - `calm`: no faults. Every request is carried out at once, with the fewest calls
 * - `delays`: only temporary faults (crashes, outages, 429, 5xx, lost responses, revoked tokens) and long
 *   deadlines, so every request is carried out in the end
 * - `storm`: all faults, including final refusals and short deadlines
 */
export type Kind = 'calm' | 'delays' | 'storm';

export interface PlannedRequest {
  atMs: number;
  conversationId: string;
  participants: { id?: string; address?: string; role?: string }[];
  deadlineSeconds: number;
  /** A caller without a key does not repeat a request. */
  idempotencyKey?: string;
  /**
   * Sent to the queue instead of to intake: a request, an invalid message, or a request with the id of
   * another one.
   */
  direct?: 'message' | 'nonsense' | 'conflict';
  /** The message group of a direct sender. Default: the conversation. */
  group?: string;
  /** Cancelled this long after it was accepted. */
  cancelAfterMs?: number;
}

/** A message that an attacker puts on the audit queue. */
export interface Forgery {
  atMs: number;
  /** True: about an existing request, with its event id. */
  isOfRequest: boolean;
}

/** A person joins or leaves a conversation without our doing. */
export interface HumanAction {
  atMs: number;
  conversationId: string;
  userId: string;
  does: 'joins' | 'leaves';
}

export interface Outage {
  fromMs: number;
  toMs: number;
  how: 'unreachable' | '503' | 'hangs';
}

export type Service = 'genesys' | 'webhook' | 'table' | 'queue' | 'secrets';

/** Everything about a run that the seed decides in advance. */
export interface Plan {
  kind: Kind;
  /** From here on there are no faults. */
  clearsUpAtMs: number;
  weather: Weather;
  adders: number;
  requestsPerSecond: number;
  maxReceives: number;
  skewsMs: number[];
  genesys: Partial<Behaviour>;
  faults: FaultRule[];
  outages: Partial<Record<Service, Outage>>;
  /** Times at which every token is revoked. */
  revocationsMs: number[];
  webhookFailures: number;
  users: (Partial<User> & { id: string })[];
  conversations: Conversation[];
  requests: PlannedRequest[];
  humans: HumanAction[];
  forgeries: Forgery[];
  /** When an operator sends all dead letters of the request queue again. */
  redrivesAtMs: number[];
}

const id = (kind: string, number: number) =>
  `${kind}-0000-4000-8000-${String(number).padStart(12, '0')}`;
const userId = (number: number) => id('05e20000', number);
export const conversationId = (number: number) => id('c0de0000', number);
/** With host, customer and outside parties, as many as a conversation has room for. */
const USERS = 14;
/** Genesys Cloud does not know the conversations from this number on. */
const FIRST_UNKNOWN = 50;
export const isUnknown = (conversation: string) => conversation >= conversationId(FIRST_UNKNOWN);
export const INACTIVE = userId(90);
export const UNKNOWN = userId(91);
/** In the conversation for the whole run, so that there is an acting user. */
const hostOf = (conversation: number) => userId(100 + conversation);
/** The conversation with many people who have left. */
const CROWDED_BY_GHOSTS = 1;
/** The conversation with few seats, in storms. */
const SMALL = 0;

/** Random choices. Each method draws from the seed's random numbers. */
class Dice {
  readonly random: Random;
  constructor(random: Random) {
    this.random = random;
  }
  chance(probability: number): boolean {
    return this.random() < probability;
  }
  whole(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1));
  }
  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)] as T;
  }
  /** Different elements of a list. */
  some<T>(list: readonly T[], count: number): T[] {
    const left = [...list];
    return Array.from({ length: count }, () =>
      left.splice(Math.floor(this.random() * left.length), 1),
    ).flat();
  }
}

/** Decides about a run. The order of the choices is part of the seed: a new one changes all later ones. */
export function planRun(random: Random, startMs: number): Plan {
  const dice = new Dice(random);
  const kind = dice.pick<Kind>(['calm', 'delays', 'delays', 'storm', 'storm']);
  const isCalm = kind === 'calm';
  const conversations = [0, 1, 2, 3].map((number) =>
    planConversation(number, startMs, kind === 'storm' && number === SMALL ? 4 : undefined),
  );
  const longOutage = kind === 'delays' && dice.chance(0.2);
  const clearsUpAtMs = longOutage ? 75 * MINUTE_MS : dice.whole(4, 15) * MINUTE_MS;
  const requestsPerMinute = dice.pick([300, 300, 180, 60]);
  const plan: Plan = {
    kind,
    clearsUpAtMs,
    weather: planWeather(isCalm, dice),
    adders: dice.pick([1, 2, 2, 3]),
    requestsPerSecond: requestsPerMinute / 60,
    maxReceives: kind === 'storm' && dice.chance(0.3) ? 8 : 1_000,
    skewsMs: Array.from({ length: 8 }, () => (isCalm ? 0 : dice.whole(-500, 500))),
    genesys: {
      requestsPerMinute,
      tokenLifetimeSeconds: dice.pick([300, 900, 86_400]),
      readLagMs: isCalm ? 0 : dice.pick([0, 0, 500, 1_500, 2_500]),
      answerAfterMs: dice.pick([0, 2_000, 20_000, undefined]),
      ringOutcomes: planRingOutcomes(isCalm, dice),
      platformBatch: dice.pick(['atomic', 'each']),
      unknownUsersInBulk: dice.pick(['left-out', 'not-found']),
      genericBulkUsers: isCalm || dice.chance(0.5),
      genericAddStatus: dice.pick([200, 201]),
    },
    faults: isCalm ? [] : planFaults(kind, dice),
    outages: isCalm ? {} : planOutages(longOutage, dice),
    revocationsMs: isCalm
      ? []
      : dice.some([20, 60, 100, 150, 200], dice.whole(0, 2)).map((s) => s * SECOND_MS),
    webhookFailures: isCalm ? 0 : dice.pick([0, 0.05, 0.3]),
    users: [
      ...Array.from({ length: USERS }, (_, number) => ({
        id: userId(number),
        ...(number === 0 ? { presence: 'Offline' as const } : {}),
      })),
      { id: INACTIVE, state: 'inactive' },
      ...conversations.map((_, number) => ({ id: hostOf(number) })),
    ],
    conversations,
    requests: planRequests(kind, dice),
    humans: isCalm ? [] : planHumans(kind, dice),
    forgeries: isCalm ? [] : planForgeries(dice),
    redrivesAtMs:
      kind === 'storm' ? [dice.whole(60, 400) * SECOND_MS, dice.whole(15, 20) * MINUTE_MS] : [],
  };
  const unknown = isCalm ? [] : planUnknown(kind, dice);
  return { ...plan, requests: inOrder([...plan.requests, ...unknown]) };
}

function planWeather(isCalm: boolean, dice: Dice): Weather {
  const rate = () => (isCalm || dice.chance(0.3) ? 0 : dice.pick([0.002, 0.01, 0.04]));
  return {
    crashes: rate() / 2,
    awsFails: rate(),
    awsResponseLost: rate(),
    connectionBreaks: rate(),
    duplicates: rate() * 5,
    coldStarts: rate() * 3,
    latencyMs: isCalm ? 40 : dice.pick([40, 400, 3_000]),
  };
}

function planRequests(kind: Kind, dice: Dice): PlannedRequest[] {
  const count = kind === 'calm' ? dice.whole(5, 40) : dice.whole(4, 16);
  return inOrder(Array.from({ length: count }, () => planRequest(kind, dice)));
}

/** Requests for conversations that do not exist, between the others. */
function planUnknown(kind: Kind, dice: Dice): PlannedRequest[] {
  return Array.from({ length: dice.pick([0, 0, 3, 12]) }, () => ({
    ...planRequest(kind, dice),
    conversationId: conversationId(FIRST_UNKNOWN + dice.whole(0, 3)),
  }));
}

const inOrder = (requests: PlannedRequest[]) =>
  requests.toSorted((one, other) => one.atMs - other.atMs);

/** Seconds, from which each request's deadline is picked. */
const DEADLINES: Record<Kind, number[]> = {
  calm: [600],
  delays: [7_200],
  storm: [5, 30, 120, 600, 3_600],
};

function planRequest(kind: Kind, dice: Dice): PlannedRequest {
  const number = dice.whole(0, 3);
  const participants = planParticipants(number < 2, kind, dice);
  return {
    atMs: dice.whole(0, kind === 'calm' ? 20 : 240) * SECOND_MS + dice.whole(0, 999),
    conversationId: conversationId(number),
    participants,
    deadlineSeconds: dice.pick(DEADLINES[kind]),
    ...(dice.chance(0.7) ? { idempotencyKey: `key-${dice.whole(0, 1_000_000_000_000)}` } : {}),
    ...(dice.chance(0.15) ? planDirectSend(kind, dice) : {}),
    ...(kind !== 'calm' && dice.chance(0.2)
      ? { cancelAfterMs: dice.pick([50, 500, 5_000, 60_000]) * dice.random() }
      : {}),
  };
}

function planParticipants(isCall: boolean, kind: Kind, dice: Dice): PlannedRequest['participants'] {
  const users = dice.some(
    Array.from({ length: USERS }, (_, index) => userId(index)),
    dice.whole(1, 4),
  );
  const participants: PlannedRequest['participants'] = users.map((user) => ({ id: user }));
  if (isCall && dice.chance(0.3)) {
    participants.push({ address: `+1555123${dice.whole(1001, 1004)}` });
  }
  if (kind !== 'delays' && dice.chance(0.1)) {
    participants.push({ id: dice.pick([INACTIVE, UNKNOWN]) });
  }
  return participants;
}

function planDirectSend(kind: Kind, dice: Dice): Pick<PlannedRequest, 'direct' | 'group'> {
  return {
    direct: kind !== 'delays' && dice.chance(0.4) ? dice.pick(['nonsense', 'conflict']) : 'message',
    ...(kind !== 'calm' && dice.chance(0.5) ? { group: 'group of the sender' } : {}),
  };
}

function planOutages(longOutage: boolean, dice: Dice): Plan['outages'] {
  const outages: Plan['outages'] = {};
  if (longOutage || dice.chance(0.2)) {
    outages.genesys = {
      fromMs: dice.whole(0, 2) * MINUTE_MS,
      toMs: longOutage ? 70 * MINUTE_MS : dice.whole(3, 4) * MINUTE_MS,
      how: dice.pick(['unreachable', '503', 'hangs']),
    };
  }
  if (dice.chance(0.2)) {
    outages.webhook = { fromMs: 0, toMs: dice.whole(1, 60) * MINUTE_MS, how: 'unreachable' };
  }
  const services = (['table', 'queue', 'secrets'] as const).filter(() => dice.chance(0.15));
  for (const service of services) {
    const fromMs = dice.whole(0, 180) * SECOND_MS;
    const toMs = fromMs + dice.whole(1, 60) * SECOND_MS;
    outages[service] = { fromMs, toMs, how: 'unreachable' };
  }
  return outages;
}

function planHumans(kind: Kind, dice: Dice): HumanAction[] {
  return Array.from({ length: dice.whole(0, 10) }, () => ({
    atMs: dice.whole(0, 300_000),
    conversationId: conversationId(dice.whole(0, 3)),
    // In storms even the acting user may leave.
    userId:
      kind === 'storm' && dice.chance(0.1)
        ? hostOf(dice.whole(0, 3))
        : userId(dice.whole(0, USERS - 1)),
    does: dice.pick(['joins', 'leaves', 'leaves']),
  }));
}

function planForgeries(dice: Dice): Forgery[] {
  return Array.from({ length: dice.whole(0, 3) }, () => ({
    atMs: dice.whole(0, 300_000),
    isOfRequest: dice.chance(0.7),
  }));
}

function planConversation(
  number: number,
  startMs: number,
  maxParticipants: number | undefined,
): Conversation {
  const startedAtMs = startMs - 600_000;
  const stay = (index: number, party: Partial<Participation>): Participation => ({
    id: id('57a70000', 100 * number + index),
    purpose: 'agent',
    media: [{ id: id('3ed1a000', 100 * number + index), medium: 'calls', direction: 'inbound' }],
    joinedAtMs: startedAtMs,
    answeredAtMs: startedAtMs,
    ringing: 'alerting',
    ...party,
  });
  const host = stay(0, { userId: hostOf(number) });
  if (number >= 2) {
    const generic = { ...host, media: [] };
    const base = { id: conversationId(number), contract: 'generic' as const, type: 'voice' };
    return { ...base, startedAtMs, participations: [generic] };
  }
  const ghosts = Array.from({ length: number === CROWDED_BY_GHOSTS ? 25 : 1 }, (_, index) =>
    stay(10 + index, {
      purpose: 'external',
      address: `+1555999${1000 + index}`,
      leftAtMs: startedAtMs + 1_000,
    }),
  );
  const customer = stay(1, { purpose: 'customer', address: '+15550000001' });
  return {
    id: conversationId(number),
    contract: 'platform',
    startedAtMs,
    ...(maxParticipants === undefined ? {} : { maxParticipants }),
    participations: [host, customer, ...ghosts],
  };
}

/** How each user and address reacts to ringing. */
function planRingOutcomes(isCalm: boolean, dice: Dice): Map<string, RingOutcome> {
  if (isCalm || dice.chance(0.4)) return new Map();
  const rung = [
    ...Array.from({ length: USERS }, (_, index) => userId(index)),
    ...Array.from({ length: 4 }, (_, index) => `+1555123${1001 + index}`),
  ];
  const most = dice.whole(1, rung.length);
  const outcomes: RingOutcome[] = ['declines', 'declines', 'no-answer', 'voicemail', 'fails'];
  return new Map(rung.slice(0, most).map((person) => [person, dice.pick(outcomes)]));
}

/** A few faults, each with its probability. */
function planFaults(kind: Kind, dice: Dice): FaultRule[] {
  const passing: Fault[] = [
    { response: platformError(500, 'internal.server.error') },
    { response: gatewayPage(dice.pick([502, 503, 504])) },
    { response: gatewayPage(503), carriedOut: true },
    { response: platformError(408, 'request.timeout') },
    { response: tooManyRequests(dice.whole(1, 58)) },
    { response: tooManyRequests() },
    { response: 'reset' },
    { response: 'reset', carriedOut: true },
    { response: 'hang' },
    { response: 'hang', carriedOut: true },
    { response: 'cut' },
    { delayMs: dice.whole(1_000, 14_000) },
    { waitMs: dice.whole(1_000, 14_000) },
  ];
  const passingForAdds: Fault[] = [
    { response: 'reset', carriedOut: dice.whole(1, 3) },
    { response: gatewayPage(504), carriedOut: dice.whole(1, 3) },
    { carriedOut: 1 },
    {
      response: platformError(400, 'conversation.error.cannot.merge.alerting.conference'),
    },
  ];
  const final: Fault[] = [
    { response: platformError(401, 'bad.credentials') },
    { response: platformError(401, 'ip.not.authorized') },
    { response: platformError(403, 'missing.permissions') },
    { response: platformError(403, 'missing.division.permission') },
    { response: platformError(404, 'not.found') },
    { response: platformError(409, 'request.conflict') },
    { response: platformError(422, 'unprocessable.entity') },
    { response: platformError(400, 'bad.request') },
    { response: { status: 200, body: '<html>hello</html>' } },
  ];
  const storm = kind === 'storm';
  const rule = (faults: Fault[], where: Pick<FaultRule, 'method' | 'path'>): FaultRule => ({
    ...where,
    probability: dice.pick([0.02, 0.1, 0.3]),
    fault: dice.pick(faults),
  });
  const rules: FaultRule[] = [];
  for (let count = dice.whole(0, 5); count > 0; count -= 1) {
    rules.push(rule(storm && dice.chance(0.4) ? [...passing, ...final] : passing, {}));
  }
  for (let count = dice.whole(0, 3); count > 0; count -= 1) {
    const adds = { method: 'POST', path: '/participants' };
    rules.push(rule([...passing, ...passingForAdds, ...(storm ? final : [])], adds));
  }
  if (dice.chance(0.4)) rules.push(rule(passing, { path: '/oauth/token' }));
  if (dice.chance(0.4)) rules.push(rule(passing, { path: '/api/v2/users' }));
  return rules;
}
