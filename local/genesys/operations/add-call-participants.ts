import type { Models } from 'purecloud-platform-client-v2';
import {
  badRequest,
  constraintViolation,
  GenesysError,
  invalidProperty,
  missingPermission,
  notFound,
} from '../genesys-error.ts';
import { isObject, type Operation, type OperationCall, param, readJson } from '../operation.ts';
import { isRinging, livePeople, liveStays, type PlatformConversation } from '../organisation.ts';
import { toConversation } from '../to-conversation.ts';
import { dial, type WantedParty } from './dial.ts';

/** `POST …/participants` without an acting user: requires a user's token, which a service does not have. */
export const addCallParticipantsAsCaller: Operation = {
  method: 'POST',
  path: '/api/v2/conversations/calls/{conversationId}/participants',
  carryOut() {
    throw new GenesysError(
      400,
      'not.a.user',
      'This request requires a user context. Client credentials cannot be used for requests to this resource.',
    );
  },
};

/**
 * `POST /api/v2/conversations/calls/{conversationId}/participants/user/{userId}`: adds on behalf of
 * a user in the call. The response says that dialling has begun, not that the call was answered. A user
 * who is already in the call is dialled again: the platform documents no error for it.
 */
export const addCallParticipants: Operation = {
  method: 'POST',
  path: '/api/v2/conversations/calls/{conversationId}/participants/user/{userId}',
  carryOut(call) {
    const { organisation, behaviour, nowMs } = call;
    const permission = 'conversation:agentlessCall:add';
    if (!behaviour.permissions.has(permission)) throw missingPermission(permission);
    const wanted = readParticipants(readJson(call));
    const conversation = organisation.conversation(param(call, 'conversationId'));
    if (conversation?.contract !== 'platform') throw notFound();
    checkActingUser(call, conversation);

    const refusals = wanted.map((party) => refusalOf(call, party));
    const dialled = wanted.filter((_, index) => refusals[index] === undefined);
    const firstRefusal = refusals.find((refusal) => refusal !== undefined);
    if (firstRefusal && (behaviour.platformBatch === 'atomic' || dialled.length === 0)) {
      throw firstRefusal;
    }
    const limit = conversation.maxParticipants ?? behaviour.defaultMaxParticipants;
    const present = livePeople(conversation, nowMs).length;
    if (present + dialled.filter(({ queueId }) => queueId === undefined).length > limit) {
      // No code is documented for a full conference. This one is documented for the operation.
      throw constraintViolation(
        `The conversation has ${present} of at most ${limit} participants; ${dialled.length} more do not fit.`,
      );
    }
    for (const party of dialled.slice(0, call.onlyFirst)) dial(call, conversation.id, party);
    return { status: 200, body: toConversation(conversation, nowMs) };
  },
};

const TARGETS = ['userId', 'address', 'queueId'] as const;

function readParticipants(body: unknown): WantedParty[] {
  if (!isObject(body)) throw badRequest('The body must be a Conversation.');
  refuseUnknown(body, CONVERSATION_PROPERTIES, 'Conversation');
  const { participants } = body;
  if (!Array.isArray(participants) || participants.length === 0) {
    throw constraintViolation('participants: must name at least one participant');
  }
  return participants.map((participant: unknown) => {
    if (!isObject(participant)) throw badRequest('A participant must be an object.');
    refuseUnknown(participant, PARTICIPANT_PROPERTIES, 'Participant');
    const given = TARGETS.filter((name) => participant[name] !== undefined);
    const [target] = given;
    const value = target && participant[target];
    if (target === undefined || given.length > 1 || typeof value !== 'string' || value === '') {
      throw badRequest('A participant needs exactly one of userId, address and queueId, as text.');
    }
    return { [target]: value };
  });
}

function refuseUnknown(object: object, known: Record<string, true>, type: string): void {
  for (const name of Object.keys(object)) {
    if (!Object.hasOwn(known, name)) throw invalidProperty(name, type);
  }
}

