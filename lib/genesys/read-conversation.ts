import type { Roster } from '../domain/roster.ts';
import { readConversationDocument } from './conversation-document.ts';
import type { GenesysClient } from './genesys-client.ts';
import type { Session } from './session.ts';

/**
 * Reads who is in a conversation.
 * @throws AdderError `CONVERSATION_NOT_FOUND`, `CONVERSATION_ENDED`, `MEDIA_NOT_SUPPORTED` and what
 * GenesysClient.read throws
 */
export async function readConversation(
  client: GenesysClient,
  conversationId: string,
  defaultLimit: number,
  session: Session,
): Promise<Roster> {
  const path = `/api/v2/conversations/${encodeURIComponent(conversationId)}`;
  return readConversationDocument(
    await client.read('read-conversation', path, session),
    defaultLimit,
  );
}
