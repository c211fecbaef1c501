import * as z from 'zod/mini';
import { AdderError } from '../domain/errors.ts';
import type { Participation, Roster } from '../domain/roster.ts';
import { entriesOf, optionalText } from './tolerant.ts';

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

const endpoint = z.catch(
  z.optional(z.object({ addressNormalized: optionalText, addressRaw: optionalText })),
  undefined,
);
const mediaEntry = z.object({ state: optionalText, self: endpoint });
const mediaArray = z.catch(z.optional(entriesOf(mediaEntry)), undefined);

const participantDocument = z.object({
  id: optionalText,
  userId: optionalText,
  address: optionalText,
  purpose: optionalText,
  endTime: optionalText,
  calls: mediaArray,
  messages: mediaArray,
  emails: mediaArray,
  chats: mediaArray,
  callbacks: mediaArray,
  cobrowsesessions: mediaArray,
  videos: mediaArray,
  internalMessages: mediaArray,
});
type ParticipantDocument = z.output<typeof participantDocument>;

const conversationDocument = z.object({
  id: optionalText,
  type: optionalText,
  endTime: optionalText,
  maxParticipants: z.catch(z.optional(z.int().check(z.positive())), undefined),
  participants: z.nullish(entriesOf(participantDocument)),
});

function liveEntries(participant: ParticipantDocument, medium: Medium) {
  if (participant.endTime !== undefined) return [];
  return (participant[medium] ?? []).filter((entry) => !OVER.has(entry.state?.toLowerCase() ?? ''));
}

function liveMedia(participant: ParticipantDocument): Medium[] {
  return MEDIA_ARRAYS.filter((medium) => liveEntries(participant, medium).length > 0);
}

function toParticipation(participant: ParticipantDocument, position: number): Participation {
  const selves = (participant.calls ?? []).flatMap(({ self }) => [
    self?.addressNormalized,
    self?.addressRaw,
  ]);
  return {
    participationId: participant.id ?? `position ${position}`,
    ...(participant.userId === undefined ? {} : { userId: participant.userId.toLowerCase() }),
    addresses: [participant.address, ...selves].filter((address) => address !== undefined),
    live: liveMedia(participant).length > 0,
    machine: MACHINES.has(participant.purpose?.toLowerCase() ?? ''),
  };
}

/**
 * Users in the call on whose behalf people can be added, best first: connected before ringing,
 * agents before others, as listed otherwise.
 */
function rankActingUsers(participants: ParticipantDocument[]): string[] {
  const rank = (participant: ParticipantDocument): number => {
    const states = liveEntries(participant, 'calls').map((call) => call.state?.toLowerCase());
    const connected = states.includes('connected') ? 0 : 2;
    return connected + (participant.purpose?.toLowerCase() === 'agent' ? 0 : 1);
  };
  const candidates = participants.filter(
    (participant) =>
      participant.userId !== undefined && liveEntries(participant, 'calls').length > 0,
  );
  const ids = candidates
    .toSorted((one, other) => rank(one) - rank(other))
    .flatMap(({ userId }) => (userId === undefined ? [] : [userId.toLowerCase()]));
  return [...new Set(ids)];
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
  const parsed = conversationDocument.safeParse(document);
  if (!parsed.success) {
    throw new AdderError('Genesys Cloud answered with something that is no conversation', {
      code: 'GENESYS_UNAVAILABLE',
      disposition: 'retry',
    });
  }
  const conversation = parsed.data;
  const participants = conversation.participants ?? [];
  const ended = (how: string) =>
    new AdderError(`The conversation is over: ${how}`, {
      code: 'CONVERSATION_ENDED',
      disposition: 'reject',
    });
  if (conversation.endTime !== undefined) throw ended(`it ended at ${conversation.endTime}`);

  const hasMedia = participants.some((participant) =>
    MEDIA_ARRAYS.some((medium) => (participant[medium] ?? []).length > 0),
  );
  if (conversation.type !== undefined && !hasMedia) {
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
    contract: 'call',
    participations: participants.map(toParticipation),
    limit: conversation.maxParticipants ?? defaultLimit,
    actingUserIds: rankActingUsers(participants),
  };
}
