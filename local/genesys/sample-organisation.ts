import type { GenericConversation, PlatformConversation, User } from './organisation.ts';

/** The OAuth client of the stand-in. Valid nowhere else. */
export const SAMPLE_CLIENT = {
  clientId: 'c0ffee00-0000-4000-8000-000000000001',
  clientSecret: 'stand-in-secret-of-no-value',
};

const userId = (number: number) => `a9e7c000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** Users by name. Each is active and available unless noted. */
export const SAMPLE_USERS = {
  ada: userId(1),
  ben: userId(2),
  chloe: userId(3),
  /** Offline: added with a warning. */
  dov: userId(4),
  /** Inactive: refused. */
  elif: userId(5),
  /** Deleted: refused. */
  farah: userId(6),
  /** Presence unknown. */
  goran: userId(7),
  hana: userId(8),
  ivo: userId(9),
  jun: userId(10),
  kemi: userId(11),
  lars: userId(12),
  mina: userId(13),
  noor: userId(14),
  omar: userId(15),
  paula: userId(16),
  quentin: userId(17),
  rosa: userId(18),
  sami: userId(19),
  tara: userId(20),
  uma: userId(21),
  viktor: userId(22),
  wanda: userId(23),
  xavi: userId(24),
  yara: userId(25),
  zeno: userId(26),
} as const;
export type SampleUser = keyof typeof SAMPLE_USERS;

export const OFFLINE_USER = SAMPLE_USERS.dov;
export const INACTIVE_USER = SAMPLE_USERS.elif;
export const DELETED_USER = SAMPLE_USERS.farah;
export const PRESENCE_UNKNOWN_USER = SAMPLE_USERS.goran;
/** A well-formed id without a user. */
export const UNKNOWN_USER = 'deadbeef-0000-4000-8000-000000000000';

/** Active, available and in neither conversation. */
export const FREE_USERS: readonly string[] = Object.values(SAMPLE_USERS).slice(7);

/** A voice call of the live platform with Ada and a customer. A queue has left it. */
export const PLATFORM_CONVERSATION = 'b0a7ca11-0000-4000-8000-000000000001';
/** A voice conversation of the generic endpoint with Ada and Ben. */
export const GENERIC_CONVERSATION = 'b0a7ca11-0000-4000-8000-000000000002';
export const CUSTOMER_ADDRESS = '+15551230100';

/** Participants of each conversation at the start. */
export const PRESENT = {
  [PLATFORM_CONVERSATION]: [SAMPLE_USERS.ada, CUSTOMER_ADDRESS],
  [GENERIC_CONVERSATION]: [SAMPLE_USERS.ada, SAMPLE_USERS.ben],
} as const;

export interface SampleOrganisation {
  users: User[];
  conversations: [PlatformConversation, GenericConversation];
}

/** A new copy. Its conversations began one minute before `nowMs`. */
export function sampleOrganisation(nowMs: number): SampleOrganisation {
  const startedAtMs = nowMs - 60_000;
  return {
    users: Object.entries(SAMPLE_USERS).map(([name, id]) => sampleUser(name, id)),
    conversations: [platformConversation(startedAtMs), genericConversation(startedAtMs)],
  };
}

function sampleUser(name: string, id: string): User {
  return {
    id,
    name: `${name.charAt(0).toUpperCase()}${name.slice(1)} Sample`,
    state: id === INACTIVE_USER ? 'inactive' : id === DELETED_USER ? 'deleted' : 'active',
    presence:
      id === PRESENCE_UNKNOWN_USER ? undefined : id === OFFLINE_USER ? 'Offline' : 'Available',
    routingStatus: 'OFF_QUEUE',
  };
}

const stayId = (number: number) => `5ea75000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const callId = (number: number) => `ca110000-0000-4000-8000-${String(number).padStart(12, '0')}`;

function platformConversation(startedAtMs: number): PlatformConversation {
  const common = { joinedAtMs: startedAtMs, answeredAtMs: startedAtMs } as const;
  return {
    id: PLATFORM_CONVERSATION,
    contract: 'platform',
    startedAtMs,
    participations: [
      {
        ...common,
        id: stayId(1),
        purpose: 'customer',
        name: 'A customer',
        address: CUSTOMER_ADDRESS,
        ringing: 'dialing',
        media: [{ id: callId(1), medium: 'calls', direction: 'inbound' }],
      },
      {
        ...common,
        id: stayId(2),
        purpose: 'acd',
        name: 'Support queue',
        queueId: '90e0e000-0000-4000-8000-000000000001',
        ringing: 'offering',
        leftAtMs: startedAtMs + 10_000,
        media: [{ id: callId(2), medium: 'calls', direction: 'inbound' }],
      },
      {
        ...common,
        id: stayId(3),
        purpose: 'agent',
        name: 'Ada Sample',
        userId: SAMPLE_USERS.ada,
        ringing: 'alerting',
        media: [{ id: callId(3), medium: 'calls', direction: 'inbound' }],
      },
    ],
  };
}

function genericConversation(startedAtMs: number): GenericConversation {
  return {
    id: GENERIC_CONVERSATION,
    contract: 'generic',
    type: 'voice',
    startedAtMs,
    participations: [SAMPLE_USERS.ada, SAMPLE_USERS.ben].map((id, index) => ({
      id: stayId(11 + index),
      userId: id,
      role: 'agent',
      purpose: 'agent',
      media: [],
      joinedAtMs: startedAtMs,
      answeredAtMs: startedAtMs,
      ringing: 'alerting' as const,
    })),
  };
}
