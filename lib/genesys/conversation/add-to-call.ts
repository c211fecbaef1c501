import type { RequestedParticipant } from '../../domain/participant.ts';
import type { CallBudget } from '../api/call-budget.ts';
import type { GenesysClient } from '../api/genesys-client.ts';
import { type ConversationView, viewConversation } from './conversation-document.ts';

/** Contract P's body: the part of a `Conversation` that the operation reads (FACTS, contract P). */
export interface AddToCallBody {
  participants: ({ userId: string } | { address: string })[];
}

export function addToCallBody(missing: readonly RequestedParticipant[]): AddToCallBody {
  return {
    participants: missing.map(({ id, address }) =>
      id === undefined ? { address: address ?? '' } : { userId: id },
    ),
  };
}

/**
 * Adds people to a call on behalf of a user who is in it: the only add operation of the live
 * platform that takes a service's token (FACTS, contract P). A success means that it rings.
 * @returns who is in now, where the answer tells
 * @throws what GenesysClient.post throws
 */
export async function addToCall(
  client: GenesysClient,
  conversationId: string,
  actingUserId: string,
  missing: readonly RequestedParticipant[],
  budget: CallBudget,
): Promise<ConversationView | undefined> {
  const path = `/api/v2/conversations/calls/${encodeURIComponent(conversationId)}/participants/user/${encodeURIComponent(actingUserId)}`;
  const answer = await client.post('add', path, addToCallBody(missing), budget);
  try {
    return viewConversation(answer, 0);
  } catch {
    // An answer that does not tell who is in is as good as none: the caller reads again.
    return undefined;
  }
}
