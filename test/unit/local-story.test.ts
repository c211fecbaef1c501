import { describe, expect, test } from '@jest/globals';
import type { AuditEvent } from '../../lib/domain/audit-event.ts';
import { PLATFORM_CONVERSATION, SAMPLE_USERS } from '../../local/genesys/sample-organisation.ts';
import { formatChapter, showsColours } from '../../local/story/format-chapter.ts';
import { type LogEntry, readLogLine } from '../../local/story/log-entry.ts';
import { createStoryboard } from '../../local/story/storyboard.ts';
import { tellDelivery, tellLogEntry, tellRelayed } from '../../local/story/tell.ts';

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
    requested_by: 'ann',
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
  test('as accepted, with the number of people and the request id', () => {
    const told = tellLogEntry(
      entry({
        service: 'intake',
        message: 'accepted',
        participants: 1,
        conversation_id: 'c1',
        request_id: '3f2a9c41-0000-4000-8000-000000000001',
      }),
    );

    expect(told && formatChapter(told)).toBe('18:02:11.1 3f2a9c41 accepted   1 person for c1');
  });

  test('as replayed, where the request is known already', () => {
    const told = tellLogEntry(
      entry({ service: 'intake', message: 'replayed', participants: 2, conversation_id: 'c1' }),
    );

    expect(told).toMatchObject({
      what: 'replayed',
      text: '2 people for c1: known already, carried out once',
    });
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

  test('as added, with what became of each person', () => {
    const participants = [
      { id: SAMPLE_USERS.hana, role: 'agent', outcome: 'ADDED' },
      { id: SAMPLE_USERS.dov, role: 'agent', outcome: 'ADDED', warning: 'OFFLINE' },
      { address: '+15551234567', role: 'customer', outcome: 'ALREADY_PRESENT' },
    ] as const;

    expect(
      tellLogEntry(
        entry({ message: 'result', event: result({ participants: [...participants] }) }),
      ),
    ).toMatchObject({
      what: 'added',
      text: 'SUCCESS: hana added, dov added (OFFLINE), +15551234567 already present; 3 calls, 245 ms',
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
      text: `${status}; FORBIDDEN: not permitted; 1 call, 245 ms`,
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

  test('as delivered where its signature is good', () => {
    expect(formatChapter(tellDelivery(delivery))).toBe(
      '18:02:11.1 request  delivered  webhook SUCCESS, signature verified (+50 ms)',
    );
  });

  test('as an error where it is not, whatever its body is', () => {
    const told = tellDelivery({ ...delivery, body: 'x', verified: false, problem: 'no match' });

    expect(told).toMatchObject({
      what: 'ERROR',
      text: 'webhook, SIGNATURE NOT VERIFIED: no match',
    });
  });

  test('by the log of the relay, where the receiver is not ours', () => {
    const relayed = { service: 'relay', message: 'relayed', event_id: 'evt_1', tries: 1 };

    expect(tellRelayed(entry({ ...relayed, status_code: 204, lag_ms: 20 }))).toMatchObject({
      what: 'delivered',
      text: 'webhook accepted with 204, 20 ms after the result',
    });
    expect(tellRelayed(entry({}))).toBeUndefined();
  });
});

describe('a line of the terminal', () => {
  const long = {
    atMs: 0,
    what: 'added',
    requestId: 'abcdefgh-1',
    text: `${'word '.repeat(30)}end`,
  };

  test('is never wider than 80 columns, and later lines stand under the text', () => {
    const lines = formatChapter({ ...long, text: `${long.text} ${'x'.repeat(120)}` }).split('\n');

    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines[1]).toMatch(/^ {31}word/);
    expect(lines.join('')).toContain('end');
  });

  test('does not let foreign text move the cursor', () => {
    const line = formatChapter({ ...long, text: 'a\u001b[2Jb\nc\u009bd' });

    expect(line).toMatch(/ab c d$/);
  });

  test('has colours only where they are asked for', () => {
    expect(formatChapter(long, true)).toContain('\u001b[');
    expect(formatChapter(long)).not.toContain('\u001b[');
  });

  test.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { TERM: 'dumb' }, false],
  ])('TTY %s with %o: colours %s', (isTTY, environment, expected) => {
    expect(showsColours({ isTTY }, environment)).toBe(expected);
  });
});

describe('the story of a request', () => {
  const requestId = '3f2a9c41-0000-4000-8000-000000000001';
  const accepted = entry({
    service: 'intake',
    message: 'accepted',
    participants: 1,
    request_id: requestId,
    conversation_id: PLATFORM_CONVERSATION,
  });
  const ended = entry({
    message: 'result',
    event: result({
      timestamp: '2026-11-22T18:02:12.000Z',
      request_id: requestId,
      conversation_id: PLATFORM_CONVERSATION,
    }),
  });
  const ring = {
    kind: 'ring',
    ring: {
      atMs: Date.parse('2026-11-22T18:02:11.500Z'),
      conversationId: PLATFORM_CONVERSATION,
      who: SAMPLE_USERS.hana,
      wasInAlready: false,
    },
  } as const;

  test('is put together from the functions and the stand-in, in the order of time', () => {
    const storyboard = createStoryboard({});

    storyboard.hearLogEntry(accepted);
    storyboard.hearGenesys(ring);
    storyboard.hearLogEntry(ended);

    const [story] = storyboard.stories();
    expect(story?.chapters.map(({ what }) => what)).toEqual(['accepted', 'rang', 'added']);
    expect(story?.isFinished).toBe(true);
  });

  test('takes over what happened before anything named the request, as by the queue', () => {
    const storyboard = createStoryboard({});

    storyboard.hearGenesys(ring);
    storyboard.hearLogEntry(ended);

    expect(storyboard.stories()[0]?.chapters.map(({ what }) => what)).toEqual(['rang', 'added']);
  });

  test('does not take what happens after its result', () => {
    const storyboard = createStoryboard({});

    storyboard.hearLogEntry(accepted);
    storyboard.hearLogEntry(ended);
    storyboard.hearGenesys(ring);

    expect(storyboard.stories()[0]?.chapters).toHaveLength(2);
  });

  test('calls it an error where a person is rung who was in already', () => {
    const told: string[] = [];
    const storyboard = createStoryboard({ onChapter: ({ what }) => told.push(what) });

    storyboard.hearGenesys({ ...ring, ring: { ...ring.ring, wasInAlready: true } });

    expect(told).toEqual(['ERROR']);
  });

  test('is forgotten once there are too many newer ones', () => {
    const storyboard = createStoryboard({ keep: 2 });

    for (const number of [1, 2, 3]) {
      storyboard.hearLogEntry({ ...accepted, request_id: `request-${number}` });
    }

    expect(storyboard.stories().map((story) => story.requestId)).toEqual([
      'request-2',
      'request-3',
    ]);
  });
});
