import { AdderError } from '../../domain/adder-error.ts';
import { asArray, asObject, asString, type Fields } from '../../domain/json.ts';
import { cleanText } from '../../domain/redact.ts';
import type { Participation, Roster } from '../../domain/roster.ts';
import { MEDIA, readParticipant } from './read-participant.ts';
import { withoutConsulted } from './without-consulted.ts';

/** A time as the platform writes it has 24 characters. */
const LONGEST_TIME = 40;

/** A conversation as its document shows it, including one that has ended or that cannot be added to. */
export interface ConversationView {
  roster: Roster;
  /** Why the conversation counts as ended; absent while it is live. */
  ended?: string;
  /** Live media, none of which is voice, by the names that an error gives them. */
  otherMedia?: string[];
}

/**
 * Reads a conversation document of either contract. A top-level `type` without media arrays means the
 * generic contract, everything else the platform.
 * @param defaultLimit capacity if the document does not state it
 * @throws AdderError `GENESYS_UNAVAILABLE` if it is not a conversation
 */
export function viewConversation(document: unknown, defaultLimit: number): ConversationView {
  const conversation = asObject(document);
  const { id, type, participants } = conversation ?? {};
  // The generic contract omits an empty list, but a conversation has an id or a type.
  const named = asString(id) ?? asString(type);
  const list = asArray(participants ?? (named === undefined ? undefined : []));
  if (!conversation || !list) {
    throw new AdderError('Genesys Cloud responded with a document that is not a conversation', {
      code: 'GENESYS_UNAVAILABLE',
      disposition: 'retry',
    });
  }
  const endTime = asString(conversation.endTime);
  const ended =
    endTime === undefined ? {} : { ended: `it ended at ${cleanText(endTime, LONGEST_TIME)}` };
  const read = list.map(readParticipant);
  if (asString(type) !== undefined && read.every(({ media }) => media.length === 0)) {
    return { roster: genericRoster(list, defaultLimit), ...ended };
  }

  const participations = withoutConsulted(read);
  const roster: Roster = {
    contract: 'platform',
    participations,
    limit: limitOf(conversation) ?? defaultLimit,
    actingUserIds: rankActingUsers(participations),
  };
  const media = [...new Set(read.flatMap(({ liveMedia }) => liveMedia))];
  if (endTime === undefined && media.length === 0) {
    return { roster, ended: 'all participants have left' };
  }
  const otherMedia = media.includes('calls') ? {} : { otherMedia: media.map((one) => MEDIA[one]) };
  return { roster, ...ended, ...otherMedia };
}

/**
 * Reads a conversation that people can be added to.
 * @throws AdderError what viewConversation throws, and `CONVERSATION_ENDED`, `MEDIA_NOT_SUPPORTED`
 */
export function readConversationDocument(document: unknown, defaultLimit: number): Roster {
  const { roster, ended, otherMedia } = viewConversation(document, defaultLimit);
  if (ended !== undefined) {
    throw new AdderError(`The conversation has ended: ${ended}`, {
      code: 'CONVERSATION_ENDED',
      disposition: 'reject',
    });
  }
  if (otherMedia) {
    throw new AdderError(
      `The conversation is live on ${otherMedia.join(', ')}; participants can be added to voice calls only`,
      { code: 'MEDIA_NOT_SUPPORTED', disposition: 'reject' },
    );
  }
  return roster;
}

function genericRoster(list: readonly Fields[], limit: number): Roster {
  const participations = list.flatMap((participant): Participation[] => {
    const userId = asString(participant.id)?.toLowerCase();
    if (userId === undefined) return [];
    const live = asString(participant.endTime) === undefined;
    return [
      {
        participationId: userId,
        userId,
        addresses: [],
        live,
        ended: !live,
        inConference: live,
        program: false,
        mediaRoles: [],
      },
    ];
  });
  return { contract: 'generic', participations, limit, actingUserIds: [] };
}

/**
 * Users in the call on whose behalf people can be added, best first: connected before ringing,
 * agents before others, as listed otherwise.
 */
function rankActingUsers(participations: readonly Participation[]): string[] {
  const rank = ({ state, purpose }: Participation): number =>
    (state === 'connected' ? 0 : 2) + (purpose === 'agent' ? 0 : 1);
  const ids = participations
    .filter(({ inConference }) => inConference)
    .toSorted((one, other) => rank(one) - rank(other))
    .flatMap(({ userId }) => userId ?? []);
  return [...new Set(ids)];
}

function limitOf({ maxParticipants }: Fields): number | undefined {
  return Number.isSafeInteger(maxParticipants) && Number(maxParticipants) > 0
    ? Number(maxParticipants)
    : undefined;
}
