import {
  isLive,
  isRinging,
  MEDIA,
  type Medium,
  type Participation,
  type PlatformConversation,
  type User,
} from './organisation.ts';

/**
 * Documents of the live platform: `Conversation`, `CallConversation` and `User` of the vendor's
 * description. test/contract checks them against it.
 */

const iso = (ms: number) => new Date(ms).toISOString();

/** @param viewMs the time that the document shows, in the past if reads lag */
export function toConversation(conversation: PlatformConversation, viewMs: number) {
  const { id, startedAtMs, endedAtMs, maxParticipants } = conversation;
  return {
    id,
    startTime: iso(startedAtMs),
    ...(endedAtMs !== undefined && endedAtMs <= viewMs ? { endTime: iso(endedAtMs) } : {}),
    ...(maxParticipants === undefined ? {} : { maxParticipants }),
    participants: begun(conversation, viewMs).map((stay) => toParticipant(stay, viewMs)),
    // Reads return neither `state` nor a top-level `type`.
    conversationIds: [],
    recordingState: 'NONE',
    divisions: [{ division: { id: HOME_DIVISION, selfUri: divisionUri }, entities: [] }],
    recentTransfers: [],
    securePause: false,
    selfUri: `/api/v2/conversations/${id}`,
  };
}

const HOME_DIVISION = 'f1b7a3d0-5b0c-4c1e-9a55-0d2b6c1e7a10';
const divisionUri = `/api/v2/authorization/divisions/${HOME_DIVISION}`;

function begun({ participations }: PlatformConversation, viewMs: number): Participation[] {
  return participations.filter(({ joinedAtMs }) => joinedAtMs <= viewMs);
}

function toParticipant(stay: Participation, viewMs: number) {
  const answered = !isRinging(stay, viewMs);
  return {
    id: stay.id,
    startTime: iso(stay.joinedAtMs),
    ...(answered && stay.answeredAtMs !== undefined
      ? { connectedTime: iso(stay.answeredAtMs) }
      : {}),
    ...(isLive(stay, viewMs) ? {} : { endTime: iso(stay.leftAtMs ?? viewMs) }),
    ...(stay.name === undefined ? {} : { name: stay.name }),
    ...(stay.userId === undefined
      ? {}
      : { userId: stay.userId, userUri: `/api/v2/users/${stay.userId}` }),
    ...(stay.queueId === undefined ? {} : { queueId: stay.queueId }),
    ...(stay.address === undefined
      ? {}
      : { address: listedAddress(stay.address), ani: listedAddress(stay.address) }),
    purpose: stay.purpose,
    wrapupRequired: false,
    mediaRoles: stay.mediaRoles ?? ['full'],
    ...relations(stay),
    attributes: {},
    ...Object.fromEntries(MEDIA.map((medium) => [medium, mediaEntries(stay, medium, viewMs)])),
    screenshares: [],
    socialExpressions: [],
    evaluations: [],
  };
}

/** The platform lists a dialled number as a `tel:` URI, also the number of a SIP address. */
function listedAddress(address: string): string {
  const [, number] = /^(?:sips?:)?(\+\d+)(?:@.*)?$/i.exec(address) ?? [];
  return number === undefined ? address : `tel:${number}`;
}

function relations(stay: Participation) {
  const { monitoredParticipantId, coachedParticipantId, bargedParticipantId } = stay;
  const { consultParticipantId } = stay;
  return {
    ...(monitoredParticipantId === undefined ? {} : { monitoredParticipantId }),
    ...(coachedParticipantId === undefined ? {} : { coachedParticipantId }),
    ...(bargedParticipantId === undefined ? {} : { bargedParticipantId }),
    ...(consultParticipantId === undefined ? {} : { consultParticipantId }),
  };
}

function stateOf(stay: Participation, viewMs: number): string {
  if (!isLive(stay, viewMs)) return 'disconnected';
  return isRinging(stay, viewMs) ? stay.ringing : 'connected';
}

/** Media that the vendor describes without a direction, and that cannot be held. */
const BETWEEN_EQUALS = new Set<Medium>(['cobrowsesessions', 'internalMessages', 'videos']);

function mediaEntries(stay: Participation, medium: Medium, viewMs: number) {
  return stay.media
    .filter((entry) => entry.medium === medium)
    .map(({ id, direction }) => {
      const state = stateOf(stay, viewMs);
      const common = {
        id,
        state,
        ...(medium === 'videos' ? {} : { segments: [] }),
        ...(BETWEEN_EQUALS.has(medium) ? {} : { direction, held: false }),
        ...(state === 'disconnected'
          ? {
              disconnectType: stay.disconnectType ?? 'peer',
              disconnectedTime: iso(stay.leftAtMs ?? viewMs),
            }
          : {}),
        ...(state === 'connected' ? { connectedTime: iso(stay.answeredAtMs ?? viewMs) } : {}),
        startAlertingTime: iso(stay.joinedAtMs),
        provider: 'PureCloud',
      };
      return medium === 'calls' ? { ...common, ...callFields(stay) } : common;
    });
}

