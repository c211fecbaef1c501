import { describe, expect, test } from '@jest/globals';
import { digestOf, vouchForEvent } from '../../functions/relay/vouch-for-event.ts';

const event = (eventId: string, body: string) => ({
  eventId,
  body,
  digest: digestOf(body),
  finishedAtMs: 0,
});

describe('a record', () => {
  const record = {
    result: event('evt_1_r1', 'second run'),
    connectionResult: event('evt_1_r1_c', 'connection'),
    earlierResults: [{ eventId: 'evt_1', digest: digestOf('first run') }],
  };

  test.each([
    ['its result', 'evt_1_r1', 'second run', 'result'],
    ['its connection event', 'evt_1_r1_c', 'connection', 'connectionResult'],
    ['the result of an earlier run', 'evt_1', 'first run', 'earlier'],
  ])('vouches for %s', (_, eventId, body, which) => {
    expect(vouchForEvent(record, eventId, body)).toBe(which);
  });

  test.each([
    ['other bytes', 'evt_1_r1', 'second run '],
    ['another event id', 'evt_2', 'second run'],
    ['the bytes of another run', 'evt_1', 'second run'],
  ])('does not vouch for %s', (_, eventId, body) => {
    expect(vouchForEvent(record, eventId, body)).toBeUndefined();
  });
});
