import { badRequest, GenesysError, missingPermission, notFound } from '../genesys-error.ts';
import { isObject, type Operation, type OperationCall, param, readJson } from '../operation.ts';
import { livePeople, whoIs } from '../organisation.ts';

const ROLES = ['agent', 'customer', 'observer', 'supervisor'];

/**
 * `POST /api/v2/conversations/{conversationId}/participants`, the generic endpoint. The live platform
 * does not have it: 404 for its conversations. Adds all participants or none.
 */
export const addParticipants: Operation = {
  method: 'POST',
  path: '/api/v2/conversations/{conversationId}/participants',
  carryOut(call) {
    const { organisation, behaviour, nowMs } = call;
    const conversation = organisation.conversation(param(call, 'conversationId'));
    if (conversation?.contract !== 'generic') throw notFound();
    const permission = 'conversation:participants:add';
    if (!behaviour.permissions.has(permission)) throw missingPermission(permission);
    const wanted = readEntries(call);

    const present = new Set(livePeople(conversation, nowMs).map(whoIs));
    const already = wanted.filter(({ id }) => present.has(id));
    const twice = wanted.find(
      ({ id }, index) => wanted.findIndex((other) => other.id === id) < index,
    );
    if (already.length > 0 || twice) {
      const ids = already.length > 0 ? already.map(({ id }) => id).join(', ') : twice?.id;
      throw new GenesysError(409, 'request.conflict', `Already in the conversation: ${ids}`);
    }
    if (present.size + wanted.length > behaviour.defaultMaxParticipants) {
      throw unprocessable(
        `The conversation has ${present.size} of at most ${behaviour.defaultMaxParticipants} participants; ${wanted.length} more do not fit.`,
      );
    }
    const added = wanted.slice(0, call.onlyFirst).map(({ id, role }) => {
      const stay = organisation.ring(
        conversation.id,
        { userId: id, role, purpose: role, media: [], answeredAtMs: nowMs },
        nowMs,
      );
      return { id, role, joinedAt: new Date(stay.joinedAtMs).toISOString() };
    });
    return { status: behaviour.genericAddStatus, body: added };
  },
};

function readEntries(call: OperationCall): { id: string; role: string }[] {
  const body = readJson(call);
  if (!Array.isArray(body)) throw badRequest('The body must be an array of participants.');
  if (body.length === 0) throw unprocessable('The array is empty.');
  return body.map((entry: unknown) => {
    if (!isObject(entry)) throw unprocessable('An entry is not an object.');
    const { id, role, ...rest } = entry;
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined) throw unprocessable(`Unknown field ${unknown}`);
    const user = typeof id === 'string' ? call.organisation.user(id) : undefined;
    if (user?.state !== 'active') throw unprocessable(`There is no active user ${String(id)}`);
    if (typeof role !== 'string' || !ROLES.includes(role)) {
      throw unprocessable(`Unknown role ${String(role)}`);
    }
    return { id: user.id, role };
  });
}

/** The generic endpoint defines the status, 422. The code is the stand-in's own. */
const unprocessable = (detail: string) => new GenesysError(422, 'unprocessable.entity', detail);
