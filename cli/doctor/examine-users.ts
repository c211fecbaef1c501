import type { AdderError } from '../../lib/domain/adder-error.ts';
import { CODES } from '../../lib/domain/codes.ts';
import { type Contract, presenceWarning, type UserFacts } from '../../lib/domain/roster.ts';
import type { CallBudget } from '../../lib/genesys/api/call-budget.ts';
import type { GenesysClient } from '../../lib/genesys/api/genesys-client.ts';
import { readUser, readUsersInBulk } from '../../lib/genesys/users/read-users.ts';
import { failed } from './failed.ts';
import type { Finding } from './finding.ts';
import { UNKNOWN_ID } from './unknown-id.ts';

/** The check of whether users can be read. */
export const READ_USERS = 'read users';
const USER = 'user';

/** Looks the user up, or one who does not exist: either shows whether reading is permitted. */
export async function examineUsers(
  client: GenesysClient,
  contract: Contract,
  session: CallBudget,
  { userId }: { userId?: string },
): Promise<Finding[]> {
  const id = userId ?? UNKNOWN_ID;
  try {
    const inBulk = await readUsersInBulk(client, [id], 'commas', session);
    const facts = inBulk?.get(id) ?? (await readUser(client, contract, id, session));
    const how = inBulk ? 'in bulk' : 'one by one';
    return [
      { check: READ_USERS, outcome: 'passed', detail: `users are looked up ${how}` },
      ...(userId === undefined ? [] : [describeUser(facts)]),
    ];
  } catch (error) {
    const finding = failed(READ_USERS, error);
    if ((error as AdderError).code !== 'FORBIDDEN') return [finding];
    return [
      {
        ...finding,
        toDo: 'Give the OAuth client a role with directory:user:view (generic contract: user:read). Without it people are added anyway, each with the warning PRESENCE_UNKNOWN.',
      },
    ];
  }
}

function describeUser(facts: UserFacts): Finding {
  const { state } = facts;
  if (state !== 'active') {
    const code = state === 'inactive' ? 'INACTIVE_USER' : 'UNKNOWN_USER';
    return { check: USER, outcome: 'failed', detail: CODES[code].cause, toDo: CODES[code].remedy };
  }
  const warning = presenceWarning({ id: '', role: 'agent' }, facts);
  const reachable = 'active and reachable';
  return {
    check: USER,
    outcome: 'passed',
    detail:
      warning === undefined ? reachable : `active; would be added with the warning ${warning}`,
  };
}
