import { AdderError } from '../../domain/errors.ts';
import { asArray, asObject, asString, type Fields } from '../../domain/json.ts';
import type { Participation, Roster } from '../../domain/roster.ts';

/** The media arrays of a participant, by the name that an error gives them (FACTS, contract P). */
const MEDIA = {
  calls: 'voice',
  messages: 'message',
  emails: 'email',
  chats: 'chat',
  callbacks: 'callback',
  cobrowsesessions: 'cobrowse',
  videos: 'video',
  internalMessages: 'internal message',
} as const;
type Medium = keyof typeof MEDIA;
const MEDIA_ARRAYS = Object.keys(MEDIA) as Medium[];

const OVER = new Set(['disconnected', 'terminated']);
/** Purposes of participants that are programs and take no seat. */
const MACHINES = new Set(['acd', 'ivr', 'workflow', 'botflow']);

/** As much of a participant as is read here, in the contracts' own names. */
interface ParticipantDocument {
  id: string | undefined;
  userId: string | undefined;
  address: string | undefined;
  purpose: string | undefined;
  endTime: string | undefined;
  media: Record<Medium, MediaEntry[]>;
}

interface MediaEntry {
  state: string | undefined;
  /** Of the participant's own end of it. */
  addresses: (string | undefined)[];
}

function readMediaEntry(entry: Fields): MediaEntry {
  const self = asObject(entry.self);
  return {
    state: asString(entry.state)?.toLowerCase(),
    addresses: [asString(self?.addressNormalized), asString(self?.addressRaw)],
  };
}

function readParticipant(participant: Fields): ParticipantDocument {
  const media = MEDIA_ARRAYS.map((medium) => [
    medium,
    (asArray(participant[medium]) ?? []).map(readMediaEntry),
  ]);
  return {
    id: asString(participant.id),
    userId: asString(participant.userId)?.toLowerCase(),
    address: asString(participant.address),
    purpose: asString(participant.purpose)?.toLowerCase(),
    endTime: asString(participant.endTime),
    media: Object.fromEntries(media),
  };
}

function liveEntries(participant: ParticipantDocument, medium: Medium) {
  if (participant.endTime !== undefined) return [];
  return participant.media[medium].filter(({ state }) => !OVER.has(state ?? ''));
}

function liveMedia(participant: ParticipantDocument): Medium[] {
  return MEDIA_ARRAYS.filter((medium) => liveEntries(participant, medium).length > 0);
}

function toParticipation(participant: ParticipantDocument, position: number): Participation {
  const { id, userId, address, purpose, media } = participant;
  const selves = media.calls.flatMap(({ addresses }) => addresses);
  return {
    participationId: id ?? `position ${position}`,
    ...(userId === undefined ? {} : { userId }),
    addresses: [address, ...selves].filter((one) => one !== undefined),
    live: liveMedia(participant).length > 0,
    machine: MACHINES.has(purpose ?? ''),
  };
}

/**
 * Users in the call on whose behalf people can be added, best first: connected before ringing,
 * agents before others, as listed otherwise.
 */
function rankActingUsers(participants: ParticipantDocument[]): string[] {
  const rank = (participant: ParticipantDocument): number => {
    const states = liveEntries(participant, 'calls').map(({ state }) => state);
    const connected = states.includes('connected') ? 0 : 2;
    return connected + (participant.purpose === 'agent' ? 0 : 1);
  };
  const candidates = participants.filter(
    (participant) =>
      participant.userId !== undefined && liveEntries(participant, 'calls').length > 0,
  );
  const ids = candidates
    .toSorted((one, other) => rank(one) - rank(other))
    .flatMap(({ userId }) => userId ?? []);
  return [...new Set(ids)];
}

function limitOf({ maxParticipants }: Fields): number | undefined {
  return Number.isSafeInteger(maxParticipants) && Number(maxParticipants) > 0
    ? Number(maxParticipants)
    : undefined;
}

/**
 * Reads a conversation document of either contract; which one it is, the document tells
 * (FACTS, section 3): live calls are contract P's, a top-level `type` without media arrays is
 * contract G's.
 * @param defaultLimit people who fit where the document does not say
 * @throws AdderError `CONVERSATION_ENDED`, `MEDIA_NOT_SUPPORTED`; `GENESYS_UNAVAILABLE` where it is no
 * conversation at all
 */
export function readConversationDocument(document: unknown, defaultLimit: number): Roster {
  const conversation = asObject(document);
  // Contract G leaves the list out where nobody is in it. Anything else in its place is none.
  const list = asArray(conversation?.participants ?? []);
  if (!conversation || !list) {
    throw new AdderError('Genesys Cloud answered with something that is no conversation', {
      code: 'GENESYS_UNAVAILABLE',
      disposition: 'retry',
    });
  }
  const participants = list.map(readParticipant);
  const ended = (how: string) =>
    new AdderError(`The conversation is over: ${how}`, {
      code: 'CONVERSATION_ENDED',
      disposition: 'reject',
    });
  const endTime = asString(conversation.endTime);
  if (endTime !== undefined) throw ended(`it ended at ${endTime}`);

  const hasMedia = participants.some(({ media }) =>
    MEDIA_ARRAYS.some((medium) => media[medium].length > 0),
  );
  if (asString(conversation.type) !== undefined && !hasMedia) {
    return {
      contract: 'generic',
      participations: participants.flatMap(({ id, endTime }) => {
        if (id === undefined) return [];
        const userId = id.toLowerCase();
        const live = endTime === undefined;
        return [{ participationId: userId, userId, addresses: [], live, machine: false }];
      }),
      limit: defaultLimit,
      actingUserIds: [],
    };
  }

  const media = new Set(participants.flatMap(liveMedia));
  if (media.size === 0) throw ended('nobody is left in it');
  if (!media.has('calls')) {
    const names = [...media].map((medium) => MEDIA[medium]).join(', ');
    throw new AdderError(
      `The conversation goes on by ${names}; participants can be added to voice calls only`,
      { code: 'MEDIA_NOT_SUPPORTED', disposition: 'reject' },
    );
  }
  return {
    contract: 'platform',
    participations: participants.map(toParticipation),
    limit: limitOf(conversation) ?? defaultLimit,
    actingUserIds: rankActingUsers(participants),
  };
}
