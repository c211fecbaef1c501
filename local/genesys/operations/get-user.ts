import { GenesysError, invalidQueryValue, missingPermission } from '../genesys-error.ts';
import { type Operation, param } from '../operation.ts';
import { readExpand } from '../read-expand.ts';
import { toUser } from '../to-conversation.ts';

const STATES = ['active', 'deleted'];

/**
 * `GET /api/v2/users/{userId}`. Finds inactive users too, and deleted ones only with `state=deleted`
 * (inferred: the vendor's description has only these two states).
 */
export const getUser: Operation = {
  method: 'GET',
  path: '/api/v2/users/{userId}',
  carryOut(call) {
    const { organisation, behaviour, query } = call;
    const user = organisation.user(param(call, 'userId'));
    if (!behaviour.genericBulkUsers) {
      if (!behaviour.permissions.has('user:read')) throw missingPermission('user:read');
      if (!user || user.state === 'deleted') throw unknownUser();
      return {
        status: 200,
        body: { id: user.id, ...(user.presence === undefined ? {} : { status: user.presence }) },
      };
    }
    const expand = readExpand(query);
    const state = query.get('state') ?? 'active';
    if (!STATES.includes(state)) throw invalidQueryValue(state, 'state', STATES.join(', '));
    if (!user || (user.state === 'deleted') !== (state === 'deleted')) throw unknownUser();
    return { status: 200, body: toUser(user, expand) };
  },
};

const unknownUser = () =>
  new GenesysError(404, 'general.resource.not.found', 'Unable to find a user with that userId');
