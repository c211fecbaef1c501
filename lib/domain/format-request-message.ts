import type { AddRequest, RequestMessage } from './request-message.ts';

/** Writes the queue message of a request: what `parseRequestMessage` reads back as the same one. */
export function formatRequestMessage(request: AddRequest): string {
  return JSON.stringify({
    version: 1,
    requestId: request.requestId,
    conversationId: request.conversationId,
    participants: request.participants,
    requestedAt: new Date(request.requestedAtMs).toISOString(),
    deadline: new Date(request.deadlineMs).toISOString(),
    correlationId: request.correlationId,
    requestedBy: request.requestedBy,
  } satisfies RequestMessage);
}
