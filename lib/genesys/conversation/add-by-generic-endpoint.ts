import type { RequestedParticipant, Role } from '../../domain/participant.ts';
import type { CallBudget } from '../api/call-budget.ts';
import type { GenesysClient } from '../api/genesys-client.ts';

/** Contract G's body: a bare array (FACTS, contract G). */
export type GenericAddBody = { id: string; role: Role }[];

export function genericAddBody(missing: readonly RequestedParticipant[]): GenericAddBody {
  return missing.flatMap(({ id, role }) => (id === undefined ? [] : [{ id, role }]));
}

/**
 * Adds users to a conversation by contract G's endpoint, all or nobody.
 * @returns whether all are in as far as the answer tells. What the "participant metadata" of a
 * success look like is not documented, so only one thing is read from them: an answer that names
 * some of those asked for and not the others is not believed.
 * @throws what GenesysClient.post throws
 */
export async function addByGenericEndpoint(
  client: GenesysClient,
  conversationId: string,
  missing: readonly RequestedParticipant[],
  budget: CallBudget,
): Promise<boolean> {
  const path = `/api/v2/conversations/${encodeURIComponent(conversationId)}/participants`;
  const answer = await client.post('add', path, genericAddBody(missing), budget);
  const said = JSON.stringify(answer).toLowerCase();
  const named = missing.filter(({ id }) => id !== undefined && said.includes(id));
  return named.length === 0 || named.length === missing.length;
}
