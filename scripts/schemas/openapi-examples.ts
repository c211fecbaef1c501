import { PROBLEMS, type ProblemKind, problemType } from '../../lib/domain/problem.ts';
import type { JsonObject } from './json-schema.ts';

export const CONVERSATION = 'b0a7ca11-0000-4000-8000-000000000001';
export const CORRELATION_ID = 'order-2026-11-22/0815';
export const REQUEST_ID = '2f1d3b5a-7c90-4b1c-9c7e-6d3f0b0e7a55';

/** Example requests, and example responses to valid and invalid requests. */
export const OPENAPI_EXAMPLES = {
  requests: {
    users: {
      summary: 'Two users, within five minutes',
      value: {
        participants: [
          { id: 'a9e7c000-0000-4000-8000-000000000008', role: 'agent' },
          { id: 'a9e7c000-0000-4000-8000-000000000009' },
        ],
        deadlineSeconds: 300,
      },
    },
    customer: {
      summary: 'A user, and an outside party by telephone number',
      value: {
        participants: [
          { id: 'a9e7c000-0000-4000-8000-000000000008' },
          { address: '+15551230199', role: 'customer' },
        ],
      },
    },
  },
  request: {
    requestId: REQUEST_ID,
    conversationId: CONVERSATION,
    status: 'PARTIAL',
    requestedAt: '2026-11-22T15:29:40.000Z',
    requestedBy: 'arn:aws:sts::123456789012:assumed-role/routing-service/i-0a1b2c3d4e5f60718',
    deadline: '2026-11-22T15:34:40.000Z',
    correlationId: CORRELATION_ID,
    attempts: 1,
    dryRun: false,
    participants: [
      {
        id: 'a9e7c000-0000-4000-8000-000000000008',
        role: 'agent',
        outcome: 'ADDED',
        connection: 'CONNECTED',
        participantId: '7c5e0f52-1c57-4f0e-8a58-0a1c2d3e4f50',
      },
      {
        id: 'a9e7c000-0000-4000-8000-000000000009',
        role: 'agent',
        outcome: 'REJECTED',
        code: 'INACTIVE_USER',
        detail: 'The user is inactive.',
      },
    ],
    code: 'INACTIVE_USER',
    error: '1 of 2 not added: The user is inactive.',
    finishedAt: '2026-11-22T15:29:41.250Z',
    latencyMs: 850,
    delivery: {
      status: 'DELIVERED',
      attempts: 1,
      lastStatus: 204,
      deliveredAt: '2026-11-22T15:29:41.600Z',
    },
  },
  event: {
    event: 'participant_added',
    source: 'genesys-automated-adder',
    audit: {
      timestamp: '2026-11-22T15:29:41.250Z',
      conversation_id: CONVERSATION,
      participant_ids: ['a9e7c000-0000-4000-8000-000000000008'],
      role: 'agent',
      latency_ms: 850,
      status: 'SUCCESS',
      request_id: REQUEST_ID,
      correlation_id: CORRELATION_ID,
      requested_by: 'arn:aws:sts::123456789012:assumed-role/routing-service/i-0a1b2c3d4e5f60718',
      participants: [
        {
          id: 'a9e7c000-0000-4000-8000-000000000008',
          role: 'agent',
          outcome: 'ADDED',
          participant_id: '7c5e0f52-1c57-4f0e-8a58-0a1c2d3e4f50',
        },
      ],
      queued_ms: 400,
      attempts: 1,
      genesys_calls: 3,
      genesys_correlation_ids: [],
    },
  },
  message: {
    version: 2,
    requestId: REQUEST_ID,
    conversationId: CONVERSATION,
    participants: [{ id: 'a9e7c000-0000-4000-8000-000000000008', role: 'agent' }],
    dryRun: false,
    onlyIfReachable: false,
    requestedAt: '2026-11-22T15:29:40Z',
    deadline: '2026-11-22T15:34:40Z',
    correlationId: CORRELATION_ID,
    requestedBy: 'crm',
  },
  accepted: {
    requestId: REQUEST_ID,
    conversationId: CONVERSATION,
    status: 'QUEUED',
    deadline: '2026-11-22T15:34:40.000Z',
  },
  problems: {
    'invalid-json': problem('invalid-json', 'The body could not be read as JSON in UTF-8.', [
      { pointer: '', detail: 'is not JSON (line 1 column 65)' },
    ]),
    'no-body': problem(
      'no-body',
      'The request has no body. Send a JSON object with participants.',
      [{ pointer: '', detail: 'is missing' }],
    ),
    'invalid-header': problem(
      'invalid-header',
      'The header Idempotency-Key must be at most 255 characters.',
      [
        {
          pointer: '',
          header: 'Idempotency-Key',
          detail: 'must be at most 255 characters',
        },
      ],
    ),
    'body-too-large': problem(
      'body-too-large',
      'The body has 2097152 bytes; at most 65536 are accepted.',
      [{ pointer: '', detail: 'must be at most 65536 bytes' }],
    ),
    'unsupported-media-type': problem(
      'unsupported-media-type',
      'The header Content-Type must be application/json or application/*+json.',
      [
        {
          pointer: '',
          header: 'Content-Type',
          detail: 'must be application/json or application/*+json',
        },
      ],
    ),
    'invalid-request': problem('invalid-request', '4 fields are invalid.', [
      {
        pointer: '/participants/1/role',
        detail: 'must be one of agent, customer, observer, supervisor',
      },
      {
        pointer: '/participants/0/id',
        detail: 'names the same participant as /participants/2/id; name each participant once',
      },
      {
        pointer: '/participants/2/id',
        detail: 'names the same participant as /participants/0/id; name each participant once',
      },
      {
        pointer: '/deadlineSeconds',
        detail: 'must be a whole number of seconds from 5 to 86400',
      },
    ]),
    'not-found': problem('not-found', 'The request does not exist, or its record has expired.'),
    'too-late': problem('too-late', 'The request has ended as SUCCESS.'),
    'invalid-parameter': problem(
      'invalid-parameter',
      'The query parameter limit must be a whole number from 1 to 100.',
      [{ pointer: '', parameter: 'limit', detail: 'must be a whole number from 1 to 100' }],
    ),
    'idempotency-key-reused': problem(
      'idempotency-key-reused',
      'This Idempotency-Key was used for a request with another conversation or body. Use a new key for a new request.',
      [{ pointer: '', header: 'Idempotency-Key', detail: 'was already used for another request' }],
    ),
    'quota-exceeded': problem(
      'quota-exceeded',
      "The caller's quota for this minute is used up. Retry after 17 seconds.",
    ),
    'table-unavailable': problem(
      'table-unavailable',
      'The request could not be recorded, or the response was lost. It may still be carried out. Retry after 5 seconds, with the same Idempotency-Key.',
    ),
    'internal-error': problem(
      'internal-error',
      'A defect in the service. Report it with the correlation id.',
    ),
    'queue-unavailable': problem(
      'queue-unavailable',
      'The request could not be queued, or the response was lost. It may still be carried out. Retry after 5 seconds, with the same Idempotency-Key.',
    ),
  },
};

function problem(kind: ProblemKind, detail: string, errors?: object[]): JsonObject {
  const { status, title } = PROBLEMS[kind];
  const instance = `urn:uuid:${REQUEST_ID}`;
  return {
    type: problemType(kind),
    title,
    status,
    detail,
    instance,
    ...(errors ? { errors } : {}),
  };
}
