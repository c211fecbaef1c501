/** A request as its queue message has it. */
export interface RequestedBody {
  requestId?: string;
  conversationId: string;
  participants: { id?: string; address?: string }[];
  deadline?: string;
}

/** A message's body, where it is a request. */
export function parseRequest(body: string): RequestedBody | undefined {
  const parsed = JSON.parse(body);
  return Array.isArray(parsed.participants) ? parsed : undefined;
}

/** The id of the request that a message is, or is the result of. */
export function requestIdOf(message: { body: string; messageId: string }): string {
  const { requestId, audit } = JSON.parse(message.body);
  return requestId ?? audit?.request_id ?? message.messageId;
}
