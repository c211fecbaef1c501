import { missingPermission, notFound } from '../genesys-error.ts';
import { type Operation, param } from '../operation.ts';
import { liveStays } from '../organisation.ts';
import { toConversation } from '../to-conversation.ts';

/** `GET /api/v2/conversations/{conversationId}`, as the live platform or the generic endpoint returns it. */
export const getConversation: Operation = {
  method: 'GET',
  path: '/api/v2/conversations/{conversationId}',
  carryOut(call) {
    const { organisation, behaviour, nowMs } = call;
    const conversation = organisation.conversation(param(call, 'conversationId'));
    const permission =
      conversation?.contract === 'generic'
        ? 'conversation:read'
        : 'conversation:communication:view';
    if (!behaviour.permissions.has(permission)) throw missingPermission(permission);
    if (!conversation) throw notFound();
    const viewMs = nowMs - behaviour.readLagMs;
    if (conversation.contract === 'platform') {
      return { status: 200, body: toConversation(conversation, viewMs) };
    }
    return {
      status: 200,
      body: {
        id: conversation.id,
        type: conversation.type,
        participants: liveStays(conversation, viewMs).map(({ userId }) => ({ id: userId })),
      },
    };
  },
};
