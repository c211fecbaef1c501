import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ROLES } from '../../lib/domain/participant.ts';
import { problemDocument } from '../../lib/domain/problem-document.ts';
import { parseRequestMessage } from '../../lib/domain/request-message.ts';
import { componentValidator } from '../support/component-validator.ts';
import { NOW_MS } from '../support/create-api-ports.ts';
import {
  eventWithBody,
  type IntakeResponse,
  readEvent,
  startIntake,
} from '../support/start-intake.ts';

/** A second judge of what is a valid body, duplicates aside. */
const fitsSchema = componentValidator('RequestBody');

/** Whatever comes in: no 5xx, a document that explains, and a message only with a 202. */
async function checkResponse(event: unknown): Promise<IntakeResponse> {
  const { send, sent, lines } = startIntake();
  const response = await send(event);
  const { status, headers, body } = response;
  expect(headers['x-correlation-id']).toMatch(/^[\x20-\x7e]{1,128}$/);
  if (status === 202) {
    expect(sent).toHaveLength(1);
    const message = sent[0]?.body ?? '';
    expect(parseRequestMessage(message, { messageId: 'm', sentAtMs: NOW_MS }).ok).toBe(true);
    // SQS refuses some characters, and a send that fails would be a 503.
    expect(message).toMatch(/^[\x20-\x7e]*$/);
    expect(lines.map((line) => line.message)).toEqual(['accepted']);
  } else {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(problemDocument.safeParse(body).error).toBeUndefined();
    expect(sent).toEqual([]);
    expect(lines.map((line) => line.message)).toEqual(['refused']);
  }
  return response;
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('application/json', 'POST', '__proto__', 'constructor', 'a\u0000b', '\ud800'),
);
const anyJson = fc.jsonValue({ maxDepth: 2, stringUnit: 'binary' });
const fields = fc.oneof(fc.dictionary(text, fc.oneof(text, anyJson)), anyJson);

/** Events that look like API Gateway's from afar. */
const anyEvent = fc.record(
  {
    version: text,
    httpMethod: fc.oneof(fc.constantFrom('POST', 'GET'), anyJson),
    headers: fields,
    multiValueHeaders: fc.oneof(fc.dictionary(text, fc.array(fc.oneof(text, anyJson))), fields),
    pathParameters: fc.oneof(fc.record({ conversationId: fc.oneof(text, fc.uuid()) }), fields),
    body: fc.oneof(text, anyJson),
    isBase64Encoded: fc.oneof(fc.boolean(), anyJson),
    requestContext: fc.oneof(
      fc.record({
        http: fc.oneof(fc.record({ method: fc.constantFrom('POST', 'GET') }), anyJson),
        authorizer: fc.oneof(
          fc.record({ iam: fields, jwt: fc.record({ claims: fields }), claims: fields }),
          anyJson,
        ),
        identity: fields,
      }),
      anyJson,
    ),
  },
  { requiredKeys: [] },
);

const hostileKey = fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'id', '');
const hostileParticipant = fc.oneof(
  fc.record(
    {
      id: fc.oneof(fc.uuid(), text, anyJson),
      address: fc.oneof(
        fc.constantFrom('+15551234567', 'sip:a@b', 'tel:1'),
        text,
        text.map((end) => `sip:a${end}`),
        anyJson,
      ),
      role: fc.oneof(fc.constantFrom(...ROLES, 'boss'), anyJson),
    },
    { requiredKeys: [] },
  ),
  anyJson,
);
const hostileBody = fc
  .tuple(
    fc.record(
      {
        participants: fc.oneof(fc.array(hostileParticipant, { maxLength: 25 }), anyJson),
        deadlineSeconds: fc.oneof(fc.integer({ min: -5, max: 100_000 }), fc.double(), anyJson),
      },
      { requiredKeys: [] },
    ),
    fc.option(fc.tuple(hostileKey, anyJson)),
  )
  // Written by hand, because JSON.stringify leaves out a __proto__ that is set in a literal.
  .map(([body, extra]) =>
    extra
      ? JSON.stringify(body).replace(
          /^\{/,
          () =>
            `{${JSON.stringify(extra[0])}:${JSON.stringify(extra[1])}${Object.keys(body).length ? ',' : ''}`,
        )
      : JSON.stringify(body),
  );

/** Far more than the runs take: on a machine with other work they must not fail for lack of time. */
const LIMIT_MS = 60_000;

/**
 * Ajv compares items by fast-deep-equal, which calls `valueOf` and `toString` of an object even if they
 * are data. Both are unknown properties under any name, so the verdict is the same.
 */
const forAjv = (body: string) => body.replace(/"(valueOf|toString)"/g, '"$1_"');

describe('intake, whatever it is sent,', () => {
  test(
    'responds to any event with 202 or 4xx, and never queues by mistake',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.oneof(anyEvent, fc.anything()), async (event) => {
          await checkResponse(event);
        }),
        { numRuns: 500 },
      );
    },
    LIMIT_MS,
  );

  test(
    'responds to any text in place of the body',
    async () => {
      await fc.assert(
        fc.asyncProperty(text, fc.boolean(), async (body, isBase64Encoded) => {
          await checkResponse({ ...eventWithBody(body), isBase64Encoded });
        }),
        { numRuns: 500 },
      );
    },
    LIMIT_MS,
  );

  test(
    'accepts the bodies that the published JSON Schema accepts, and no others',
    async () => {
      await fc.assert(
        fc.asyncProperty(hostileBody, async (body) => {
          const response = await checkResponse(eventWithBody(body));
          if (!fitsSchema(JSON.parse(forAjv(body)))) {
            expect(response.status).toBe(422);
          } else if (response.status !== 202) {
            for (const { detail } of response.body.errors ?? [])
              expect(detail).toMatch(/^names the same/);
          }
        }),
        { numRuns: 500 },
      );
    },
    LIMIT_MS,
  );

  test(
    'accepts every valid body, in both payload formats, as text or base64',
    async () => {
      const participant = fc.oneof(
        fc.record({ id: fc.uuid(), role: fc.constantFrom(...ROLES) }, { requiredKeys: ['id'] }),
        fc
          .bigInt({ min: 10n ** 8n, max: 10n ** 14n - 1n })
          .map((digits) => ({ address: `+4${digits}`, role: 'customer' })),
      );
      const validBody = fc.record(
        {
          participants: fc.uniqueArray(participant, {
            minLength: 1,
            maxLength: 20,
            selector: (one) => ('id' in one ? one.id : one.address),
          }),
          deadlineSeconds: fc.integer({ min: 5, max: 86_400 }),
        },
        { requiredKeys: ['participants'] },
      );
      const sample = fc.constantFrom('http-api-v2.three-users', 'rest-api-v1.three-users');
      await fc.assert(
        fc.asyncProperty(validBody, sample, fc.boolean(), async (body, name, isBase64Encoded) => {
          const json = JSON.stringify(body);
          const encoded = isBase64Encoded ? Buffer.from(json).toString('base64') : json;
          const event = { ...readEvent(name), body: encoded, isBase64Encoded };
          expect((await checkResponse(event)).status).toBe(202);
        }),
        { numRuns: 500 },
      );
    },
    LIMIT_MS,
  );
});
