import { describe, expect, test } from '@jest/globals';
import { type DeadLetter, deadLetterAttributes } from '../../lib/domain/dead-letter.ts';
import { eventId } from '../../lib/domain/event-id.ts';

const full: DeadLetter = {
  reason: 'GIVEN_UP',
  detail: 'three days of failures',
  tries: 37,
  firstReceivedAtMs: Date.parse('2026-11-22T15:29:40Z'),
  lastReceivedAtMs: Date.parse('2026-11-25T15:29:41Z'),
  requestId: 'r-1',
  correlationId: 'c-1',
  eventId: 'evt_r-1',
  lastStatus: 503,
  lastError: 'the receiver responded with 503',
};

describe('the attributes of a dead letter', () => {
  test('say why, how often, when and for which request', () => {
    expect(deadLetterAttributes(full, '{}')).toEqual({
      reason: 'GIVEN_UP',
      detail: 'three days of failures',
      tries: '37',
      first_received_at: '2026-11-22T15:29:40.000Z',
      last_received_at: '2026-11-25T15:29:41.000Z',
      request_id: 'r-1',
      correlation_id: 'c-1',
      event_id: 'evt_r-1',
      last_status: '503',
      last_error: 'the receiver responded with 503',
    });
  });

  test('are never more than the ten that SQS allows', () => {
    expect(Object.keys(deadLetterAttributes({ ...full, redrive: 1 }, '{}'))).toHaveLength(10);
  });

  test('leave out what is not known, since SQS refuses an empty value', () => {
    const { reason, tries, firstReceivedAtMs, lastReceivedAtMs } = full;
    expect(
      Object.keys(
        deadLetterAttributes(
          { reason, tries, firstReceivedAtMs, lastReceivedAtMs, detail: '', redrive: 0 },
          '',
        ),
      ).sort(),
    ).toEqual(['first_received_at', 'last_received_at', 'reason', 'tries']);
  });

  test('carry the number of redrives on, so that the next one counts from there', () => {
    expect(deadLetterAttributes({ ...full, redrive: 2 }, '').redrive).toBe('2');
  });

  test('replace the characters that SQS refuses', () => {
    const { detail } = deadLetterAttributes({ ...full, detail: 'a\u0000b\ud800c\ufffed\te' }, '');
    expect(detail).toBe('a\ufffdb\ufffdc\ufffdd\te');
  });

  test('are cut to a thousand bytes between two characters', () => {
    const { detail } = deadLetterAttributes({ ...full, detail: '€'.repeat(900) }, '');
    expect(Buffer.byteLength(detail ?? '')).toBeLessThanOrEqual(1_000);
    expect(detail).toMatch(/^€+…$/);
  });

  test('give way to a body that fills the message, the reason last of all', () => {
    const limit = 1024 * 1024;
    expect(deadLetterAttributes(full, 'x'.repeat(limit))).toEqual({});
    expect(deadLetterAttributes(full, 'x'.repeat(limit - 25))).toEqual({ reason: 'GIVEN_UP' });
  });
});

describe('the event id', () => {
  test('is the same for every send of the same result, and another after a redrive', () => {
    expect(eventId('r-1')).toBe('evt_r-1');
    expect(eventId('r-1', 0)).toBe('evt_r-1');
    expect(eventId('r-1', 2)).toBe('evt_r-1_r2');
  });
});
