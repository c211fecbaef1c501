import { badRequest, GenesysError, invalidQueryValue, notFound } from '../genesys-error.ts';
import type { Operation, OperationCall } from '../operation.ts';
import type { User } from '../organisation.ts';
import { readExpand } from '../read-expand.ts';
import { toUser } from '../to-conversation.ts';

const STATES = ['active', 'inactive', 'deleted', 'any'];
const MAX_IDS = 100;
/** Assumed: the vendor's description names a default (25) but no maximum. */
const MAX_PAGE_SIZE = 500;

/**
 * `GET /api/v2/users`: the users of a page, or those named by `id`. Page size and `state` also apply to
 * a list of ids.
 */
export const listUsers: Operation = {
  method: 'GET',
  path: '/api/v2/users',
  carryOut(call) {
    const { organisation, behaviour, query } = call;
    if (!behaviour.genericBulkUsers) throw notFound();
    const pageSize = readNumber(call, 'pageSize', 25, MAX_PAGE_SIZE);
    const pageNumber = readNumber(call, 'pageNumber', 1, 1_000_000);
    const expand = readExpand(query);
    const state = query.get('state') ?? 'active';
    if (!STATES.includes(state)) throw invalidQueryValue(state, 'state', STATES.join(', '));
    const ids = readIds(query);
    if (ids.length > 0 && query.has('jabberId')) {
      throw badRequest('id and jabberId cannot be used together.');
    }
    if (ids.length > MAX_IDS) {
      throw new GenesysError(
        400,
        'max.user.ids',
        `Only ${MAX_IDS} users can be requested at a time.`,
      );
    }
    const asked =
      ids.length > 0 ? ids.map((id) => organisation.user(id)) : [...organisation.users.values()];
    if (behaviour.unknownUsersInBulk === 'not-found' && asked.includes(undefined)) {
      throw new GenesysError(
        404,
        'general.resource.not.found',
        'The requested user(s) could not be found.',
      );
    }
    const found = asked.filter(
      (user): user is User => user !== undefined && (state === 'any' || user.state === state),
    );
    const first = (pageNumber - 1) * pageSize;
    const pageCount = Math.ceil(found.length / pageSize);
    const uri = (page: number) => `/api/v2/users?pageSize=${pageSize}&pageNumber=${page}`;
    return {
      status: 200,
      body: {
        entities: found.slice(first, first + pageSize).map((user) => toUser(user, expand)),
        pageSize,
        pageNumber,
        total: found.length,
        firstUri: uri(1),
        selfUri: uri(pageNumber),
        ...(pageNumber < pageCount ? { nextUri: uri(pageNumber + 1) } : {}),
        ...(pageNumber > 1 ? { previousUri: uri(pageNumber - 1) } : {}),
        lastUri: uri(Math.max(pageCount, 1)),
        pageCount,
      },
    };
  },
};

/** Reads repeated parameters and comma-separated lists. Duplicates are removed. */
function readIds(query: URLSearchParams): string[] {
  const ids = query.getAll('id').flatMap((list) => list.split(','));
  return [...new Set(ids.map((id) => id.trim().toLowerCase()).filter((id) => id !== ''))];
}

function readNumber({ query }: OperationCall, name: string, fallback: number, max: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw invalidQueryValue(text, name, `1 to ${max}`);
  }
  return value;
}
