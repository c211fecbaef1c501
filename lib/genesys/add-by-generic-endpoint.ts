import type { RequestedParticipant, Role } from '../domain/participant.ts';
import type { GenesysClient } from './genesys-client.ts';
import type { Session } from './session.ts';

/** Contract G's body: a bare array (FACTS, contract G). */
export type GenericAddBody = { id: string; role: Role }[];

export function genericAddBody(missing: readonly RequestedParticipant[]): GenericAddBody {
  return missing.flatMap(({ id, role }) => (id === undefined ? [] : [{ id, role }]));
}

/**
 * Adds users to a conversation by contract G's endpoint, all or nobody.
 * @throws what GenesysClient.post throws
 */
export async function addByGenericEndpoint(
  client: GenesysClient,
  conversationId: string,
  missing: readonly RequestedParticipant[],
  session: Session,
): Promise<void> {
  const path = `/api/v2/conversations/${encodeURIComponent(conversationId)}/participants`;
  await client.post('add', path, genericAddBody(missing), session);
}
