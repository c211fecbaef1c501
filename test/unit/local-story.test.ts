import { describe, expect, test } from '@jest/globals';
import type { AuditEvent } from '../../lib/domain/audit-event.ts';
import { type LogEntry, readLogLine } from '../../local/story/log-entry.ts';
import { formatChapter, tellDelivery, tellLogEntry, tellRelayed } from '../../local/story/tell.ts';

const entry = (fields: Partial<LogEntry>): LogEntry => ({
  level: 'INFO',
  message: 'something',
  service: 'adder',
  timestamp: '2026-11-22T18:02:11.123Z',
  ...fields,
});

const result = (audit: Partial<AuditEvent['audit']>): AuditEvent => ({
  event: 'participant_added',
  source: 'genesys-automated-adder',
  audit: {
    timestamp: '2026-11-22T18:02:11.100Z',
    conversation_id: 'b0a7ca11-0000-4000-8000-000000000001',
    participant_ids: [],
    role: 'agent',
    latency_ms: 245,
    status: 'SUCCESS',
    request_id: 'request',
    correlation_id: 'crm-1',
    requested_by: 'somebody',
    participants: [],
    queued_ms: 31,
    attempts: 1,
    genesys_calls: 3,
    genesys_correlation_ids: [],
    ...audit,
  },
});

describe('a line of a log', () => {
  test('is read where it is an entry, passed over where it is a metric, and kept where it is text', () => {
    expect(readLogLine(JSON.stringify(entry({})))).toEqual(entry({}));
    expect(readLogLine('{"_aws":{"Timestamp":1}}')).toBeUndefined();
    for (const text of ['Error: out of memory', '42', 'null', '{"a":1}']) {
      expect(readLogLine(text)).toBe(text);
    }
  });
});

describe('an entry of the log is told', () => {
  test('as accepted, with the number of participants and the correlation id', () => {
    const told = tellLogEntry(
      entry({
        service: 'intake',
        message: 'accepted',
        participants: 1,
        conversation_id: 'c1',
        correlation_id: 'crm-1',
      }),
    );

    expect(told && formatChapter(told)).toBe(
      '18:02:11.123  accepted  1 participant for conversation c1  [crm-1]',
    );
  });

  test('as refused, with what was wrong', () => {
    const refusal = { level: 'WARN', service: 'intake', message: 'refused', status: 422 };

    expect(
      tellLogEntry(
        entry({ ...refusal, problem: 'invalid-request', pointers: ['', '/participants/0/id'] }),
      ),
    ).toMatchObject({ what: 'refused', text: 'with 422 invalid-request (/participants/0/id)' });
    expect(tellLogEntry(entry({ ...refusal, problem: 'no-body' }))?.text).toBe('with 422 no-body');
  });

  test('as added, with what became of the people', () => {
    const participants = [
      { role: 'agent', outcome: 'ADDED' },
      { role: 'agent', outcome: 'ADDED', warning: 'OFFLINE' },
      { role: 'agent', outcome: 'ADDED' },
      { role: 'agent', outcome: 'ALREADY_PRESENT' },
    ] as const;

    expect(
      tellLogEntry(
        entry({ message: 'result', event: result({ participants: [...participants] }) }),
      ),
    ).toMatchObject({
      what: 'added',
      text: 'SUCCESS; 2 added, 1 added (OFFLINE), 1 already present; 3 calls in 245 ms, after 31 ms in the queue',
    });
  });

  test.each([
    ['PARTIAL', 'added'],
    ['FAILED', 'failed'],
    ['EXPIRED', 'expired'],
  ] as const)('a result %s as %s, with its code and its reason', (status, what) => {
    const event = result({ status, code: 'FORBIDDEN', error: 'not permitted', genesys_calls: 1 });

    expect(tellLogEntry(entry({ message: 'result', event }))).toMatchObject({
      what,
      text: `${status} FORBIDDEN: not permitted; 1 call in 245 ms, after 31 ms in the queue`,
    });
  });

  test('as deferred, with the wait in the unit that suits it', () => {
    const deferred = { message: 'deferred', cause: 'RATE_LIMITED: too many' };

    expect(tellLogEntry(entry({ ...deferred, delay_ms: 950 }))?.text).toBe(
      'RATE_LIMITED: too many; again in 950 ms',
    );
    expect(tellLogEntry(entry({ ...deferred, delay_ms: 58_000 }))?.text).toBe(
      'RATE_LIMITED: too many; again in 58.0 s',
    );
  });

  test('as a warning or an error, with its fields and the message of an error', () => {
    const fields = { service: 'relay', message: 'relay failed', status_code: 503 };

    expect(
      tellLogEntry(entry({ level: 'WARN', ...fields, error: { name: 'E', message: 'why' } })),
    ).toMatchObject({ what: 'warning', text: 'relay: relay failed, status_code: 503, error: why' });
    expect(tellLogEntry(entry({ level: 'ERROR', ...fields }))?.what).toBe('ERROR');
  });

  test.each(['INFO', 'DEBUG'])('not at all, where it is any other %s entry', (level) => {
    expect(tellLogEntry(entry({ level, message: 'token fetched' }))).toBeUndefined();
  });
});

describe('a delivery is told', () => {
  const delivery = {
    id: 'evt_1',
    headers: {},
    body: JSON.stringify(result({})),
    verified: true,
    receivedAtMs: Date.parse('2026-11-22T18:02:11.150Z'),
  };

  test('as relayed where its signature is good', () => {
    expect(formatChapter(tellDelivery(delivery))).toBe(
      '18:02:11.150  relayed   evt_1 SUCCESS, signature verified, 50 ms after the result  [crm-1]',
    );
  });

  test('as an error where it is not, whatever its body is', () => {
    const told = tellDelivery({ ...delivery, body: 'x', verified: false, problem: 'no match' });

    expect(told).toMatchObject({
      what: 'ERROR',
      text: 'evt_1, SIGNATURE NOT VERIFIED: no match',
    });
  });

  test('by the log of the relay, where the receiver is not ours', () => {
    const relayed = { service: 'relay', message: 'relayed', event_id: 'evt_1', tries: 1 };

    expect(tellRelayed(entry({ ...relayed, status_code: 204, lag_ms: 20 }))).toMatchObject({
      what: 'relayed',
      text: 'evt_1 taken with 204, 20 ms after the result, try 1',
    });
    expect(tellRelayed(entry({}))).toBeUndefined();
  });
});
