import { isSameAddress } from './address.ts';
import type { Warning } from './audit-event.ts';
import type { Code } from './codes.ts';
import type { RequestedParticipant } from './participant.ts';

/**
 * The two ways into a conversation (FACTS, section 3): contract P's call operation on the live
 * platform, and contract G's generic participants endpoint.
 */
export type Contract = 'platform' | 'generic';

/** One entry of a conversation's participant list: somebody who is, or was, in it. */
export interface Participation {
  /** The participation's own id: a user who left and came back has two. */
  participationId: string;
  userId?: string;
  /** How the platform writes the addresses of this party. */
  addresses: string[];
  /** In the conversation now, ringing included. */
  live: boolean;
  /** An IVR, a flow or the like: it takes no seat. */
  machine: boolean;
}

/** A conversation, reduced to what the decisions need. */
export interface Roster {
  contract: Contract;
  participations: Participation[];
  /** How many people fit. */
  limit: number;
  /** Users on whose behalf people can be added, best first. Contract `call` only. */
  actingUserIds: string[];
}

/** What is known about a user. */
export interface UserFacts {
  state: 'active' | 'inactive' | 'deleted' | 'unknown';
  presence: 'offline' | 'reachable' | 'unknown';
}

/** Facts by user id; a user who is not in it could not be looked up. */
export type UserDirectory = ReadonlyMap<string, UserFacts>;

export interface Refusal {
  code: Code;
  detail: string;
}

function matches(participation: Participation, asked: RequestedParticipant): boolean {
  if (asked.id !== undefined) return participation.userId === asked.id;
  return participation.addresses.some((found) => isSameAddress(asked.address ?? '', found));
}

/** Whether somebody is in the conversation now: a live participation of that user or address. */
export function isIn(roster: Roster, asked: RequestedParticipant): boolean {
  return roster.participations.some((entry) => entry.live && matches(entry, asked));
}

/** How many seats are taken: live people. A user with two live participations is one person. */
export function countPeople(roster: Roster): number {
  const people = roster.participations.filter((entry) => entry.live && !entry.machine);
  return new Set(people.map((entry) => entry.userId ?? `participation ${entry.participationId}`))
    .size;
}

/**
 * Why a participant cannot be added to such a conversation at all, whoever it is; FACTS, "Roles
 * there": observers and supervisors need their own login on the live platform, a user is no
 * customer, and contract G knows no addresses.
 */
export function refuseRole(
  contract: Contract,
  { id, address, role }: RequestedParticipant,
): Refusal | undefined {
  const refuse = (detail: string): Refusal => ({ code: 'ROLE_NOT_SUPPORTED', detail });
  if (contract === 'generic') {
    return address === undefined
      ? undefined
      : refuse('This conversation takes users by id only, not outside parties by address.');
  }
  if (role === 'observer' || role === 'supervisor') {
    return refuse(
      `A service cannot add a user as ${role}: monitoring, coaching and barging in need that user's own login.`,
    );
  }
  if (role === 'customer' && id !== undefined) {
    return refuse('A user cannot be added as customer: give the outside party by address.');
  }
  return undefined;
}

/** Why a user cannot be added. A user who could not be looked up is not refused. */
export function refuseUser(facts: UserFacts | undefined): Refusal | undefined {
  switch (facts?.state) {
    case 'unknown':
      return { code: 'UNKNOWN_USER', detail: 'Genesys Cloud does not know this user.' };
    case 'deleted':
      return { code: 'UNKNOWN_USER', detail: 'This user was deleted in Genesys Cloud.' };
    case 'inactive':
      return { code: 'INACTIVE_USER', detail: 'This user is inactive in Genesys Cloud.' };
    default:
      return undefined;
  }
}

/** Availability is advice, never a gate: it warns. Outside parties have no presence. */
export function presenceWarning(
  asked: RequestedParticipant,
  facts: UserFacts | undefined,
): Warning | undefined {
  if (asked.id === undefined) return undefined;
  if (facts?.presence === 'offline') return 'OFFLINE';
  return facts?.presence === 'reachable' ? undefined : 'PRESENCE_UNKNOWN';
}

/** Capacity is all or nothing (contract 4): the refusal if `missing` more people do not all fit. */
export function refuseCapacity(
  roster: Roster,
  missing: number,
  requested: number,
): Refusal | undefined {
  const present = countPeople(roster);
  if (present + missing <= roster.limit) return undefined;
  return {
    code: 'CAPACITY_EXCEEDED',
    detail: `${present} present, ${missing} to be added (${requested} requested), limit ${roster.limit}: they do not all fit, so none of them was added.`,
  };
}

/**
 * Who of `asked` came in between two looks at a conversation, by position. Somebody who is listed
 * with a new participation was rung, even if that participation has ended already: posting again
 * would ring them twice. The platform may list an outside party under an address that cannot be
 * recognised; as many of those are taken to have come as there are new outside parties.
 */
export function arrivedSince(
  before: Roster,
  after: Roster,
  asked: readonly RequestedParticipant[],
): boolean[] {
  const known = new Set(before.participations.map((entry) => entry.participationId));
  const fresh = after.participations.filter((entry) => !known.has(entry.participationId));
  const claimed = new Set<Participation>();
  const arrived = asked.map((participant) => {
    const entry = fresh.find((candidate) => matches(candidate, participant));
    if (entry) claimed.add(entry);
    return entry !== undefined || isIn(after, participant);
  });
  let strangers = fresh.filter(
    (entry) => !claimed.has(entry) && entry.userId === undefined && !entry.machine,
  ).length;
  return arrived.map((here, position) => {
    if (here || asked[position]?.address === undefined || strangers === 0) return here;
    strangers -= 1;
    return true;
  });
}

/** Positions of `asked` with somebody named twice left out: nobody is rung for each mention. */
export function firstMentions(asked: readonly RequestedParticipant[]): number[] {
  const seen: RequestedParticipant[] = [];
  return asked.flatMap((participant, position) => {
    const again = seen.some(
      (other) =>
        (participant.id !== undefined && other.id === participant.id) ||
        (participant.address !== undefined &&
          other.address !== undefined &&
          isSameAddress(participant.address, other.address)),
    );
    if (again) return [];
    seen.push(participant);
    return [position];
  });
}
