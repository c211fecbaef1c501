/** The roles a participant can be asked for (contract 2). */
export const ROLES = ['agent', 'customer', 'observer', 'supervisor'] as const;
export type Role = (typeof ROLES)[number];

/** People that one request may name (contract 2). */
export const MAX_PARTICIPANTS_PER_REQUEST = 20;

export const MAX_ADDRESS_LENGTH = 255;

/**
 * E.164 (`+` and up to 15 digits) or a SIP URI, whose letters are ASCII (RFC 3261; SQS would refuse a
 * message with some of the others). One pattern, so that the JSON Schema has it too.
 */
export const ADDRESS = /^(\+[1-9]\d{1,14}|[sS][iI][pP][sS]?:[!#-;=?A-~]+(@[!#-;=?A-~]+)?)$/;

/** Somebody to be added: a Genesys user by `id`, or an outside party by `address`. */
export interface RequestedParticipant {
  /** The user's UUID, in lower case. */
  id?: string;
  /** E.164 (`+15551234567`) or a SIP URI. */
  address?: string;
  role: Role;
}

/** What is wrong with a participant, and where; said so that it follows the place's name. */
export const PARTICIPANT_FAULTS = {
  noList: 'must be an array of participants',
  nobody: 'must name at least one participant',
  tooMany: `must name at most ${MAX_PARTICIPANTS_PER_REQUEST} participants`,
  noObject: 'must be an object with an id or an address',
  id: 'must be a UUID',
  address: {
    noText: 'must be a string',
    tooLong: `must be at most ${MAX_ADDRESS_LENGTH} characters`,
    pattern: 'must be an E.164 number (+15551234567) or a SIP URI (sip:user@host)',
  },
  role: `must be one of ${ROLES.join(', ')}`,
} as const;

/** Judges a participant's fields together; each may be of any type here. */
export function judgeTogether(participant: {
  id?: unknown;
  address?: unknown;
  role?: unknown;
}): { path: ('id' | 'address' | 'role')[]; message: string }[] {
  const { id, address, role } = participant;
  if (id === undefined && address === undefined) {
    return [
      {
        path: [],
        message: 'needs either an id (a Genesys user) or an address (an outside party)',
      },
    ];
  }
  if (id !== undefined && address !== undefined) {
    return [{ path: [], message: 'has both an id and an address; give one of them' }];
  }
  if (address !== undefined && isRole(role) && role !== 'customer') {
    return [{ path: ['role'], message: `must be customer for an address, not ${role}` }];
  }
  return [];
}

export const isRole = (role: unknown): role is Role => (ROLES as readonly unknown[]).includes(role);

/** Fills in the role that a participant has where none is given. */
export function withDefaultRole(participant: {
  id?: string | undefined;
  address?: string | undefined;
  role?: Role | undefined;
}): RequestedParticipant {
  const { id, address, role } = participant;
  if (address !== undefined) return { address, role: 'customer' };
  return { ...(id === undefined ? {} : { id }), role: role ?? 'agent' };
}
