import { describe, expect, test } from '@jest/globals';
import { describeApi } from '../../scripts/schemas/describe-api.ts';
import type { JsonObject } from '../../scripts/schemas/json-schema.ts';
import { OPENAPI_EXAMPLES } from '../../scripts/schemas/openapi-examples.ts';
import { componentValidator } from '../support/component-validator.ts';
import { uuidNumber } from '../support/create-api-ports.ts';
import { finishedRecord } from '../support/finished-record.ts';
import {
  eventWithBody,
  eventWithHeaders,
  type IntakeResponse,
  readEvent,
  startIntake,
} from '../support/start-intake.ts';
import { httpEvent, startRequests } from '../support/start-requests.ts';

const ADA = 'a9e7c000-0000-4000-8000-000000000001';

const throws = async () => {
  throw new Error();
};

/** A response of the service for each problem. */
const CAUSES: Record<keyof typeof OPENAPI_EXAMPLES.problems, () => Promise<IntakeResponse>> = {
  'invalid-json': () => ask(readEvent('http-api-v2.broken-json')),
  'no-body': () => ask(readEvent('http-api-v2.no-body')),
  'invalid-header': () => ask(eventWithHeaders({ 'idempotency-key': 'x'.repeat(256) })),
  'body-too-large': () => ask(eventWithBody(' '.repeat(2 * 1024 * 1024))),
  'unsupported-media-type': () => ask(readEvent('http-api-v2.form-body')),
  'invalid-request': () =>
    ask(
      eventWithBody({
        participants: [{ id: ADA }, { address: '+15551230199', role: 'boss' }, { id: ADA }],
        deadlineSeconds: 0,
      }),
    ),
  'not-found': () => startRequests().send(httpEvent('GET', `/requests/${uuidNumber(1)}`)),
  'invalid-parameter': () =>
    startRequests().send(
      httpEvent('GET', `/conversations/${uuidNumber(1)}/requests`, { query: { limit: '0' } }),
    ),
  'too-late': async () => {
    const { send, create, store } = startRequests({ readAllCallers: ['*'] });
    const record = await create({ requestId: uuidNumber(1) });
    await store(record, finishedRecord(record));
    return send(httpEvent('DELETE', `/requests/${uuidNumber(1)}`));
  },
  'idempotency-key-reused': async () => {
    const { send } = startIntake();
    const event = readEvent('http-api-v2.idempotency-key');
    await send(event);
    return send({ ...event, body: event.body.replace('300', '301') });
  },
  'quota-exceeded': () => ask(ordinary(), { takeFromQuota: async () => 17 }),
  'internal-error': () =>
    ask(ordinary(), {
      clock: {
        now: () => {
          throw new Error();
        },
      },
    }),
  'queue-unavailable': () => ask(ordinary(), { sendMessage: throws }),
  'table-unavailable': () => ask(ordinary(), { records: { create: throws, get: throws } }),
};

const ordinary = () => readEvent('http-api-v2.three-users');
const ask = (event: unknown, ports: Parameters<typeof startIntake>[0] = {}) =>
  startIntake(ports).send(event);

const api = describeApi();
const validator = componentValidator;

