import { type Behaviour, RING_OUTCOMES, type RingOutcome } from './behaviour.ts';
import type { GenesysState } from './create-genesys.ts';
import type { GenesysRequest, GenesysResponse } from './exchange.ts';
import { isObject } from './operation.ts';
import type { Participation, User } from './organisation.ts';

/** Path of the control endpoint, which inspects and changes the running stand-in. The platform has no such path. */
export const CONTROL_PATH = '/stand-in/control';

/** Settings of the behaviour that are plain values. */
const SWITCHES = [
  'requestsPerMinute',
  'readLagMs',
  'answerAfterMs',
  'ringOutcome',
  'ringTimeoutMs',
  'dialledUserPurpose',
  'queueAgentId',
  'platformBatch',
  'lostResponses',
  'slowReadsMs',
] as const satisfies readonly (keyof Behaviour)[];

/** How a silent party is listed in relation to another party. */
const LISTENERS = {
  monitor: { mediaRoles: ['monitor'], relation: 'monitoredParticipantId' },
  coach: { mediaRoles: ['coach'], relation: 'coachedParticipantId' },
  barge: { mediaRoles: ['monitor', 'barge'], relation: 'bargedParticipantId' },
  consult: { mediaRoles: ['full'], relation: 'consultParticipantId' },
} as const satisfies Record<
  string,
  { mediaRoles: Participation['mediaRoles'] & object; relation: keyof Participation }
>;

/**
 * `GET` shows the settings, users and conversations. `POST` changes what its JSON body names:
 * - `behaviour`: any setting of the behaviour
 * - `ringOutcomes`: outcome of ringing, by user id or address; `null` removes it
 * - `users`: by id `presence`, `state`, `outOfOffice`, `hasStation`
 * - `join`: `{conversationId, userId | address, purpose?, as?: monitor | coach | barge | consult, of?: participation id}`
 * - `leave`: `{conversationId, who, disconnectType?}`
 */
export function control(
  state: GenesysState,
  request: GenesysRequest,
  nowMs: number,
): GenesysResponse {
  // A page in a browser of this machine must not get here, be it by a name that it has resolve here.
  const { host = '', 'content-type': type = '' } = request.headers;
  const isLocal = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(host);
  if (!isLocal || (request.method === 'POST' && !type.startsWith('application/json'))) {
    return response(403, { message: 'by a loopback address, and as application/json' });
  }
  try {
    if (request.method === 'POST') change(state, JSON.parse(request.body), nowMs);
    return response(200, show(state, nowMs));
  } catch (error) {
    return response(400, { message: (error as Error).message });
  }
}

const response = (status: number, body: unknown): GenesysResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

function show({ behaviour, organisation }: GenesysState, nowMs: number) {
  return {
    behaviour: Object.fromEntries(SWITCHES.map((name) => [name, behaviour[name] ?? null])),
    possibleRingOutcomes: RING_OUTCOMES,
    ringOutcomes: Object.fromEntries(behaviour.ringOutcomes),
    users: [...organisation.users.values()],
    conversations: [...organisation.conversations.values()].map(({ id, contract }) => ({
      id,
      contract,
      peopleIn: organisation.peopleIn(id, nowMs),
      participations: organisation.existing(id).participations,
    })),
  };
}

function change(state: GenesysState, body: unknown, nowMs: number): void {
  if (!isObject(body)) throw new Error('the body must be an object');
  const { behaviour, ringOutcomes, users, join, leave } = body;
  if (isObject(behaviour)) setSwitches(state.behaviour, behaviour);
  if (isObject(ringOutcomes)) setRingOutcomes(state.behaviour, ringOutcomes);
  if (isObject(users)) setUsers(state, users);
  if (isObject(join)) joinParty(state, join, nowMs);
  if (isObject(leave)) {
    const { conversationId, who, disconnectType } = leave;
    const reason = typeof disconnectType === 'string' ? disconnectType : undefined;
    state.organisation.leave(text(conversationId), text(who), nowMs, reason);
  }
}

function setSwitches(behaviour: Behaviour, values: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!(SWITCHES as readonly string[]).includes(name))
      throw new Error(`there is no switch ${name}`);
    if (name === 'ringOutcome') toOutcome(value);
    Object.assign(behaviour, { [name]: value ?? undefined });
  }
}

function setRingOutcomes({ ringOutcomes }: Behaviour, values: Record<string, unknown>): void {
  for (const [who, value] of Object.entries(values)) {
    if (value === null) ringOutcomes.delete(who.toLowerCase());
    else ringOutcomes.set(who.toLowerCase(), toOutcome(value));
  }
}

function toOutcome(value: unknown): RingOutcome {
  const outcome = RING_OUTCOMES.find((one) => one === value);
  if (!outcome) throw new Error(`a ring outcome is one of ${RING_OUTCOMES.join(', ')}`);
  return outcome;
}

function setUsers({ organisation }: GenesysState, values: Record<string, unknown>): void {
  for (const [id, fields] of Object.entries(values)) {
    const user = organisation.user(id);
    if (!user || !isObject(fields)) throw new Error(`there is no user ${id}`);
    const { presence, state, outOfOffice, hasStation } = fields as Partial<User>;
    Object.assign(user, {
      ...('presence' in fields ? { presence: presence ?? undefined } : {}),
      ...(state === undefined ? {} : { state }),
      ...(outOfOffice === undefined ? {} : { outOfOffice }),
      ...(hasStation === undefined ? {} : { hasStation }),
    });
  }
}

function joinParty({ organisation }: GenesysState, join: Record<string, unknown>, nowMs: number) {
  const conversationId = text(join.conversationId);
  const listener = LISTENERS[join.as as keyof typeof LISTENERS];
  if (join.as !== undefined && !listener) {
    throw new Error(`as is one of ${Object.keys(LISTENERS).join(', ')}`);
  }
  const [first] = organisation.existing(conversationId).participations;
  organisation.join(
    conversationId,
    {
      ...(join.userId === undefined ? {} : { userId: text(join.userId).toLowerCase() }),
      ...(join.address === undefined ? {} : { address: text(join.address) }),
      ...(join.purpose === undefined ? {} : { purpose: text(join.purpose) }),
      ...(listener
        ? { mediaRoles: [...listener.mediaRoles], [listener.relation]: join.of ?? first?.id }
        : {}),
    },
    nowMs,
  );
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error('ids, addresses and purposes are strings');
  return value;
}
