import { randomUUID } from 'node:crypto';
import type { Conversation, Organisation } from '../local/genesys/organisation.ts';
import { FREE_USERS, sampleOrganisation } from '../local/genesys/sample-organisation.ts';

/** The two contracts of Genesys Cloud (docs/genesys.md), as the stand-in names them. */
export type Contract = Conversation['contract'];

/** Opens a conversation with two people in it. @returns its id */
export function openConversation(
  organisation: Organisation,
  contract: Contract,
  nowMs = Date.now(),
): string {
  const id = randomUUID();
  const [platform, generic] = sampleOrganisation(nowMs).conversations;
  organisation.addConversation({ ...(contract === 'platform' ? platform : generic), id });
  return id;
}

/** Users who are in no conversation. */
export function freeUsers(count: number): string[] {
  if (count > FREE_USERS.length) throw new Error(`there are only ${FREE_USERS.length} free users`);
  return FREE_USERS.slice(0, count);
}

/** API Gateway's event (payload format 2.0) for a request. */
export function httpEvent(conversationId: string, userIds: readonly string[]) {
  return {
    version: '2.0',
    routeKey: 'POST /conversations/{conversationId}/participants',
    rawPath: `/conversations/${conversationId}/participants`,
    headers: { 'content-type': 'application/json', host: 'bench' },
    pathParameters: { conversationId },
    requestContext: { http: { method: 'POST' }, requestId: randomUUID() },
    body: JSON.stringify({ participants: toParticipants(userIds) }),
    isBase64Encoded: false,
  };
}

/** The request queue's message for a request. */
export function requestMessage(conversationId: string, userIds: readonly string[]) {
  return {
    version: 2,
    requestId: randomUUID(),
    conversationId,
    participants: toParticipants(userIds),
    requestedAt: new Date().toISOString(),
  };
}

const toParticipants = (userIds: readonly string[]) => userIds.map((id) => ({ id, role: 'agent' }));

/** The event of an SQS event source, with the fields that the functions read. */
export function sqsEvent(messages: readonly object[]) {
  return {
    Records: messages.map((message) => ({
      messageId: randomUUID(),
      receiptHandle: randomUUID(),
      body: JSON.stringify(message),
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: String(Date.now()),
        ApproximateFirstReceiveTimestamp: String(Date.now()),
        MessageGroupId: (message as { conversationId?: string }).conversationId,
      },
      messageAttributes: {},
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:bench',
      awsRegion: 'us-east-1',
    })),
  };
}

/** A result as the adder sends it. */
export function auditEvent(userIds: readonly string[]) {
  return {
    event: 'participant_added',
    source: 'genesys-automated-adder',
    audit: {
      timestamp: new Date().toISOString(),
      conversation_id: randomUUID(),
      participant_ids: userIds,
      role: 'agent',
      latency_ms: 245,
      status: 'SUCCESS',
      request_id: randomUUID(),
      correlation_id: randomUUID(),
      requested_by: 'bench',
      participants: userIds.map((id) => ({ id, role: 'agent', outcome: 'ADDED' })),
      queued_ms: 31,
      attempts: 1,
      genesys_calls: 3,
      genesys_correlation_ids: [randomUUID(), randomUUID(), randomUUID()],
    },
  };
}
