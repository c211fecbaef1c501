/**
 * State of the stand-in: users, conversations and their participants. Pure: the time and new ids are
 * passed in, and it knows nothing of HTTP.
 */

export type SystemPresence =
  | 'Available'
  | 'Away'
  | 'Busy'
  | 'Offline'
  | 'Idle'
  | 'OnQueue'
  | 'Meal'
  | 'Training'
  | 'Meeting'
  | 'Break';

export interface User {
  id: string;
  name: string;
  state: 'active' | 'inactive' | 'deleted';
  /** `undefined`: the platform does not return it, because `expand` is best effort. */
  presence: SystemPresence | undefined;
  routingStatus: 'OFF_QUEUE' | 'IDLE' | 'INTERACTING' | 'NOT_RESPONDING' | 'COMMUNICATING';
  outOfOffice?: boolean;
  /** Default: true. */
  hasStation?: boolean;
}

/** Names of a participant's media arrays. */
export const MEDIA = [
  'calls',
  'callbacks',
  'chats',
  'cobrowsesessions',
  'emails',
  'messages',
  'internalMessages',
  'videos',
] as const;
export type Medium = (typeof MEDIA)[number];

export type RingingState = 'alerting' | 'dialing' | 'contacting' | 'offering';

/** One participation of one party in a conversation. A party that returns gets another. */
export interface Participation {
  /** Participant id. On the live platform it differs from the user id. */
  id: string;
  userId?: string;
  address?: string;
  queueId?: string;
  name?: string;
  /** `agent`, `user`, `customer`, `external`, `acd`, `ivr`, `workflow`, `botflow`, … */
  purpose: string;
  /** Generic endpoint only. */
  role?: string;
  /** Live platform only: at least one for an active party. */
  media: { id: string; medium: Medium; direction: 'inbound' | 'outbound' }[];
  /** Role of the media. Default `full`. */
  mediaRoles?: ('full' | 'monitor' | 'coach' | 'barge')[];
  /** The participation that this one monitors, coaches, barges in on or consults. */
  monitoredParticipantId?: string;
  coachedParticipantId?: string;
  bargedParticipantId?: string;
  consultParticipantId?: string;
  /** Why the call ended. Default `peer`. */
  disconnectType?: string;
  joinedAtMs: number;
  /** State of the media until `answeredAtMs`. */
  ringing: RingingState;
  /** May be in the future: rings until then. `undefined`: keeps ringing. */
  answeredAtMs: number | undefined;
  leftAtMs?: number;
}

interface ConversationBase {
  id: string;
  startedAtMs: number;
  participations: Participation[];
}
/** A conversation of the live platform. */
export interface PlatformConversation extends ConversationBase {
  contract: 'platform';
  endedAtMs?: number;
  maxParticipants?: number;
}
/** A conversation of the generic endpoint. */
export interface GenericConversation extends ConversationBase {
  contract: 'generic';
  type: string;
}
export type Conversation = PlatformConversation | GenericConversation;

/** A party was dialled (live platform) or added (generic endpoint). */
export interface Ring {
  atMs: number;
  conversationId: string;
  /** User id, address or queue id. */
  who: string;
  /** The party was already in the conversation, which the service must avoid. */
  wasInAlready: boolean;
}

/**
 * Participants with these purposes are programs and take no seat (docs/genesys.md). The product has a list
 * of its own, so that tests notice a change of it.
 */
const PROGRAMS = new Set([
  'acd',
  'botflow',
  'campaign',
  'dialer',
  'dialer.system',
  'fax',
  'ivr',
  'recorder',
  'voicemail',
  'voicesurveyflow',
  'workflow',
]);

export class Organisation {
  readonly users = new Map<string, User>();
  readonly conversations = new Map<string, Conversation>();
  readonly rings: Ring[] = [];
  readonly #newId: () => string;

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  newId(): string {
    return this.#newId();
  }

  addUser(user: Partial<User> & { id: string }): User {
    const whole: User = {
      name: `User ${user.id.slice(-4)}`,
      state: 'active',
      presence: 'Available',
      routingStatus: 'OFF_QUEUE',
      ...user,
    };
    this.users.set(whole.id, whole);
    return whole;
  }

  /** Finds a user by id, ignoring case as the platform does. */
  user(id: string): User | undefined {
    return this.users.get(id.toLowerCase());
  }

