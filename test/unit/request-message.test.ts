import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatRequestMessage } from '../../lib/domain/format-request-message.ts';
import { ROLES } from '../../lib/domain/participant.ts';
import { type AddRequest, parseRequestMessage } from '../../lib/domain/request-message.ts';

const CONVERSATION = 'b0a7ca11-0000-4000-8000-000000000001';
const ADA = 'a9e7c000-0000-4000-8000-000000000001';
const SENT_AT_MS = Date.parse('2026-11-22T15:29:40Z');
const DAY_MS = 86_400_000;
const origin = { messageId: '5fea7756-0ea4-451a-a703-a558b933e274', sentAtMs: SENT_AT_MS };

const minimal = { conversationId: CONVERSATION, participants: [{ id: ADA }] };

const parse = (message: unknown) =>
  parseRequestMessage(typeof message === 'string' ? message : JSON.stringify(message), origin);

function requestOf(message: unknown): AddRequest {
  const parsed = parse(message);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.request;
}

function refusalOf(message: unknown) {
  const parsed = parse(message);
  if (parsed.ok) throw new Error('the message was taken');
  return parsed;
}

describe('a queue message', () => {
  test('of other systems needs a conversation and participants only', () => {
    expect(requestOf(minimal)).toEqual({
      requestId: origin.messageId,
      conversationId: CONVERSATION,
      participants: [{ id: ADA, role: 'agent' }],
      dryRun: false,
      onlyIfReachable: false,
      requestedAtMs: SENT_AT_MS,
      deadlineMs: SENT_AT_MS + 600_000,
      correlationId: origin.messageId,
      requestedBy: 'unknown',
    });
  });

  test('has its own values where it has any', () => {
    expect(
      requestOf({
        version: 2,
        requestId: 'C0FFEE00-0000-4000-8000-000000000009',
        conversationId: CONVERSATION.toUpperCase(),
        participants: [{ address: '+15551234567' }],
        dryRun: true,
        onlyIfReachable: null,
        actingUserId: ADA.toUpperCase(),
        requestedAt: '2026-11-22T16:29:00+01:00',
        deadline: '2026-11-22T15:31:00.5Z',
        correlationId: 'order-7',
        requestedBy: 'arn:aws:iam::123456789012:user/ann',
      }),
    ).toEqual({
      requestId: 'c0ffee00-0000-4000-8000-000000000009',
      conversationId: CONVERSATION,
      participants: [{ address: '+15551234567', role: 'customer' }],
      dryRun: true,
      onlyIfReachable: false,
      actingUserId: ADA,
      requestedAtMs: Date.parse('2026-11-22T15:29:00Z'),
      deadlineMs: Date.parse('2026-11-22T15:31:00.500Z'),
      correlationId: 'order-7',
      requestedBy: 'arn:aws:iam::123456789012:user/ann',
    });
  });

  test('has its request id for a correlation id where it names only that', () => {
    const { correlationId } = requestOf({ ...minimal, requestId: ADA });
    expect(correlationId).toBe(ADA);
  });

  test('may carry fields of a later day, in itself and in its participants', () => {
    const { participants } = requestOf({
      ...minimal,
      participants: [{ id: ADA, priority: 1 }],
      traceId: 'x',
    });
    expect(participants).toEqual([{ id: ADA, role: 'agent' }]);
  });

  test.each([
    ['2026-11-30T00:00:00Z', SENT_AT_MS + DAY_MS],
    ['9999-12-31T23:59:59Z', SENT_AT_MS + DAY_MS],
    ['2026-11-22T15:29:39Z', SENT_AT_MS - 1_000],
  ])('with the deadline %s is worth it until %d', (deadline, expected) => {
    expect(requestOf({ ...minimal, deadline }).deadlineMs).toBe(expected);
  });

  test('without a deadline counts it from when it was asked for', () => {
    const { deadlineMs } = requestOf({ ...minimal, requestedAt: '2026-11-22T15:25:00Z' });
    expect(deadlineMs).toBe(Date.parse('2026-11-22T15:35:00Z'));
  });

  test.each<[unknown, string]>([
    ['', ''],
    ['hello', ''],
    ['[]', ''],
    ['null', ''],
    [{}, '/conversationId /participants'],
    [{ ...minimal, conversationId: '../x' }, '/conversationId'],
    [{ ...minimal, participants: [] }, '/participants'],
    [
      { ...minimal, participants: Array.from({ length: 21 }, () => ({ id: ADA })) },
      '/participants',
    ],
    [{ ...minimal, participants: [{}] }, '/participants/0'],
    [{ ...minimal, participants: [{ id: ADA, role: 'boss' }] }, '/participants/0/role'],
    [{ ...minimal, version: 1 }, '/version'],
    [{ ...minimal, version: '1' }, '/version'],
    [{ ...minimal, requestId: 'x' }, '/requestId'],
    [{ ...minimal, deadline: 'tomorrow' }, '/deadline'],
    [{ ...minimal, deadline: '2026-11-22T15:29:40' }, '/deadline'],
    [{ ...minimal, deadline: '2026-02-30T00:00:00Z' }, '/deadline'],
    [{ ...minimal, deadline: '2026-11-22T15:29Z' }, '/deadline'],
    [{ ...minimal, deadline: '2026-11-22t15:29:40z' }, '/deadline'],
    [{ ...minimal, deadline: '2026-11-22T15:29:40+1:00' }, '/deadline'],
    [{ ...minimal, deadline: '2026-11-22T24:00:00Z' }, '/deadline'],
    [
      { ...minimal, participants: [{ address: '+0' }, 7] },
      '/participants/0/address /participants/1',
    ],
    [{ ...minimal, participants: [{ id: ADA, address: 'sip:a@b' }] }, '/participants/0'],
    [{ ...minimal, requestedAt: 1_795_361_380 }, '/requestedAt'],
    [{ ...minimal, correlationId: '' }, '/correlationId'],
    [{ ...minimal, correlationId: 'x'.repeat(129) }, '/correlationId'],
    [{ ...minimal, correlationId: 'ü' }, '/correlationId'],
    [{ ...minimal, requestedBy: 7 }, '/requestedBy'],
  ])('that is %j is refused for %j', (message, pointers) => {
    expect(
      refusalOf(message)
        .errors.map(({ pointer }) => pointer)
        .join(' '),
    ).toBe(pointers);
  });

  test('that is refused still tells what its result has to be about', () => {
    expect(
      refusalOf({ requestId: ADA, conversationId: CONVERSATION, correlationId: 'order-7' })
        .fragment,
    ).toEqual({ requestId: ADA, conversationId: CONVERSATION, correlationId: 'order-7' });
    expect(refusalOf({ requestId: 7, conversationId: 'x', correlationId: '' }).fragment).toEqual(
      {},
    );
    expect(refusalOf('[]').fragment).toEqual({});
    expect(refusalOf('{').fragment).toEqual({});
  });

  test('that intake writes is the request it was made of', () => {
    const ms = fc.integer({ min: 0, max: DAY_MS });
    const any = fc.record({
      requestId: fc.uuid(),
      conversationId: fc.uuid(),
      participants: fc.array(
        fc.oneof(
          fc.record({ id: fc.uuid(), role: fc.constantFrom(...ROLES) }),
          fc.constant({ address: 'sip:ann@example.com', role: 'customer' as const }),
        ),
        { minLength: 1, maxLength: 20 },
      ),
      dryRun: fc.boolean(),
      onlyIfReachable: fc.boolean(),
      requestedAtMs: ms.map((late) => SENT_AT_MS - late),
      deadlineMs: ms.map((early) => SENT_AT_MS + early),
      correlationId: fc.string({ minLength: 1, maxLength: 128, unit: 'grapheme-ascii' }),
      requestedBy: fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme-ascii' }),
    });
    fc.assert(
      fc.property(any, (request) => {
        expect(requestOf(formatRequestMessage(request))).toEqual(request);
      }),
    );
  });

  test('is read or refused, and never read with an invalid time', () => {
    const time = fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') })
      .map((date) => date.toISOString());
    const hostile = fc.record(
      {
        conversationId: fc.oneof(fc.constant(CONVERSATION), fc.jsonValue()),
        participants: fc.oneof(fc.constant([{ id: ADA }]), fc.jsonValue()),
        requestedAt: fc.oneof(time, fc.string()),
        deadline: fc.oneof(time, fc.string()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          hostile.map((value) => JSON.stringify(value)),
        ),
        (body) => {
          const parsed = parse(body);
          if (parsed.ok) {
            expect(Number.isFinite(parsed.request.deadlineMs)).toBe(true);
            expect(Number.isFinite(parsed.request.requestedAtMs)).toBe(true);
          } else {
            expect(parsed.errors.length).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
