import type { RequestedParticipant, Role } from '../../domain/participant.ts';
import type { CallBudget } from '../api/call-budget.ts';
import type { GenesysClient } from '../api/genesys-client.ts';

/** The body of the generic endpoint: a bare array (docs/genesys.md). */
export type GenericAddBody = { id: string; role: Role }[];

export function genericAddBody(missing: readonly RequestedParticipant[]): GenericAddBody {
  return missing.flatMap(({ id, role }) => (id === undefined ? [] : [{ id, role }]));
}

/**
 * Adds users to a conversation with the generic endpoint, all or none.
 * @returns false if the response names some of the requested users and not the others. The "participant
 * metadata" of a success are not documented, so nothing else is read from them.
 * @throws what GenesysClient.post throws
 */
export async function addByGenericEndpoint(
  client: GenesysClient,
  conversationId: string,
  missing: readonly RequestedParticipant[],
  budget: CallBudget,
): Promise<boolean> {
  const path = `/api/v2/conversations/${encodeURIComponent(conversationId)}/participants`;
  const response = await client.post('add', path, genericAddBody(missing), budget);
  const text = JSON.stringify(response).toLowerCase();
  const named = missing.filter(({ id }) => id !== undefined && text.includes(id));
  return named.length === 0 || named.length === missing.length;
}
