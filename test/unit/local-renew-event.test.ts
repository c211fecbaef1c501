import { expect, test } from '@jest/globals';
import { renewEvent } from '../../local/invoke/renew-event.ts';

const NOW_MS = Date.parse('2027-01-01T12:00:00.000Z');

const record = (body: string) => ({
  body,
  messageId: 'm1',
  attributes: {
    ApproximateReceiveCount: '2',
    SentTimestamp: String(Date.parse('2026-11-22T15:29:30.000Z')),
    ApproximateFirstReceiveTimestamp: String(Date.parse('2026-11-22T15:29:40.000Z')),
  },
});

test('the times of a message and of the request in it are moved by the same span', () => {
  const body = {
    conversationId: 'c1',
    requestedAt: '2026-11-22T15:29:29.000Z',
    deadline: '2026-11-22T15:39:29.000Z',
  };

  const renewed = renewEvent({ Records: [record(JSON.stringify(body))] }, NOW_MS) as {
    Records: ReturnType<typeof record>[];
  };

  expect(renewed.Records[0]).toEqual({
    messageId: 'm1',
    body: JSON.stringify({
      conversationId: 'c1',
      requestedAt: '2027-01-01T11:59:49.000Z',
      deadline: '2027-01-01T12:09:49.000Z',
    }),
    attributes: {
      ApproximateReceiveCount: '2',
      SentTimestamp: String(Date.parse('2027-01-01T11:59:50.000Z')),
      ApproximateFirstReceiveTimestamp: String(NOW_MS),
    },
  });
});

test.each(['no JSON', 'null', '{ "spaced":  true }'])('the body %s stays what it is', (body) => {
  expect(renewEvent({ Records: [record(body)] }, NOW_MS)).toMatchObject({ Records: [{ body }] });
});

test.each([{ version: '2.0', rawPath: '/' }, null, { Records: [] }])(
  'an event that is no batch of SQS stays what it is: %j',
  (event) => {
    expect(renewEvent(event, NOW_MS)).toBe(event);
  },
);
