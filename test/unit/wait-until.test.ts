import { describe, expect, test } from '@jest/globals';
import { readApiRequest } from '../../lib/aws/api-request.ts';
import { waitUntil } from '../../lib/domain/wait-until.ts';
import { NOW_MS } from '../support/create-api-ports.ts';
import { readEvent, startIntake } from '../support/start-intake.ts';
import { httpEvent, startRequests } from '../support/start-requests.ts';

describe('the end of a wait', () => {
  test.each([
    ['counts from when the request was received', { receivedAtMs: NOW_MS - 3_000 }, 7_000],
    ['counts from now if that time is unknown', {}, 10_000],
    ['counts from now if that time is in the future', { receivedAtMs: NOW_MS + 3_000 }, 10_000],
    [
      'is in the past if the request has waited longer already',
      { receivedAtMs: NOW_MS - 15_000 },
      -5_000,
    ],
    ['counts from now if that time is that of a sample event', { receivedAtMs: 0 }, 10_000],
    ['is 5 seconds before the end of the invocation', { remainingMs: () => 11_000 }, 6_000],
    ['is not moved by an invocation that lasts longer', { remainingMs: () => 29_000 }, 10_000],
    ['is not moved by an unknown end of the invocation', { remainingMs: () => undefined }, 10_000],
  ])('%s', (_, wait, expectedMs) => {
    expect(waitUntil({ seconds: 10, ...wait }, NOW_MS) - NOW_MS).toBe(expectedMs);
  });
});

describe('the time at which API Gateway received a request', () => {
  test.each([
    ['1.0', 'rest-api-v1.three-users', 1_795_361_380_000],
    ['2.0', 'http-api-v2.three-users', 1_795_361_380_000],
  ])('is read from payload format %s', (_, name, expected) => {
    expect(readApiRequest(readEvent(name)).receivedAtMs).toBe(expected);
  });

  test.each([undefined, null, '1795361380000', Number.NaN, Number.POSITIVE_INFINITY, {}])(
    'is absent if the event has %j',
    (value) => {
      const requestContext = { timeEpoch: value, requestTimeEpoch: value };
      expect(readApiRequest({ requestContext }).receivedAtMs).toBeUndefined();
    },
  );

  test('is absent from an event without context', () => {
    expect(readApiRequest({}).receivedAtMs).toBeUndefined();
  });
});

describe('Prefer: wait', () => {
  const waiting = (name: string, field: string, receivedAtMs: unknown) => {
    const event = readEvent(name);
    event.requestContext[field] = receivedAtMs;
    event.headers = { 'content-type': 'application/json', prefer: 'wait=20' };
    return { ...event, multiValueHeaders: undefined };
  };

  // Bug: 20 seconds that began after a slow cold start ended after the function's timeout, with 500.
  // Fix: they count from when API Gateway received the request.
  test.each([
    ['1.0', 'rest-api-v1.three-users', 'requestTimeEpoch'],
    ['2.0', 'http-api-v2.three-users', 'timeEpoch'],
  ])('of payload format %s includes the time before the function runs', async (_, name, field) => {
    const { send, clock } = startIntake();
    const response = await send(waiting(name, field, NOW_MS - 15_000));
    expect(response.status).toBe(202);
    expect(response.headers['preference-applied']).toBe('wait=20');
    expect(clock.now()).toBe(NOW_MS + 5_000);
  });

  test('has passed if the request was received that long ago: the response is 202 at once', async () => {
    const { send, clock } = startIntake();
    const event = waiting('http-api-v2.three-users', 'timeEpoch', NOW_MS - 20_000);
    const response = await send(event);
    expect(response.status).toBe(202);
    expect(response.headers).not.toHaveProperty('preference-applied');
    expect(clock.now()).toBe(NOW_MS);
  });

  test('ends before the invocation does', async () => {
    const { send, clock } = startIntake();
    const event = waiting('http-api-v2.three-users', 'timeEpoch', NOW_MS);
    await send(event, { getRemainingTimeInMillis: () => 12_000 });
    expect(clock.now()).toBe(NOW_MS + 7_000);
  });

  test('counts from when the request was received for reading, too', async () => {
    const { send, create, clock } = startRequests({ readAllCallers: ['*'] });
    const { requestId } = await create();
    const event = httpEvent('GET', `/requests/${requestId}`, { headers: { prefer: 'wait=20' } });
    const requestContext = { ...event.requestContext, timeEpoch: NOW_MS - 12_000 };
    const response = await send({ ...event, requestContext });
    expect([response.status, clock.now()]).toEqual([200, NOW_MS + 8_000]);
  });

  test('of a data action ends before the invocation does', async () => {
    const context = { getRemainingTimeInMillis: () => 8_000 };
    const { act, create, clock } = startRequests({ readAllCallers: ['*'] });
    const { requestId } = await create();
    await act({ requestId, waitSeconds: 20 }, context);
    expect(clock.now()).toBe(NOW_MS + 3_000);
  });
});
