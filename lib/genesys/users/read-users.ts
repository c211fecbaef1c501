import { asArray, asObject, asString, type Fields } from '../../domain/json.ts';
import type { Contract, UserFacts } from '../../domain/roster.ts';
import type { CallBudget } from '../api/call-budget.ts';
import type { GenesysClient } from '../api/genesys-client.ts';
import { GenesysError } from '../api/genesys-error.ts';

/** Facts by user id in lower case. */
export type Users = Map<string, UserFacts>;

/** Presences in which the platform sends a direct call to voicemail (docs/genesys.md). */
const TO_VOICEMAIL = new Set(['busy', 'break', 'meal', 'meeting', 'training']);

const EXPANSIONS = 'presence,routingStatus,outOfOffice,station';

function toFacts(user: Fields): UserFacts {
  // The platform has active, inactive, deleted. The generic contract has no state: listed is active.
  const state = asString(user.state)?.toLowerCase();
  const presence = systemPresenceOf(user);
  const hasStation = hasStationOf(user.station);
  return {
    state: state === 'inactive' || state === 'deleted' ? state : 'active',
    presence: presenceOf(user, presence),
    outOfOffice: asObject(user.outOfOffice)?.active === true || presence === 'outofoffice',
    ...(hasStation === undefined ? {} : { hasStation }),
  };
}

/** The platform's presence in lower-case letters, such as `onqueue`. There only where expanded. */
function systemPresenceOf(user: Fields): string | undefined {
  const definition = asObject(asObject(user.presence)?.presenceDefinition);
  return asString(definition?.systemPresence)
    ?.toLowerCase()
    .replace(/[^a-z]/g, '');
}

function presenceOf(user: Fields, systemPresence: string | undefined): UserFacts['presence'] {
  // `status` is the generic contract's, which knows no voicemail.
  const presence = systemPresence ?? asString(user.status)?.toLowerCase();
  if (presence === undefined) return 'unknown';
  if (presence === 'offline') return 'offline';
  return TO_VOICEMAIL.has(systemPresence ?? '') ? 'busy' : 'reachable';
}

/** Whether there is a station to be rung at: the effective one, or one that it comes from. */
function hasStationOf(stations: unknown): boolean | undefined {
  const expanded = asObject(stations);
  if (!expanded) return undefined;
  const { effectiveStation, associatedStation, defaultStation } = expanded;
  return [effectiveStation, associatedStation, defaultStation].some(
    (station) => asObject(station)?.id !== undefined,
  );
}

/** The lookup is advisory, so it must not delay the add for long. */
const PATIENCE_MS = 10_000;

/** The bulk operation does not exist, or fails for unknown ids. */
const NO_BULK = new Set([404, 405, 501]);

/**
 * How ids are put into the query: `id=a,b`, or `id=a&id=b` as the vendor's description has it. The
 * live platform is believed to read both.
 */
export type IdStyle = 'commas' | 'repeated';

function bulkPath(userIds: readonly string[], style: IdStyle): string {
  const encoded = userIds.map(encodeURIComponent);
  const ids = style === 'commas' ? `id=${encoded.join(',')}` : `id=${encoded.join('&id=')}`;
  return `/api/v2/users?${ids}&expand=${EXPANSIONS}&pageSize=100&state=any`;
}

/** Calls for one list of users: the first, and more if a response lists only some. */
const MAX_BULK_CALLS = 5;

/**
 * Looks up to 100 users with one call. An id that the response does not list is unknown. If the response
 * says that there are more users, the missing ones are requested again, and those still missing are left
 * out. `undefined` if the operation does not exist or refuses the list because of one unknown id; then each
 * user has to be looked up singly.
 * @throws GenesysError and what GenesysClient.read throws
 */
export async function readUsersInBulk(
  client: GenesysClient,
  userIds: readonly string[],
  style: IdStyle,
  budget: CallBudget,
): Promise<Users | undefined> {
  const users: Users = new Map();
  let missing = [...userIds];
  for (let calls = 1; ; calls += 1) {
    const page = await readPage(client, missing, style, budget);
    if (!page) return calls === 1 ? undefined : users;
    for (const user of page.entities) {
      const id = asString(user.id)?.toLowerCase();
      if (id !== undefined && missing.includes(id)) users.set(id, toFacts(user));
    }
    const before = missing.length;
    missing = missing.filter((id) => !users.has(id));
    if (missing.length === 0) return users;
    if (!page.isPart) break;
    if (missing.length === before || calls === MAX_BULK_CALLS) return users;
  }
  for (const id of missing) users.set(id, { state: 'unknown', presence: 'unknown' });
  return users;
}

/** One bulk call. `undefined` if it does not exist or refuses the list. */
async function readPage(
  client: GenesysClient,
  userIds: readonly string[],
  style: IdStyle,
  budget: CallBudget,
): Promise<{ entities: Fields[]; isPart: boolean } | undefined> {
  try {
    const path = bulkPath(userIds, style);
    const document = await client.read('read-users', path, budget, PATIENCE_MS);
    const entities = asArray(document.entities);
    if (!entities) return undefined;
    const { total, pageCount } = document;
    const isPart = Number(pageCount) > 1 || Number(total) > entities.length;
    return { entities, isPart };
  } catch (error) {
    if (error instanceof GenesysError && NO_BULK.has(error.status ?? 0)) return undefined;
    throw error;
  }
}

/**
 * Looks up one user.
 * @throws GenesysError and what GenesysClient.read throws; a user who does not exist is not an error
 */
export async function readUser(
  client: GenesysClient,
  contract: Contract,
  userId: string,
  budget: CallBudget,
): Promise<UserFacts> {
  // The single read knows no `state=any`: it finds a deleted user only under `state=deleted`.
  const query = contract === 'platform' ? `?expand=${EXPANSIONS}` : '';
  try {
    const path = `/api/v2/users/${encodeURIComponent(userId)}${query}`;
    return toFacts(await client.read('read-user', path, budget, PATIENCE_MS));
  } catch (error) {
    if (error instanceof GenesysError && error.status === 404) {
      return { state: 'unknown', presence: 'unknown' };
    }
    throw error;
  }
}
