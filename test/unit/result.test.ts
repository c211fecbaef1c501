import { describe, expect, test } from '@jest/globals';
import { auditEvent, type ParticipantResult } from '../../lib/domain/audit-event.ts';
import { Ledger } from '../../lib/domain/ledger.ts';
import { buildResult, type Verdict } from '../../lib/domain/result.ts';

const added: ParticipantResult = { id: 'a', role: 'agent', outcome: 'ADDED' };
const present: ParticipantResult = { id: 'b', role: 'agent', outcome: 'ALREADY_PRESENT' };
const rejected: ParticipantResult = {
  address: '+1555',
  role: 'customer',
  outcome: 'REJECTED',
  code: 'GENESYS_REJECTED',
  detail: 'The line is dead.',
};
const expired: Verdict = { code: 'DEADLINE_EXCEEDED', detail: 'Too late.' };
const cancelled: Verdict = { code: 'CANCELLED', detail: 'By the caller.' };

const build = (participants: ParticipantResult[], verdict?: Verdict) =>
  buildResult({
    requestId: 'r',
    correlationId: 'c',
    conversationId: 'v',
    requestedBy: 'me',
    participants,
    verdict,
    requestedAtMs: 1_000,
    startedAtMs: 1_250,
    nowMs: 1_650,
    attempts: 2,
    genesysCalls: 3,
    genesysCorrelationIds: ['x'],
  });

describe('a result', () => {
  test.each([
    [[added, present], undefined, 'SUCCESS', 'participant_added'],
    [[added, rejected], undefined, 'PARTIAL', 'participant_added'],
    [[rejected], undefined, 'FAILED', 'participant_add_failed'],
    [[rejected], expired, 'EXPIRED', 'participant_add_failed'],
    [[added, rejected], expired, 'PARTIAL', 'participant_added'],
    [[rejected], cancelled, 'CANCELLED', 'participant_add_failed'],
    [[], { code: 'INVALID_MESSAGE', detail: '?' } as Verdict, 'FAILED', 'participant_add_failed'],
  ])('of %j with verdict %j is %s', (participants, verdict, status, event) => {
    const result = build(participants, verdict);
    expect(result).toMatchObject({ event, audit: { status } });
    expect(auditEvent.safeParse(result).success).toBe(true);
    expect(result.audit.error === undefined).toBe(status === 'SUCCESS');
  });

  test('tells the times apart: queued, carried out, and when it was over', () => {
    expect(build([added]).audit).toMatchObject({
      queued_ms: 250,
      latency_ms: 400,
      timestamp: '1970-01-01T00:00:01.650Z',
      attempts: 2,
      genesys_calls: 3,
      genesys_correlation_ids: ['x'],
    });
  });

  test('names the role, or says that there are several', () => {
    expect(build([added, present]).audit.role).toBe('agent');
    expect(build([added, rejected]).audit.role).toBe('mixed');
  });

  test('says why, and how many are concerned', () => {
    expect(build([added, rejected, { ...rejected, address: '+1556' }]).audit).toMatchObject({
      code: 'GENESYS_REJECTED',
      error: '2 of 3 not added: The line is dead.',
      participant_ids: ['a', '+1555', '+1556'],
    });
  });
});

describe('the ledger', () => {
  test('gives a warning to who was added, and to nobody else', () => {
    const ledger = new Ledger([
      { id: 'a', role: 'agent' },
      { id: 'b', role: 'agent' },
    ]);
    ledger.warn(0, 'OFFLINE');
    ledger.warn(1, 'OFFLINE');
    ledger.settle(0, 'ADDED');
    ledger.settle(1, 'ALREADY_PRESENT');
    expect(ledger.results(undefined).map(({ warning }) => warning)).toEqual(['OFFLINE', undefined]);
  });

  test('says of the undecided that nobody tried, and why', () => {
    const ledger = new Ledger([{ id: 'a', role: 'agent' }]);
    expect(ledger.results(expired)).toEqual([
      { id: 'a', role: 'agent', outcome: 'NOT_ATTEMPTED', ...expired },
    ]);
  });

  test('lets a second mention fare as the first, in its own role', () => {
    const ledger = new Ledger([
      { id: 'a', role: 'agent' },
      { id: 'a', role: 'observer' },
    ]);
    expect(ledger.positions()).toEqual([0]);
    ledger.settle(0, 'ADDED');
    expect(ledger.results(undefined)).toEqual([
      { id: 'a', role: 'agent', outcome: 'ADDED' },
      { id: 'a', role: 'observer', outcome: 'ADDED' },
    ]);
  });
});
