import { asArray, asObject, asString, type Fields } from '../../domain/json.ts';
import type { Contract, UserFacts } from '../../domain/roster.ts';
import type { CallBudget } from '../api/call-budget.ts';
import type { GenesysClient } from '../api/genesys-client.ts';
import { GenesysError } from '../api/genesys-error.ts';

/** Facts by user id in lower case. */
export type Users = Map<string, UserFacts>;

function toFacts(user: Fields): UserFacts {
  // Contract P: active, inactive, deleted. Contract G has no state: whoever is there is active.
  const state = asString(user.state)?.toLowerCase();
  return {
    state: state === 'inactive' || state === 'deleted' ? state : 'active',
    presence: presenceOf(user),
  };
}

function presenceOf(user: Fields): UserFacts['presence'] {
  // Contract P, only where asked for by `expand`.
  const definition = asObject(asObject(user.presence)?.presenceDefinition);
  // `status` is contract G's.
  const presence = (asString(definition?.systemPresence) ?? asString(user.status))?.toLowerCase();
  if (presence === undefined) return 'unknown';
  return presence === 'offline' ? 'offline' : 'reachable';
}

/** Availability is advice: a lookup that hangs or fails must not hold up the adding for long. */
const PATIENCE_MS = 10_000;

/** The bulk operation is not there, or does not answer for ids that it does not know. */
const NO_BULK = new Set([404, 405, 501]);

/**
 * How ids are put into the query: `id=a,b` as FACTS has it, or `id=a&id=b` as the vendor's
 * description has it. The live platform is believed to read both.
 */
export type IdStyle = 'commas' | 'repeated';

function bulkPath(userIds: readonly string[], style: IdStyle): string {
  const encoded = userIds.map(encodeURIComponent);
  const ids = style === 'commas' ? `id=${encoded.join(',')}` : `id=${encoded.join('&id=')}`;
  return `/api/v2/users?${ids}&expand=presence,routingStatus&pageSize=100&state=any`;
}

/**
 * Looks up users by one call for up to 100 of them (FACTS, "Users"). An id that is not in the
 * answer is unknown. `undefined` where the operation is not there or refuses the whole list over
 * one unknown id: then each has to be asked for singly.
 * @throws GenesysError and what GenesysClient.read throws
 */
export async function readUsersInBulk(
  client: GenesysClient,
  userIds: readonly string[],
  style: IdStyle,
  budget: CallBudget,
): Promise<Users | undefined> {
  let document: Fields;
  try {
    const path = bulkPath(userIds, style);
    document = await client.read('read-users', path, budget, PATIENCE_MS);
  } catch (error) {
    if (error instanceof GenesysError && NO_BULK.has(error.status ?? 0)) return undefined;
    throw error;
  }
  const entities = asArray(document.entities);
  if (!entities) return undefined;
  const users: Users = new Map(
    userIds.map((id) => [id, { state: 'unknown', presence: 'unknown' }]),
  );
  for (const user of entities) {
    const id = asString(user.id)?.toLowerCase();
    if (id !== undefined && users.has(id)) users.set(id, toFacts(user));
  }
  return users;
}

/**
 * Looks up one user.
 * @throws GenesysError and what GenesysClient.read throws; a user who is not there is no error
 */
export async function readUser(
  client: GenesysClient,
  contract: Contract,
  userId: string,
  budget: CallBudget,
): Promise<UserFacts> {
  // The single read knows no `state=any`: it finds a deleted user only under `state=deleted`.
  const query = contract === 'platform' ? '?expand=presence,routingStatus' : '';
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
