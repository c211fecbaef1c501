import type { RequestedParticipant } from '../../domain/participant.ts';
import type { CallBudget } from '../api/call-budget.ts';
import type { GenesysClient } from '../api/genesys-client.ts';
import { type ConversationView, viewConversation } from './conversation-document.ts';

/** The body of the platform's add: the part of a `Conversation` that the operation reads. */
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
 * Adds people to a call on behalf of a user who is in it. This is the only add operation of the live
 * platform that accepts a service's token (docs/genesys.md). A success means that it rings.
 * @returns who is in now, if the response says so
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
  const response = await client.post('add', path, addToCallBody(missing), budget);
  try {
    return viewConversation(response, 0);
  } catch {
    // If the response does not say who is in, the caller reads the conversation again.
    return undefined;
  }
}