function checkActingUser(call: OperationCall, conversation: PlatformConversation): void {
  const userId = param(call, 'userId').toLowerCase();
  const stays = liveStays(conversation, call.nowMs).filter(
    (stay) => stay.userId === userId && stay.media.some(({ medium }) => medium === 'calls'),
  );
  const full = livePeople(conversation, call.nowMs).filter((stay) => stay.userId === userId);
  if (stays.length > 0 && full.length === 0) {
    throw new GenesysError(
      403,
      'conversation.error.forbidden.not.active.participant',
      'The user is not an active participant in the conversation.',
    );
  }
  if (stays.length === 0) {
    throw notFound(`User ${userId} is not a participant in the conversation.`);
  }
  if (stays.every((stay) => isRinging(stay, call.nowMs))) {
    throw new GenesysError(
      400,
      'conversation.error.cannot.merge.alerting.conference',
      'A conference cannot be created from an alerting call.',
    );
  }
}

const ADDRESS = /^(\+[1-9]\d{1,14}|\d{3,15}|sips?:\S+|tel:\S+)$/i;

/** Why this party cannot be dialled. The codes are documented for the operation; their use is inferred. */
function refusalOf(call: OperationCall, party: WantedParty): GenesysError | undefined {
  if (party.address !== undefined && !ADDRESS.test(party.address)) {
    return new GenesysError(
      400,
      'invalid.value',
      `Value [${party.address}] is not valid for field type [address]. Allowable values are: E.164 numbers and SIP URIs`,
    );
  }
  if (party.userId === undefined) return undefined;
  const user = call.organisation.user(party.userId);
  if (!user || user.state === 'deleted') return notFound(`User ${party.userId} was not found.`);
  if (user.state === 'inactive') {
    return new GenesysError(
      409,
      'conversation.error.outbound.call.cannot.be.placed',
      'Outbound call cannot be placed.',
    );
  }
  return undefined;
}

/** All properties of the vendor's types, so that others can be refused. `tsc` keeps the list complete. */
const CONVERSATION_PROPERTIES: Record<keyof Models.Conversation, true> = {
  id: true,
  name: true,
  externalTag: true,
  startTime: true,
  endTime: true,
  address: true,
  participants: true,
  conversationIds: true,
  maxParticipants: true,
  recordingState: true,
  state: true,
  divisions: true,
  recentTransfers: true,
  securePause: true,
  utilizationLabelId: true,
  inactivityTimeout: true,
  selfUri: true,
};

const PARTICIPANT_PROPERTIES: Record<keyof Models.Participant, true> = {
  id: true,
  startTime: true,
  endTime: true,
  connectedTime: true,
  name: true,
  userUri: true,
  userId: true,
  externalContactId: true,
  externalContactInitialDivisionId: true,
  externalOrganizationId: true,
  queueId: true,
  groupId: true,
  teamId: true,
  queueName: true,
  purpose: true,
  participantType: true,
  consultParticipantId: true,
  address: true,
  ani: true,
  aniName: true,
  dnis: true,
  locale: true,
  wrapupRequired: true,
  wrapupPrompt: true,
  wrapupTimeoutMs: true,
  wrapupSkipped: true,
  wrapup: true,
  mediaRoles: true,
  conversationRoutingData: true,
  alertingTimeoutMs: true,
  monitoredParticipantId: true,
  coachedParticipantId: true,
  attributes: true,
  calls: true,
  callbacks: true,
  chats: true,
  cobrowsesessions: true,
  emails: true,
  messages: true,
  internalMessages: true,
  screenMonitorings: true,
  screenshares: true,
  socialExpressions: true,
  videos: true,
  evaluations: true,
  screenRecordingState: true,
  flaggedReason: true,
  startAcwTime: true,
  endAcwTime: true,
  bargedParticipantId: true,
};