function callFields(stay: Participation) {
  return {
    provider: 'Edge',
    recording: false,
    recordingState: 'none',
    muted: false,
    confined: false,
    securePause: false,
    ...(stay.address === undefined
      ? {}
      : {
          self: {
            addressNormalized: listedAddress(stay.address),
            addressRaw: listedAddress(stay.address),
            addressDisplayable: stay.address,
          },
        }),
    afterCallWorkRequired: false,
  };
}

export function toCallConversation(conversation: PlatformConversation, viewMs: number) {
  const { id, maxParticipants } = conversation;
  return {
    id,
    ...(maxParticipants === undefined ? {} : { maxParticipants }),
    participants: begun(conversation, viewMs)
      .filter(({ media }) => media.some(({ medium }) => medium === 'calls'))
      .map((stay) => toCallParticipant(stay, viewMs)),
    recordingState: 'none',
    securePause: false,
    selfUri: `/api/v2/conversations/calls/${id}`,
  };
}

function toCallParticipant(stay: Participation, viewMs: number) {
  return {
    id: stay.id,
    startTime: iso(stay.joinedAtMs),
    ...(isLive(stay, viewMs) ? {} : { endTime: iso(stay.leftAtMs ?? viewMs) }),
    ...(stay.name === undefined ? {} : { name: stay.name }),
    ...(stay.address === undefined ? {} : { address: listedAddress(stay.address) }),
    ...(stay.userId === undefined
      ? {}
      : { user: { id: stay.userId, selfUri: `/api/v2/users/${stay.userId}` } }),
    purpose: stay.purpose,
    state: stateOf(stay, viewMs),
    direction: stay.media.find(({ medium }) => medium === 'calls')?.direction ?? 'inbound',
    held: false,
    muted: false,
    mediaRoles: stay.mediaRoles ?? ['full'],
    ...relations(stay),
    attributes: {},
  };
}

/** Presence, routing status, out of office and stations are returned only if `expand` names them. */
export function toUser(user: User, expand: ReadonlySet<string>) {
  const selfUri = `/api/v2/users/${user.id}`;
  return {
    id: user.id,
    name: user.name,
    division: { id: HOME_DIVISION, name: 'Home', selfUri: divisionUri },
    state: user.state,
    version: 1,
    acdAutoAnswer: false,
    ...(expand.has('presence') && user.presence !== undefined
      ? {
          presence: {
            source: 'PURECLOUD',
            primary: true,
            presenceDefinition: {
              id: PRESENCE_IDS[user.presence],
              systemPresence: user.presence,
              selfUri: `/api/v2/presencedefinitions/${PRESENCE_IDS[user.presence]}`,
            },
            message: '',
            selfUri: `${selfUri}/presences/PURECLOUD`,
          },
        }
      : {}),
    ...(expand.has('routingStatus')
      ? { routingStatus: { userId: user.id, status: user.routingStatus } }
      : {}),
    ...(expand.has('outOfOffice') ? { outOfOffice: outOfOffice(user, selfUri) } : {}),
    ...(expand.has('station') ? { station: stationsOf(user) } : {}),
    selfUri,
  };
}

function outOfOffice({ id, outOfOffice: active = false }: User, selfUri: string) {
  return { id, active, indefinite: false, selfUri: `${selfUri}/outofoffice` };
}

function stationsOf({ id, name, hasStation = true }: User) {
  if (!hasStation) return {};
  const station = {
    id: `57a71000${id.slice(8)}`,
    name: `Station of ${name}`,
    type: 'inin_webrtc_softphone',
  };
  return { associatedStation: station, effectiveStation: station };
}

const PRESENCE_IDS: Record<NonNullable<User['presence']>, string> = {
  Available: '6a3af858-942f-489d-9700-5f9bcdcdae9b',
  Away: '5e5c5c66-ea97-4e7f-ac41-6424784829f2',
  Busy: '31fe3bac-dea6-44b7-bed7-47f91660a1a0',
  Offline: 'ccf3c10a-aa2c-4845-8e8d-f59fa48c58e5',
  Idle: '1f1e5d2e-5d4c-4f0a-9b77-5d3f7b1c2a01',
  OnQueue: 'e08eaf1b-ee47-4fa9-a231-1200e284798f',
  Meal: '3fd96123-badb-4f69-bc03-1b1ccc6d8014',
  Training: '2b0c6a55-7a3e-4d7b-8a2f-6c1d9e4f3b02',
  Meeting: '7c9d8e10-3b4a-4c5d-9e6f-0a1b2c3d4e03',
  Break: '227b37e2-f1d0-4dd0-8f50-badd7cf6d158',
};