  addConversation<C extends Conversation>(conversation: C): C {
    this.conversations.set(conversation.id, conversation);
    return conversation;
  }

  conversation(id: string): Conversation | undefined {
    return this.conversations.get(id.toLowerCase());
  }

  /** A conversation that must exist. @throws Error if it does not */
  existing(id: string): Conversation {
    const found = this.conversation(id);
    if (!found) throw new Error(`the stand-in has no conversation ${id}`);
    return found;
  }

  /** Adds a party without the API, as an agent at a desk does. */
  join(conversationId: string, party: Partial<Participation>, nowMs: number): Participation {
    const conversation = this.existing(conversationId);
    const participation: Participation = {
      id: this.newId(),
      purpose: party.userId === undefined ? 'external' : 'agent',
      media: conversation.contract === 'generic' ? [] : [this.medium('calls')],
      joinedAtMs: nowMs,
      ringing: party.userId === undefined ? 'dialing' : 'alerting',
      answeredAtMs: nowMs,
      ...party,
    };
    conversation.participations.push(participation);
    return participation;
  }

  medium(medium: Medium, direction: 'inbound' | 'outbound' = 'inbound'): Participation['media'][0] {
    return { id: this.newId(), medium, direction };
  }

  /** Ends every live participation of a user or address. */
  leave(conversationId: string, who: string, nowMs: number, disconnectType?: string): void {
    for (const stay of liveStays(this.existing(conversationId), nowMs)) {
      if (whoIs(stay) !== who.toLowerCase()) continue;
      stay.leftAtMs = nowMs;
      if (disconnectType !== undefined) stay.disconnectType = disconnectType;
    }
  }

  /** Ends a conversation of the live platform: all participants leave. */
  end(conversationId: string, nowMs: number): void {
    const conversation = this.existing(conversationId);
    for (const stay of liveStays(conversation, nowMs)) stay.leftAtMs = nowMs;
    if (conversation.contract === 'platform') conversation.endedAtMs = nowMs;
  }

  /** Dials a party and records it. */
  ring(conversationId: string, party: Partial<Participation>, nowMs: number): Participation {
    const conversation = this.existing(conversationId);
    const who = whoIs(party);
    const wasInAlready = livePeople(conversation, nowMs).some((stay) => whoIs(stay) === who);
    this.rings.push({ atMs: nowMs, conversationId: conversation.id, who, wasInAlready });
    return this.join(conversationId, party, nowMs);
  }

  /** Participants (users by id, outside parties by address) without programs and silent listeners. */
  peopleIn(conversationId: string, nowMs: number): string[] {
    return livePeople(this.existing(conversationId), nowMs).map(whoIs);
  }

  /** Number of times a party was dialled for a conversation. */
  ringsOf(conversationId: string, who: string): number {
    return this.rings.filter(
      (ring) => ring.conversationId === conversationId && ring.who === who.toLowerCase(),
    ).length;
  }
}

/** Identifies a party to a caller: user id, otherwise address, otherwise queue id. */
export function whoIs(party: Partial<Participation>): string {
  return (party.userId ?? party.address ?? party.queueId ?? party.id ?? '').toLowerCase();
}

export function isLive(stay: Participation, nowMs: number): boolean {
  return stay.joinedAtMs <= nowMs && (stay.leftAtMs === undefined || stay.leftAtMs > nowMs);
}

export function isRinging(stay: Participation, nowMs: number): boolean {
  return stay.answeredAtMs === undefined || stay.answeredAtMs > nowMs;
}

export function liveStays(conversation: Conversation, nowMs: number): Participation[] {
  return conversation.participations.filter((stay) => isLive(stay, nowMs));
}

/** True if the others hear this party: not a monitor, a coach or the target of a private consult. */
function takesPart(stay: Participation): boolean {
  if (stay.bargedParticipantId !== undefined) return true;
  return stay.consultParticipantId === undefined && (stay.mediaRoles ?? ['full']).includes('full');
}

/** Live participants that take a seat. */
export function livePeople(conversation: Conversation, nowMs: number): Participation[] {
  return liveStays(conversation, nowMs).filter(
    (stay) => !PROGRAMS.has(stay.purpose) && takesPart(stay),
  );
}
