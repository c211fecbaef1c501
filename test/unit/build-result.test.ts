import { describe, expect, test } from '@jest/globals';
import { auditEvent } from '../../lib/domain/audit-event.ts';
import {
  buildResult,
  MAX_RESULT_BYTES,
  reduceResult,
  statusOf,
} from '../../lib/domain/build-result.ts';
import { concludeParticipants } from '../../lib/domain/conclude-participants.ts';
import type { RecordedParticipant } from '../../lib/domain/request-record.ts';
import { requestRecordOf, START_MS } from '../support/request-record-of.ts';

const added: RecordedParticipant = { id: 'a', role: 'agent', outcome: 'ADDED' };
const present: RecordedParticipant = { id: 'b', role: 'agent', outcome: 'ALREADY_PRESENT' };
const uncertain: RecordedParticipant = {
  id: 'c',
  role: 'agent',
  outcome: 'UNCERTAIN',
  code: 'OUTCOME_UNKNOWN',
};
const planned: RecordedParticipant = { id: 'd', role: 'agent', outcome: 'WOULD_BE_ADDED' };
const rejected: RecordedParticipant = {
  address: '+1555',
  role: 'customer',
  outcome: 'REJECTED',
  code: 'GENESYS_REJECTED',
  detail: 'The line is dead.',
};
const EXPIRED = { code: 'DEADLINE_EXCEEDED', detail: 'Too late.' } as const;
const CANCELLED = { code: 'CANCELLED', detail: 'By the caller.' } as const;

describe('the status of a result', () => {
  test.each([
    [[added, present], undefined, 'SUCCESS', 'participant_added'],
    [[added, rejected], undefined, 'PARTIAL', 'participant_added'],
    [[added, uncertain], EXPIRED, 'PARTIAL', 'participant_added'],
    [[uncertain], EXPIRED, 'EXPIRED', 'participant_add_failed'],
    [[uncertain], undefined, 'FAILED', 'participant_add_failed'],
    [[rejected], undefined, 'FAILED', 'participant_add_failed'],
    [[rejected], EXPIRED, 'EXPIRED', 'participant_add_failed'],
    [[rejected], CANCELLED, 'CANCELLED', 'participant_add_failed'],
  ])('of %j with verdict %j is %s', (participants, verdict, status, event) => {
    const result = buildResult({
      record: requestRecordOf({ participants }),
      verdict,
      nowMs: START_MS,
    });
    expect(result).toMatchObject({ event, audit: { status } });
    expect(auditEvent.safeParse(result).success).toBe(true);
    expect(result.audit.error === undefined).toBe(status === 'SUCCESS');
  });

  test.each([[[planned]], [[rejected]], [[planned, rejected]]])(
    'of a dry run goes out as participant_add_planned (%j)',
    (participants) => {
      const record = requestRecordOf({ participants, dryRun: true });
      expect(buildResult({ record, nowMs: START_MS }).event).toBe('participant_add_planned');
    },
  );
});

