import { GenesysError } from '../genesys-error.ts';
import { type Operation, param } from '../operation.ts';
import { toCallConversation } from '../to-conversation.ts';

/** `GET /api/v2/conversations/calls/{conversationId}`: the conversation as the calls API shows it. */
export const getCallConversation: Operation = {
  method: 'GET',
  path: '/api/v2/conversations/calls/{conversationId}',
  carryOut(call) {
    const conversation = call.organisation.conversation(param(call, 'conversationId'));
    const isCall =
      conversation?.contract === 'platform' &&
      conversation.participations.some(({ media }) =>
        media.some(({ medium }) => medium === 'calls'),
      );
    if (!isCall) {
      throw new GenesysError(
        404,
        'conversation.error.conversation.not.found',
        'The conversation does not exist.',
      );
    }
    const viewMs = call.nowMs - call.behaviour.readLagMs;
    return { status: 200, body: toCallConversation(conversation, viewMs) };
  },
};
