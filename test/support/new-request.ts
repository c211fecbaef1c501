import type { NewRequest } from '../../lib/domain/record-transitions.ts';

export const REQUESTED_AT_MS = Date.parse('2026-11-22T15:00:00Z');

/** A request for two users within ten minutes. */
export function newRequest(fields: Partial<NewRequest> = {}): NewRequest {
  return {
    requestId: '5e8f0d6b-55a7-4c1f-9d27-7c0d1f1f0a01',
    origin: 'api',
    conversationId: 'c0000000-0000-4000-8000-000000000001',
    participants: [
      { id: 'a0000000-0000-4000-8000-000000000001', role: 'agent' },
      { id: 'a0000000-0000-4000-8000-000000000002', role: 'agent' },
    ],
    requestedBy: 'arn:aws:iam::123456789012:user/caller',
    callerId: 'caller',
    correlationId: 'correlation-1',
    digest: 'd'.repeat(64),
    dryRun: false,
    onlyIfReachable: false,
    requestedAtMs: REQUESTED_AT_MS,
    deadlineMs: REQUESTED_AT_MS + 600_000,
    ...fields,
  };
}