describe('a result', () => {
  test('tells queueing and carrying out apart', () => {
    const record = requestRecordOf({
      participants: [added],
      startedAtMs: START_MS + 250,
      receives: 2,
      genesysCalls: 3,
      genesysCorrelationIds: ['x'],
    });
    expect(buildResult({ record, nowMs: START_MS + 650 }).audit).toMatchObject({
      queued_ms: 250,
      latency_ms: 400,
      attempts: 2,
      genesys_calls: 3,
      genesys_correlation_ids: ['x'],
    });
  });

  test('adds a note when the outcome of the last add is unknown', () => {
    const record = requestRecordOf({ participants: [uncertain] });
    const { audit } = buildResult({ record, verdict: EXPIRED, nowMs: START_MS });
    expect(audit.error).toBe('Too late. The outcome of the last add is unknown.');
  });

  test('adds the note as a sentence of its own after a cause without a full stop', () => {
    const record = requestRecordOf({ participants: [uncertain] });
    const verdict = { ...EXPIRED, detail: 'no complete response within 10000 ms' };
    const { audit } = buildResult({ record, verdict, nowMs: START_MS });
    expect(audit.error).toBe(
      'no complete response within 10000 ms. The outcome of the last add is unknown.',
    );
  });

  test.each([
    ['long', 'x'.repeat(100_000)],
    ['long and escaped', '"\\'.repeat(50_000)],
    ['long and of four bytes a character', '😀'.repeat(50_000)],
    ['full of control characters', '\u0000\u0007\ud800\uffff'.repeat(20_000)],
  ])('fits into 64 KiB when the texts in it are %s', (_how, text) => {
    const record = requestRecordOf({
      participants: Array.from({ length: 20 }, (_, n) => ({
        address: `sip:${'a'.repeat(240)}${n}@h`,
        role: 'customer' as const,
        outcome: 'REJECTED' as const,
        code: 'GENESYS_REJECTED',
        detail: text,
      })),
      genesysCorrelationIds: Array<string>(50).fill(text),
      requestedBy: 'r'.repeat(2_048),
    });
    const result = buildResult({
      record,
      verdict: { code: 'GENESYS_REJECTED', detail: text },
      nowMs: START_MS,
    });
    const body = JSON.stringify(result);
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MAX_RESULT_BYTES);
    expect(body).not.toMatch(/\\u0000|\\u0007|\\ud800|\uffff/);
    expect(result.audit.participants).toHaveLength(20);
  });

  test('can be reduced to ids, outcomes and codes', () => {
    const record = requestRecordOf({
      participants: [added, rejected],
      genesysCorrelationIds: ['x'],
    });
    const { audit } = reduceResult(buildResult({ record, nowMs: START_MS }));
    expect(audit.participants).toEqual([
      { id: 'a', role: 'agent', outcome: 'ADDED' },
      { address: '+1555', role: 'customer', outcome: 'REJECTED', code: 'GENESYS_REJECTED' },
    ]);
    expect(audit.genesys_correlation_ids).toEqual([]);
  });
});

describe('the outcomes at the end', () => {
  const attempt = {
    run: 0,
    contract: 'platform' as const,
    positions: [0, 1],
    unresolved: [1],
    snapshot: [],
    startedAtMs: START_MS,
    fate: 'UNKNOWN' as const,
  };

  test('tell a person who may have been rung from one who was not', () => {
    const participants = [
      { id: 'a', role: 'agent' as const },
      { id: 'b', role: 'agent' as const },
    ];
    const concluded = concludeParticipants({ participants, adds: [attempt] }, EXPIRED);
    expect(concluded).toMatchObject([
      { outcome: 'NOT_ATTEMPTED', code: 'DEADLINE_EXCEEDED' },
      { outcome: 'UNCERTAIN', code: 'OUTCOME_UNKNOWN' },
    ]);
  });

  test('are the same for every mention of a person', () => {
    const participants = [added, { id: 'a', role: 'customer' as const }];
    expect(concludeParticipants({ participants, adds: [] })).toEqual([
      added,
      { ...added, role: 'customer' },
    ]);
  });

  test('of a cancelled request say that a person who was present was not attempted', () => {
    const CANCELLED = { code: 'CANCELLED', detail: 'The request was cancelled.' } as const;
    const found = { ...present, participantId: 'p', warning: 'OFFLINE' as const };
    const participants = [found, { id: 'e', role: 'agent' as const }];
    const concluded = concludeParticipants({ participants, adds: [] }, CANCELLED);
    expect(concluded).toEqual([
      { id: 'b', role: 'agent', outcome: 'NOT_ATTEMPTED', ...CANCELLED },
      { id: 'e', role: 'agent', outcome: 'NOT_ATTEMPTED', ...CANCELLED },
    ]);
    expect(statusOf(concluded, CANCELLED)).toBe('CANCELLED');
  });
});
