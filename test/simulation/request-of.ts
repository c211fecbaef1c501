/** The id of the request that a message is, or is the result of. */
export function requestIdOf(message: { body: string; messageId: string }): string {
  const { requestId, audit } = JSON.parse(message.body);
  return requestId ?? audit?.request_id ?? message.messageId;
}
