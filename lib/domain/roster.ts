import { isSameAddress } from './address.ts';
import type { Warning } from './audit-event.ts';
import type { Code } from './codes.ts';
import { parseAddress } from './parse-address.ts';
import type { RequestedParticipant } from './participant.ts';

/**
 * The two contracts: the call operation of the live platform, and the generic participants endpoint
 * (docs/genesys.md).
 */
export type Contract = 'platform' | 'generic';

/** One entry of a conversation's participant list: a party that is, or was, in it. */
export interface Participation {
  /** The participation's own id: a user who left and came back has two. */
  participationId: string;
  userId?: string;
  /** How the platform writes the addresses of this party. */
  addresses: string[];
  /** Has a live medium of any kind, ringing included. */
  live: boolean;
  /** Has ended: has an end time, or all its media are disconnected. */
  ended: boolean;
  /**
   * Takes part in the call now, ringing included: a person with live voice who does not monitor or coach
   * and is not the private target of a consult. In the generic contract: listed.
   */
  inConference: boolean;
  /** An IVR, a flow, a voicemail box or the like: it takes no seat, even if it carries a user's id. */
  program: boolean;
  /**
   * Listed for something other than a place in the call: only monitors or coaches, is the private target of a
   * consult, or has other media only. Whether the party answered cannot be derived from it.
   */
  aside?: boolean;
  /** In lower case. */
  purpose?: string;
  /** Every role that its media have had, in lower case. */
  mediaRoles: string[];
  /** Of the most relevant call: `connected`, `alerting`, `dialing`, …, `disconnected`. */
  state?: string;
  /** Milliseconds since the epoch, as the platform reports them. */
  startedAtMs?: number;
  /** The call was answered. */
  connectedAtMs?: number;
  /** Why the call ended, as the platform writes it. */
  disconnectType?: string;
}

/** A conversation, reduced to what the decisions need. */
export interface Roster {
  contract: Contract;
  participations: Participation[];
  /** How many people fit. */
  limit: number;
  /** Users on whose behalf people can be added, best first. Platform contract only. */
  actingUserIds: string[];
}

/** What is known about a user. */
export interface UserFacts {
  state: 'active' | 'inactive' | 'deleted' | 'unknown';
  /** `busy`: in a presence in which the platform sends a direct call to voicemail. */
  presence: 'offline' | 'busy' | 'reachable' | 'unknown';
  outOfOffice?: boolean;
  /** Absent where it is not known. */
  hasStation?: boolean;
}

/** Facts by user id. A missing user could not be looked up. */
export type UserDirectory = ReadonlyMap<string, UserFacts>;

export interface Refusal {
  code: Code;
  detail: string;
}

/**
 * Whether an entry is the requested person. Addresses are compared only with parties that are not users,
 * because an agent's `address` can hold the caller's number.
 */
function matches(participation: Participation, asked: RequestedParticipant): boolean {
  const { userId, addresses } = participation;
  if (asked.id !== undefined) return userId === asked.id;
  const { address } = asked;
  if (address === undefined || userId !== undefined) return false;
  return addresses.some((found) => isSameAddress(address, found));
}

/** Whether a person is in the conversation now. */
export function isIn(roster: Roster, asked: RequestedParticipant): boolean {
  return roster.participations.some((entry) => entry.inConference && matches(entry, asked));
}

/** Whether a user is a full, live participant, so that people can be added on behalf of that user. */
export function isFitToAct(roster: Roster, userId: string): boolean {
  return isIn(roster, { id: userId.toLowerCase(), role: 'agent' });
}

/** How many seats are taken. A user with two live participations is one person. */
export function countPeople(roster: Roster): number {
  const people = roster.participations.filter(({ inConference }) => inConference);
  return new Set(people.map((entry) => entry.userId ?? `participation ${entry.participationId}`))
    .size;
}

/**
 * Why the contract does not support a participant: on the live platform observers and supervisors need
 * their own login and a user cannot be customer; the generic contract has no addresses
 * (docs/genesys.md).
 */
