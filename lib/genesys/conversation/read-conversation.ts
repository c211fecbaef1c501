import type { Roster } from '../../domain/roster.ts';
import type { CallBudget } from '../api/call-budget.ts';
import type { GenesysClient } from '../api/genesys-client.ts';
import {
  type ConversationView,
  readConversationDocument,
  viewConversation,
} from './conversation-document.ts';

/**
 * Reads who is in a conversation, also in one that is over.
 * @param patienceMs no retry starts later than this after the first attempt
 * @throws AdderError `CONVERSATION_NOT_FOUND` and what GenesysClient.read throws
 */
export async function lookAtConversation(
  client: Pick<GenesysClient, 'read'>,
  conversationId: string,
  defaultLimit: number,
  budget: CallBudget,
  patienceMs?: number,
): Promise<ConversationView> {
  const document = await readDocument(client, conversationId, budget, patienceMs);
  return viewConversation(document, defaultLimit);
}

/**
 * Reads who is in a conversation that people can be added to.
 * @throws AdderError `CONVERSATION_NOT_FOUND`, `CONVERSATION_ENDED`, `MEDIA_NOT_SUPPORTED` and what
 * GenesysClient.read throws
 */
export async function readConversation(
  client: Pick<GenesysClient, 'read'>,
  conversationId: string,
  defaultLimit: number,
  budget: CallBudget,
): Promise<Roster> {
  return readConversationDocument(await readDocument(client, conversationId, budget), defaultLimit);
}

function readDocument(
  client: Pick<GenesysClient, 'read'>,
  conversationId: string,
  budget: CallBudget,
  patienceMs?: number,
) {
  const path = `/api/v2/conversations/${encodeURIComponent(conversationId)}`;
  return client.read('read-conversation', path, budget, patienceMs);
}
