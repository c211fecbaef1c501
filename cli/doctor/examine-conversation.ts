import { AdderError } from '../../lib/domain/adder-error.ts';
import { CODES } from '../../lib/domain/codes.ts';
import { countPeople, type Roster } from '../../lib/domain/roster.ts';
import type { CallBudget } from '../../lib/genesys/api/call-budget.ts';
import type { GenesysClient } from '../../lib/genesys/api/genesys-client.ts';
import { readConversation } from '../../lib/genesys/conversation/read-conversation.ts';
import { describeParticipants } from './describe-participants.ts';
import { failed } from './failed.ts';
import type { Finding } from './finding.ts';
import type { Settings } from './read-settings.ts';
import { UNKNOWN_ID } from './unknown-id.ts';

/** The check of whether conversations can be read. */
export const READ_CONVERSATIONS = 'read conversations';
const CONVERSATION = 'conversation';

/** Reads the conversation, or one that does not exist: either shows whether reading is permitted. */
export async function examineConversation(
  { settings }: { settings: Settings },
  client: GenesysClient,
  session: CallBudget,
  { conversationId }: { conversationId?: string },
): Promise<{ findings: Finding[]; roster?: Roster }> {
  const allowed = (detail: string): Finding => ({
    check: READ_CONVERSATIONS,
    outcome: 'passed',
    detail,
  });
  try {
    const roster = await readConversation(
      client,
      conversationId ?? UNKNOWN_ID,
      settings.config.MAX_PARTICIPANTS,
      session,
    );
    const found = [describeConversation(roster), ...describeParticipants(roster)];
    return { roster, findings: [allowed('the conversation was read'), ...found] };
  } catch (error) {
    const code = error instanceof AdderError ? error.code : undefined;
    const absent = code === 'CONVERSATION_NOT_FOUND';
    if (absent && conversationId === undefined) {
      return { findings: [allowed('a conversation that does not exist is not found')] };
    }
    if (absent || code === 'CONVERSATION_ENDED' || code === 'MEDIA_NOT_SUPPORTED') {
      return { findings: [allowed('it was looked up'), failed(CONVERSATION, error)] };
    }
    return { findings: [failed(READ_CONVERSATIONS, error)] };
  }
}

function describeConversation(roster: Roster): Finding {
  const people = `${countPeople(roster)} of at most ${roster.limit} people in it`;
  if (roster.contract === 'generic') {
    return {
      check: CONVERSATION,
      outcome: 'passed',
      detail: `of the generic endpoint, with ${people}`,
    };
  }
  const [actingUser] = roster.actingUserIds;
  if (actingUser === undefined) {
    return {
      check: CONVERSATION,
      outcome: 'failed',
      detail: `a call with ${people}, none of them a Genesys Cloud user`,
      toDo: CODES.NO_ACTING_USER.remedy,
    };
  }
  return {
    check: CONVERSATION,
    outcome: 'passed',
    detail: `a call with ${people}; people are added on behalf of user ${actingUser}`,
  };
}
