import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { componentValidator } from '../support/component-validator.ts';
import { startIntake } from '../support/start-intake.ts';
import { startRequests } from '../support/start-requests.ts';
import { hostileId, hostileJson, hostileRequest, hostileText, sometimes } from './hostile-input.ts';
import { seedOfRun } from './seed-of-run.ts';

const header = fc.oneof(hostileText, fc.array(hostileText, { maxLength: 3 }), hostileJson);
const headers = fc.oneof(
  fc.record(
    {
      'content-type': fc.oneof(fc.constant('application/json'), header),
      'Idempotency-Key': header,
      'X-Correlation-Id': header,
      prefer: fc.oneof(fc.constantFrom('wait=0', 'wait=1e9', 'wait=-1', 'wait="20"'), header),
    },
    { requiredKeys: [] },
  ),
  hostileJson,
);

const caller = sometimes({
  iam: sometimes({ userArn: hostileText, accountId: hostileText }),
  jwt: sometimes({ claims: sometimes({ sub: hostileText, iss: hostileText }) }),
});

const body = fc.oneof(
  hostileRequest.map((value) => JSON.stringify(value)),
  hostileText,
  hostileJson,
  fc.constantFrom('{"a":'.repeat(5_000), `${'['.repeat(20_000)}${']'.repeat(20_000)}`),
);

/** The id of the one request that there is, and of its conversation. */
const REQUEST_ID = '00000000-0000-4000-8000-0000000000aa';
const CONVERSATION_ID = 'b0a7ca11-0000-4000-8000-000000000001';
const id = fc.oneof(fc.constantFrom(REQUEST_ID, CONVERSATION_ID), hostileId);

/** API Gateway's event, format 1.0 or 2.0 or a mixture, with any part of it wrong. */
const event = fc
  .tuple(
    fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', 'TRACE', ''),
    fc.oneof(
      id.map((known) => `/conversations/${known}/participants`),
      id.map((known) => `/conversations/${known}/requests`),
      id.map((known) => `/requests/${known}`),
      hostileText,
    ),
    id,
    headers,
    fc.oneof(sometimes({ limit: hostileText, cursor: hostileText }), hostileJson),
    caller,
    fc.oneof({ weight: 4, arbitrary: body }, { weight: 1, arbitrary: fc.constant(undefined) }),
    fc.boolean(),
    fc.boolean(),
  )
  .map(
    ([method, path, pathId, headerFields, query, authorizer, content, isBase64Encoded, isV1]) => ({
      ...(isV1
        ? { httpMethod: method, path, multiValueHeaders: null }
        : { version: '2.0', rawPath: path, rawQueryString: '' }),
      headers: headerFields,
      queryStringParameters: query,
      pathParameters: { conversationId: pathId, requestId: pathId },
      requestContext: {
        http: { method, path },
        authorizer,
        identity: authorizer,
        stage: '$default',
      },
      body: content,
      isBase64Encoded,
    }),
  );

/** Which documents a response of each status may hold. */
const documents = {
  SubmittedRequest: componentValidator('SubmittedRequest'),
  Request: componentValidator('Request'),
  RequestList: componentValidator('RequestList'),
  Problem: componentValidator('Problem'),
};
type Name = keyof typeof documents;

function checkResponse(
  { status, headers: sent, body: document }: { status: number; headers: object; body: unknown },
  good: Record<number, Name[]>,
) {
  const allowed: Name[] = good[status] ?? (status >= 400 && status < 500 ? ['Problem'] : []);
  const fits = allowed.filter((name) => documents[name](document));
  expect({ status, document, fits }).toEqual({ status, document, fits: [expect.any(String)] });
  for (const value of Object.values(sent)) expect(String(value)).toMatch(/^[\x20-\x7e]*$/);
  // No stack, path of ours or name of the SDK.
  expect(JSON.stringify(document)).not.toMatch(/node_modules|\/var\/task|\.ts:|ZodError/);
}

const LIMIT_MS = 60_000;

describe('hostile HTTP events', () => {
  test(
    'get a documented response from intake, and what is queued is a request',
    async () => {
      const statuses = new Set<number>();
      await fc.assert(
        fc.asyncProperty(event, async (hostile) => {
          const { send, sent } = startIntake();
          const response = await send(hostile);
          statuses.add(response.status);
          checkResponse(response, {
            202: ['SubmittedRequest'],
            200: ['Request'],
          });
          expect(sent).toHaveLength(response.status < 300 ? 1 : 0);
        }),
        { numRuns: 1_500, seed: seedOfRun },
      );
      // Otherwise the events did not get far.
      expect([...statuses]).toEqual(expect.arrayContaining([400, 404, 405, 415, 422]));
    },
    LIMIT_MS,
  );

  test(
    'get a documented response from the requests function, and cancel nothing of others',
    async () => {
      const requests = startRequests();
      const record = await requests.create({
        requestId: REQUEST_ID,
        conversationId: CONVERSATION_ID,
      });
      const statuses = new Set<number>();
      await fc.assert(
        fc.asyncProperty(event, async (hostile) => {
          const response = await requests.send(hostile);
          statuses.add(response.status);
          checkResponse(response, { 200: ['Request', 'RequestList'] });
          expect((await requests.records.get(record.requestId))?.status).toBe('QUEUED');
        }),
        { numRuns: 1_500, seed: seedOfRun },
      );
      expect([...statuses]).toEqual(expect.arrayContaining([200, 404, 405]));
    },
    LIMIT_MS,
  );

  test('have problem documents of a bounded size, whatever the field names', async () => {
    const { send } = startIntake();
    const response = await send({
      version: '2.0',
      rawPath: '/conversations/b0a7ca11-0000-4000-8000-000000000001/participants',
      headers: { 'content-type': 'application/json' },
      pathParameters: { conversationId: 'b0a7ca11-0000-4000-8000-000000000001' },
      requestContext: { http: { method: 'POST' }, authorizer: { iam: { userArn: 'arn' } } },
      body: JSON.stringify(
        Object.fromEntries(
          Array.from({ length: 60 }, (_, index) => [`${index}${'~/'.repeat(450)}`, index]),
        ),
      ),
    });
    expect(response.status).toBe(422);
    expect(documents.Problem(response.body)).toBe(true);
    expect(JSON.stringify(response.body).length).toBeLessThan(32_768);
  });
});

describe('a byte order mark', () => {
  test.each([false, true])('is handled the same in a body, in base64: %s', async (encode) => {
    const json =
      '\ufeff{"participants":[{"id":"a9e7c000-0000-4000-8000-000000000001"}],"deadlineSeconds":60}';
    const { send } = startIntake();
    const response = await send({
      version: '2.0',
      rawPath: '/conversations/b0a7ca11-0000-4000-8000-000000000001/participants',
      headers: { 'content-type': 'application/json' },
      pathParameters: { conversationId: 'b0a7ca11-0000-4000-8000-000000000001' },
      requestContext: { http: { method: 'POST' }, authorizer: { iam: { userArn: 'arn' } } },
      body: encode ? Buffer.from(json).toString('base64') : json,
      isBase64Encoded: encode,
    });
    expect(response.status).toBe(202);
  });
});
