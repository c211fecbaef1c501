/**
 * The stand-in's state: users, conversations and who is in them. Pure: the time comes in as a
 * number, ids from a function, and nothing here knows HTTP.
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
  /** `undefined`: the platform could not tell, which it may (expand is best effort). */
  presence: SystemPresence | undefined;
  routingStatus: 'OFF_QUEUE' | 'IDLE' | 'INTERACTING' | 'NOT_RESPONDING' | 'COMMUNICATING';
  outOfOffice?: boolean;
  /** Default: has one. */
  hasStation?: boolean;
}

/** The media arrays of a participant, as the platform names them. */
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

/** One stay of one party in a conversation. Who comes back gets a second one. */
export interface Participation {
  /** On the live platform the participant's id, which is not the user's. */
  id: string;
  userId?: string;
  address?: string;
  queueId?: string;
  name?: string;
  /** `agent`, `user`, `customer`, `external`, `acd`, `ivr`, `workflow`, `botflow`, … */
  purpose: string;
  /** Contract G only. */
  role?: string;
  /** Live platform only: at least one for somebody who takes part. */
  media: { id: string; medium: Medium; direction: 'inbound' | 'outbound' }[];
  /** What the media do. Default `full`. */
  mediaRoles?: ('full' | 'monitor' | 'coach' | 'barge')[];
  /** The participation that this one monitors, coaches, has barged in on, or is consulted about. */
  monitoredParticipantId?: string;
  coachedParticipantId?: string;
  bargedParticipantId?: string;
  consultParticipantId?: string;
  /** Why the call ended. Default `peer`. */
  disconnectType?: string;
  joinedAtMs: number;
  /** What the media show until `answeredAtMs`. */
  ringing: RingingState;
  /** May lie in the future: rings until then. `undefined`: rings on. */
  answeredAtMs: number | undefined;
  leftAtMs?: number;
}

interface ConversationBase {
  id: string;
  startedAtMs: number;
  participations: Participation[];
}
/** A conversation of the live platform (contract P). */
export interface PlatformConversation extends ConversationBase {
  contract: 'platform';
  endedAtMs?: number;
  maxParticipants?: number;
}
/** A conversation of the generic endpoint (contract G). */
export interface GenericConversation extends ConversationBase {
  contract: 'generic';
  type: string;
}
export type Conversation = PlatformConversation | GenericConversation;

/** Somebody was dialled (contract P) or put in (contract G). */
export interface Ring {
  atMs: number;
  conversationId: string;
  /** The user's id, or the address, or the queue's id. */
  who: string;
  /** They were in already: the defect this whole service exists to avoid. */
  wasInAlready: boolean;
}

/** Parties of these purposes are programs and take no seat (docs/genesys.md). */
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

  /** A user as the platform finds one: ids are compared without regard to case. */
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

  /** The conversation, which the caller knows to be there. @throws Error where it is not */
  existing(id: string): Conversation {
    const found = this.conversation(id);
    if (!found) throw new Error(`the stand-in has no conversation ${id}`);
    return found;
  }

  /** Puts somebody in without a call to the API, as a person at a desk does. */
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

  /** Takes every live stay of a user (or address) out. */
  leave(conversationId: string, who: string, nowMs: number, disconnectType?: string): void {
    for (const stay of liveStays(this.existing(conversationId), nowMs)) {
      if (whoIs(stay) !== who.toLowerCase()) continue;
      stay.leftAtMs = nowMs;
      if (disconnectType !== undefined) stay.disconnectType = disconnectType;
    }
  }

  /** Ends a conversation of the live platform: everybody leaves. */
  end(conversationId: string, nowMs: number): void {
    const conversation = this.existing(conversationId);
    for (const stay of liveStays(conversation, nowMs)) stay.leftAtMs = nowMs;
    if (conversation.contract === 'platform') conversation.endedAtMs = nowMs;
  }

  /** Dials somebody and writes it down. */
  ring(conversationId: string, party: Partial<Participation>, nowMs: number): Participation {
    const conversation = this.existing(conversationId);
    const who = whoIs(party);
    const wasInAlready = livePeople(conversation, nowMs).some((stay) => whoIs(stay) === who);
    this.rings.push({ atMs: nowMs, conversationId: conversation.id, who, wasInAlready });
    return this.join(conversationId, party, nowMs);
  }

  /** Who is in (users by id, outside parties by address), programs and silent listeners left out. */
  peopleIn(conversationId: string, nowMs: number): string[] {
    return livePeople(this.existing(conversationId), nowMs).map(whoIs);
  }

  /** How often somebody was dialled for a conversation. */
  ringsOf(conversationId: string, who: string): number {
    return this.rings.filter(
      (ring) => ring.conversationId === conversationId && ring.who === who.toLowerCase(),
    ).length;
  }
}

/** What identifies a party to a caller: the user's id, else the address, else the queue's id. */
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

/** Whether the others hear this party: no monitor, no coach, not the private target of a consult. */
function takesPart(stay: Participation): boolean {
  if (stay.bargedParticipantId !== undefined) return true;
  return stay.consultParticipantId === undefined && (stay.mediaRoles ?? ['full']).includes('full');
}

/** Live parties that take a seat. */
export function livePeople(conversation: Conversation, nowMs: number): Participation[] {
  return liveStays(conversation, nowMs).filter(
    (stay) => !PROGRAMS.has(stay.purpose) && takesPart(stay),
  );
}