export function refuseRole(
  contract: Contract,
  { id, address, role }: RequestedParticipant,
): Refusal | undefined {
  const refuse = (detail: string): Refusal => ({ code: 'ROLE_NOT_SUPPORTED', detail });
  if (contract === 'generic') {
    return address === undefined
      ? undefined
      : refuse(
          'Only users (by id) can be added to this conversation, not outside parties (by address).',
        );
  }
  if (role === 'observer' || role === 'supervisor') {
    return refuse(
      `A service cannot add a user as ${role}: monitoring, coaching and barging in need that user's own login.`,
    );
  }
  if (role === 'customer' && id !== undefined) {
    return refuse('A user cannot be added as customer. Use the address of the outside party.');
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

/**
 * The warning for a person who is about to be added; of several the first in the order of WARNINGS.
 * Outside parties have no presence.
 */
export function presenceWarning(
  asked: RequestedParticipant,
  facts: UserFacts | undefined,
): Warning | undefined {
  if (asked.id === undefined) return undefined;
  if (facts?.presence === 'offline') return 'OFFLINE';
  if (facts?.outOfOffice) return 'OUT_OF_OFFICE';
  if (facts?.hasStation === false) return 'NO_STATION';
  if (facts?.presence === 'busy') return 'LIKELY_VOICEMAIL';
  return facts?.presence === 'reachable' ? undefined : 'PRESENCE_UNKNOWN';
}

const UNREACHABLE: Partial<Record<Warning, string>> = {
  OFFLINE: 'This user is offline.',
  OUT_OF_OFFICE: 'This user is out of office.',
  NO_STATION: 'This user has no station.',
  LIKELY_VOICEMAIL:
    'This user is in a presence in which the platform sends a direct call to voicemail.',
};

/** For `onlyIfReachable`: why a person is not rung. An unknown presence alone does not count. */
export function refuseUnreachable(
  asked: RequestedParticipant,
  facts: UserFacts | undefined,
): Refusal | undefined {
  const detail = UNREACHABLE[presenceWarning(asked, facts) ?? 'PRESENCE_UNKNOWN'];
  return detail === undefined ? undefined : { code: 'NOT_REACHABLE', detail };
}

/** Capacity is all or nothing: the refusal if `missing` more people do not all fit. */
export function refuseCapacity(
  roster: Roster,
  missing: number,
  requested: number,
): Refusal | undefined {
  const present = countPeople(roster);
  if (present + missing <= roster.limit) return undefined;
  return {
    code: 'CAPACITY_EXCEEDED',
    detail: `${present} present, ${missing} to be added (${requested} requested), limit ${roster.limit}: they do not all fit, so none was added.`,
  };
}

/** A voicemail box that does not say whose it is. */
export function isUnownedBox({ purpose, userId }: Participation): boolean {
  return purpose === 'voicemail' && userId === undefined;
}

/** Participations that a snapshot holds at most. */
const MAX_SNAPSHOT = 200;

/**
 * The ids of participations before an add, so that new ones can be recognised afterwards: those of the
 * requested people, including ended ones. If an outside party is requested, also every party that is not a
 * user, because the platform may list a new one under another address. If a user is requested, also every
 * voicemail box without an owner, because it may be the user's.
 */
export function snapshotFor(roster: Roster, asked: readonly RequestedParticipant[]): string[] {
  const strangers = asked.some(({ address }) => address !== undefined);
  const own = roster.participations.filter((entry) =>
    asked.some((participant) => matches(entry, participant)),
  );
  const others = roster.participations.filter(
    (entry) => strangers && entry.userId === undefined && !entry.program,
  );
  const boxes = asked.some(({ id }) => id !== undefined)
    ? roster.participations.filter(isUnownedBox)
    : [];
  const ids = [...own, ...boxes, ...others].map(({ participationId }) => participationId);
  return [...new Set(ids)].slice(0, MAX_SNAPSHOT);
}

/**
 * A person's participations that are not in the snapshot, places in the call first. If there are any, the person
 * was rung, even if they have ended or a voicemail box took the call.
 */
export function newParticipationsOf(
  snapshotIds: readonly string[],
  roster: Roster,
  participant: RequestedParticipant,
): Participation[] {
  const own = roster.participations.filter(
    (entry) =>
      !snapshotIds.includes(entry.participationId) &&
      (!entry.program || entry.purpose === 'voicemail') &&
      matches(entry, participant),
  );
  return own.toSorted((one, other) => Number(one.aside ?? false) - Number(other.aside ?? false));
}

/**
 * The new participations of each of `asked`, by position. The platform may list an outside party
 * under an address that cannot be recognised: as many of those are taken to have been rung as there
 * are new outside parties. One with another phone number belongs to another person. In the same way, a user
 * who is not listed is taken to have been rung if there is a new voicemail box without an owner: another add
 * would play the greeting into the call again.
 */
export function newParticipationsOfAll(
  snapshotIds: readonly string[],
  roster: Roster,
  asked: readonly RequestedParticipant[],
): Participation[][] {
  const recognised = asked.map((one) => newParticipationsOf(snapshotIds, roster, one));
  const claimed = new Set(recognised.flat());
  const strangers = roster.participations.filter(
    (entry) =>
      entry.userId === undefined &&
      !entry.program &&
      !claimed.has(entry) &&
      !snapshotIds.includes(entry.participationId),
  );
  const boxes = roster.participations.filter(
    (entry) =>
      isUnownedBox(entry) && !claimed.has(entry) && !snapshotIds.includes(entry.participationId),
  );
  return recognised.map((own, position) => {
    const address = asked[position]?.address;
    if (own.length > 0) return own;
    if (address === undefined) return boxes.splice(0, 1);
    const at = strangers.findIndex(
      ({ addresses }) => !isPhoneNumber(address) || !addresses.some(isPhoneNumber),
    );
    return at === -1 ? own : strangers.splice(at, 1);
  });
}

const isPhoneNumber = (address: string) => parseAddress(address).number?.isGlobal === true;

/** Positions of `asked` without repeated people, so that no person is rung twice. */
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
