import { describe, expect, test } from '@jest/globals';
import type { Operation } from '../../lib/genesys/api/response-rules.ts';
import { toGenesysError } from '../../lib/genesys/api/to-genesys-error.ts';

const nowMs = Date.parse('2026-11-22T10:00:00Z');
const errorOf = (
  status: number,
  body: unknown = {},
  headers: Record<string, string> = {},
  operation: Operation = 'add',
) =>
  toGenesysError(
    operation,
    { status, headers, body: JSON.stringify(body), truncated: false },
    nowMs,
  );

describe('what the vendor says', () => {
  // Bug: texts that stand in errors[] alone were lost.
  test('is read from errors[] where it stands there alone', () => {
    const error = errorOf(400, {
      errors: [
        { code: 'conversation.error.cannot.merge.alerting.conference', message: 'Still ringing.' },
      ],
    });
    expect(error).toMatchObject({
      remedy: 'retry',
      vendorCode: 'conversation.error.cannot.merge.alerting.conference',
    });
    expect(error.message).toContain('Still ringing.');
  });

  test('goes by the code that has a rule of its own, however deep it is', () => {
    const body = {
      code: 'some.wrapper',
      message: 'Failed.',
      errors: [{ errors: [{ code: 'not.a.user' }] }],
    };
    expect(errorOf(400, body)).toMatchObject({
      code: 'ROLE_NOT_SUPPORTED',
      vendorCode: 'not.a.user',
    });
  });

  test('may be in the details', () => {
    expect(errorOf(400, { details: [{ errorCode: 'not.a.user' }] }).code).toBe(
      'ROLE_NOT_SUPPORTED',
    );
  });

  test('survives errors that hold themselves a thousand times', () => {
    let body: object = { code: 'deepest' };
    for (let depth = 0; depth < 1_000; depth += 1) body = { errors: [body] };
    expect(errorOf(400, body).code).toBe('GENESYS_REJECTED');
  });

  test('names the limit of a 429', () => {
    const limit = { key: 'org.app.user.rate.per.minute', namespace: 'platform.api', value: 3000 };
    const error = errorOf(429, { code: 'too.many.requests', limit });
    expect(error.limit).toEqual(limit);
    expect(error.message).toContain('limit org.app.user.rate.per.minute 3000');
  });
});

describe('the remedy', () => {
  test('for an acting user who has left the call is another acting user', () => {
    const code = 'conversation.error.forbidden.not.active.participant';
    const error = errorOf(403, { code });
    expect(error).toMatchObject({ remedy: 'next-acting-user', disposition: 'retry' });
    expect(error.message).not.toMatch(/role|permission/);
  });

  test('for a conversation that is not found is a later look, as long as it may be new', () => {
    expect(errorOf(404, {}, {}, 'read-conversation')).toMatchObject({
      code: 'CONVERSATION_NOT_FOUND',
      remedy: 'look-again',
      disposition: 'reject',
    });
  });

  test.each([301, 302, 303, 307, 308])('for the redirect %i is another GENESYS_ENV', (status) => {
    const error = errorOf(status, {}, { location: 'https://elsewhere.example/' });
    expect(error).toMatchObject({ code: 'GENESYS_REJECTED', disposition: 'fatal' });
    expect(error.message).toContain('redirects');
    expect(error.message).toContain('GENESYS_ENV');
  });
});

describe('the delay that a response names', () => {
  const delayOf = (headers: Record<string, string>, body: unknown = {}, status = 429) =>
    errorOf(status, body, headers).retryAfterMs;
  const used = { 'inin-ratelimit-count': '300', 'inin-ratelimit-allowed': '300' };

  test.each([
    [{ 'retry-after': '42' }, 42_000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': 'Sun, 22 Nov 2026 10:00:30 GMT' }, 30_000],
    // No header stops anything for longer than five minutes.
    [{ 'retry-after': '3600' }, 300_000],
    [{ 'retry-after': 'Sun, 22 Nov 2099 10:00:30 GMT' }, 300_000],
    [{ 'retry-after': '9'.repeat(400) }, 300_000],
    [{ ...used, 'inin-ratelimit-reset': '31536000' }, 300_000],
    // Seen: milliseconds, and times in epoch seconds or milliseconds.
    [{ 'retry-after': '42000' }, 42_000],
    [{ 'retry-after': String(nowMs / 1000 + 20) }, 20_000],
    [{ 'retry-after': String(nowMs + 20_000) }, 20_000],
    [{ 'retry-after': String(nowMs / 1000 - 20) }, 0],
    [{ ...used, 'inin-ratelimit-reset': '17' }, 17_000],
    [
      {
        'inin-ratelimit-count': '3',
        'inin-ratelimit-allowed': '300',
        'inin-ratelimit-reset': '17',
      },
      undefined,
    ],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('by %j is %s ms', (headers, delayMs) => {
    expect(delayOf(headers as Record<string, string>)).toBe(delayMs);
  });

  test('stands in the message where no header has it', () => {
    const message = 'Rate limit exceeded the maximum. Retry the request in [42] seconds';
    expect(delayOf({}, { message })).toBe(42_000);
    expect(delayOf({}, { errors: [{ message }] })).toBe(42_000);
    expect(delayOf({ 'retry-after': '3' }, { message })).toBe(3_000);
    expect(delayOf({}, { message }, 503)).toBeUndefined();
  });
});
