import type { RequestedParticipant } from '../../domain/participant.ts';
import type { Contract, UserDirectory, UserFacts } from '../../domain/roster.ts';
import type { CallBudget } from '../api/call-budget.ts';
import type { GenesysClient } from '../api/genesys-client.ts';
import { GenesysError } from '../api/genesys-error.ts';
import { type IdStyle, readUser, readUsersInBulk } from './read-users.ts';

const NO_USERS: UserDirectory = new Map();

/**
 * Looks up users: in bulk if the host supports it, else one by one. The lookup is advisory: users whose
 * lookup fails are missing in the directory and are added anyway.
 */
export interface UserLookup {
  /** One call for all. `undefined`: each has to be looked up singly. */
  inBulk(
    asked: readonly RequestedParticipant[],
    budget: CallBudget,
  ): Promise<UserDirectory | undefined>;
  /** One call a user. */
  singly(
    asked: readonly RequestedParticipant[],
    contract: Contract,
    budget: CallBudget,
  ): Promise<UserDirectory>;
}

export function createUserLookup(client: GenesysClient): UserLookup {
  /** Hosts of the generic contract may lack the bulk operation. It is then not called again. */
  let bulkIsMissing = false;
  let idStyle: IdStyle = 'commas';

  async function inBulk(ids: readonly string[], budget: CallBudget) {
    const users = await readUsersInBulk(client, ids, idStyle, budget);
    if (!users || ids.length < 2 || idStyle === 'repeated' || anyKnown(users)) return users;
    // None of several ids was found: they were probably read as one long id.
    const again = await readUsersInBulk(client, ids, 'repeated', budget);
    if (again && anyKnown(again)) idStyle = 'repeated';
    return again;
  }

  return {
    async inBulk(asked, budget) {
      const ids = userIds(asked);
      if (ids.length === 0) return NO_USERS;
      if (bulkIsMissing) return undefined;
      return adviceOf(() => inBulk(ids, budget), NO_USERS);
    },

    async singly(asked, contract, budget) {
      const found = await Promise.all(
        userIds(asked).map(async (id) => {
          const facts = await adviceOf<UserFacts | undefined>(
            () => readUser(client, contract, id, budget),
            undefined,
          );
          return [id, facts] as const;
        }),
      );
      const users = new Map(found.flatMap(([id, facts]) => (facts ? [[id, facts]] : [])));
      // A 404 to the bulk call may also have meant one unknown id; if all are known, it did not.
      const allKnown = [...users.values()].every(({ state }) => state !== 'unknown');
      if (contract === 'generic' && allKnown && users.size > 0) bulkIsMissing = true;
      return users;
    },
  };
}

function anyKnown(users: UserDirectory): boolean {
  return [...users.values()].some(({ state }) => state !== 'unknown');
}

function userIds(asked: readonly RequestedParticipant[]): string[] {
  return [...new Set(asked.flatMap(({ id }) => id ?? []))];
}

/** Errors that affect every call (budget, token, time) are not swallowed. */
async function adviceOf<T>(lookUp: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await lookUp();
  } catch (error) {
    if (!(error instanceof GenesysError)) throw error;
    if (error.code === 'RATE_LIMITED' || error.code === 'INVALID_CREDENTIALS') throw error;
    return otherwise;
  }
}
