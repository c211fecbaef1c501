import type { Roster } from '../../domain/roster.ts';
import type { CallBudget } from '../api/call-budget.ts';
import type { GenesysClient } from '../api/genesys-client.ts';
import { readConversationDocument } from './conversation-document.ts';

/**
 * Reads who is in a conversation.
 * @throws AdderError `CONVERSATION_NOT_FOUND`, `CONVERSATION_ENDED`, `MEDIA_NOT_SUPPORTED` and what
 * GenesysClient.read throws
 */
export async function readConversation(
  client: GenesysClient,
  conversationId: string,
  defaultLimit: number,
  budget: CallBudget,
): Promise<Roster> {
  const path = `/api/v2/conversations/${encodeURIComponent(conversationId)}`;
  return readConversationDocument(
    await client.read('read-conversation', path, budget),
    defaultLimit,
  );
}
