import { describe, expect, test } from '@jest/globals';
import { HttpError } from '../../lib/http/send-http.ts';
import { judgeError, judgeResponse } from '../../lib/webhook/delivery-outcome.ts';

const NOW = Date.parse('2026-11-22T15:29:40Z');
const response = (status: number, headers: Record<string, string> = {}) =>
  judgeResponse({ status, headers }, NOW);

describe('the verdict on a response', () => {
  test.each([200, 201, 202, 204, 226, 299])('%i is a success', (status) => {
    expect(response(status)).toEqual({ kind: 'delivered', status });
  });

  test.each([199, 300, 301, 302, 304, 307, 308, 400, 401, 404, 429, 500, 502, 503, 504])(
    '%i is a failure to be tried again',
    (status) => {
      expect(response(status)).toMatchObject({ kind: 'failed', status });
    },
  );

  test('a redirect is a failure that says so, without the place it leads to', () => {
    const verdict = response(302, { location: 'https://elsewhere.example/?token=abc' });
    expect(verdict).toMatchObject({
      kind: 'failed',
      error: 'the receiver responded with 302; redirects are not followed',
    });
  });

  test('410 ends the delivery', () => {
    expect(response(410)).toMatchObject({ kind: 'refused', reason: 'RECEIVER_GONE', status: 410 });
  });

  test('webhook-delivery: abort-message ends the delivery', () => {
    expect(response(422, { 'webhook-delivery': 'Abort-Message' })).toMatchObject({
      kind: 'refused',
      reason: 'RECEIVER_ABORTED',
      status: 422,
    });
    expect(response(422, { 'webhook-delivery': 'something-else' })).toMatchObject({
      kind: 'failed',
    });
    expect(response(200, { 'webhook-delivery': 'abort-message' })).toMatchObject({
      kind: 'delivered',
    });
  });

  test.each([
    ['58', 58_000],
    ['0', 0],
    ['Sun, 22 Nov 2026 16:29:40 GMT', 3_600_000],
    ['Sunday, 22-Nov-26 16:29:40 GMT', 3_600_000],
    ['Sun, 22 Nov 2026 14:29:40 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    ['', undefined],
  ])('Retry-After: %s is read', (value, retryAfterMs) => {
    expect(response(503, { 'retry-after': value })).toMatchObject({ kind: 'failed', retryAfterMs });
  });
});

describe('the verdict on a try without a complete response', () => {
  test('a time-out before the status is a failure', () => {
    expect(judgeError(new HttpError('timeout', 'POST https://a.example/secret'), NOW)).toEqual({
      kind: 'failed',
      error: 'no response in time',
    });
  });

  test.each([
    [200, 'delivered'],
    [503, 'failed'],
    [410, 'refused'],
  ])('where the body goes on past the time, the status %i decides: %s', (status, kind) => {
    const fault = new HttpError('timeout', '', { response: { status, headers: {} } });
    expect(judgeError(fault, NOW)).toMatchObject({ kind, status });
  });

  test('a connection that breaks in the middle of a response is a failure, whatever the status', () => {
    const fault = new HttpError('connection', '', {
      response: { status: 200, headers: {} },
      cause: new Error('the connection closed in the middle of the response'),
    });
    expect(judgeError(fault, NOW)).toEqual({
      kind: 'failed',
      status: 200,
      error: 'no response: the connection closed in the middle of the response',
    });
  });

  test('never repeats the path of the webhook, which may be a secret', () => {
    const fault = new HttpError('connection', 'POST https://a.example/T0/secret: broke', {
      cause: new Error('read ECONNRESET'),
    });
    expect(judgeError(fault, NOW)).toMatchObject({ error: 'no response: read ECONNRESET' });
    expect(judgeError(new HttpError('connection', 'POST https://a/secret'), NOW)).toMatchObject({
      error: 'no response: the connection broke',
    });
  });

  test('says the code of an error without a message', () => {
    const cause = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
    expect(judgeError(new HttpError('connection', '', { cause }), NOW)).toMatchObject({
      error: 'no response: ECONNREFUSED',
    });
  });

  test('anything else that was thrown is a failure too', () => {
    expect(judgeError(new Error('odd'), NOW)).toEqual({ kind: 'failed', error: 'odd' });
  });
});