describe('schemas/openapi.json', () => {
  test.each(Object.entries(OPENAPI_EXAMPLES.requests))(
    'has an example request (%s) that is accepted and fits its schema',
    async (_, { value }) => {
      expect(validator('RequestBody')(value)).toBe(true);
      const response = await startIntake().send(eventWithBody(value));
      expect(response.status).toBe(202);
      expect(validator('SubmittedRequest')(response.body)).toBe(true);
    },
  );

  test('has an example response with the fields of a real one', async () => {
    const { body } = await startIntake().send(eventWithBody(OPENAPI_EXAMPLES.requests.users.value));
    const { requestId: _, ...example } = OPENAPI_EXAMPLES.accepted;
    expect(body).toMatchObject(example);
    expect(Object.keys(body)).toEqual(Object.keys(OPENAPI_EXAMPLES.accepted));
    expect(validator('SubmittedRequest')(OPENAPI_EXAMPLES.accepted)).toBe(true);
  });

  test.each(Object.entries(OPENAPI_EXAMPLES.problems))(
    'has for %s the very problem that the service responds with',
    async (kind, example) => {
      const response = await CAUSES[kind as keyof typeof CAUSES]();
      const { instance: _, ...expected } = example;
      expect(response.body).toMatchObject(expected);
      expect(response.status).toBe(example.status);
      expect(validator('Problem')(response.body)).toBe(true);
      expect(validator('Problem')(example)).toBe(true);
    },
  );

  test('takes and refuses what the service takes and refuses', async () => {
    const id = 'b0a7ca11-0000-0000-0000-000000000001';
    const address = '+15551230199';
    for (const [participant, status] of [
      [{ id }, 202],
      [{ id, role: null }, 202],
      [{ address }, 202],
      [{ address, role: 'customer' }, 202],
      [{ id, address }, 422],
      [{ address, role: 'agent' }, 422],
      [{ role: 'agent' }, 422],
      [{ id: `urn:uuid:${id}` }, 422],
      [{ id, name: 'Ada' }, 422],
      ['Ada', 422],
    ] as const) {
      const body = { participants: [participant] };
      const isValid = validator('RequestBody')(body);
      expect([participant, isValid]).toEqual([participant, status === 202]);
      expect([participant, (await ask(eventWithBody(body))).status]).toEqual([participant, status]);
    }
  });

  test('describes the requests that the service shows, lists and cancels', async () => {
    expect(validator('Request')(OPENAPI_EXAMPLES.request)).toBe(true);
    expect(validator('ResultEvent')(OPENAPI_EXAMPLES.event)).toBe(true);
    const { send, create, sent } = startRequests({ readAllCallers: ['*'] });
    const { conversationId } = await create({ requestId: uuidNumber(1) });
    const list = await send(httpEvent('GET', `/conversations/${conversationId}/requests`));
    const cancelled = await send(httpEvent('DELETE', `/requests/${uuidNumber(1)}`));
    const shown = await send(httpEvent('GET', `/requests/${uuidNumber(1)}`));
    expect([list, cancelled, shown].map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(validator('RequestList')(list.body)).toBe(true);
    expect(validator('Request')(cancelled.body)).toBe(true);
    expect(validator('Request')(shown.body)).toBe(true);
    expect(validator('ResultEvent')(JSON.parse(sent[0]?.body ?? ''))).toBe(true);
  });

  test('names no two enumerations that share a value, because their constants collide in Go', () => {
    const { schemas } = api.components as { schemas: Record<string, { enum?: string[] }> };
    const values = Object.values(schemas).flatMap((schema) => schema.enum ?? []);
    expect(values.length).toBeGreaterThan(20);
    expect(values.filter((value, index) => values.indexOf(value) !== index)).toEqual([]);
  });

  test('has one schema for the successful responses of an operation, because clients read all as one', () => {
    const operations = Object.values(api.paths as Record<string, JsonObject>).flatMap((path) =>
      Object.values(path),
    ) as { responses: Record<string, { content: Record<string, { schema: JsonObject }> }> }[];
    for (const { responses } of operations) {
      const successes = Object.entries(responses).filter(([status]) => status.startsWith('2'));
      const schemas = successes.map(([, { content }]) => content['application/json']?.schema);
      expect(new Set(schemas.map((schema) => JSON.stringify(schema))).size).toBe(1);
    }
  });

  test('gives no default to an optional field, which would make it required in clients', () => {
    expect(JSON.stringify(api)).not.toMatch(/"deadlineSeconds":\{[^}]*"default"/);
    expect(JSON.stringify(api.components)).not.toContain('"default"');
  });

  test('lists each problem under its own status', () => {
    const { post } = (api.paths as Record<string, { post: JsonObject }>)[
      '/conversations/{conversationId}/participants'
    ] as { post: { responses: Record<string, { content: Record<string, JsonObject> }> } };
    for (const [status, { content }] of Object.entries(post.responses)) {
      const examples = content['application/problem+json']?.examples ?? {};
      for (const { value } of Object.values(examples as Record<string, { value: JsonObject }>)) {
        expect(value.status).toBe(Number(status));
      }
    }
  });
});
