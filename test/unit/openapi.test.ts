import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { JsonObject } from '../../scripts/schemas/json-schema.ts';
import { describeApi, EXAMPLES } from '../../scripts/schemas/openapi-document.ts';
import {
  eventWithBody,
  eventWithHeaders,
  readEvent,
  startIntake,
} from '../support/start-intake.ts';

const ADA = 'a9e7c000-0000-4000-8000-000000000001';

/** A request that is answered with the example of each problem. */
const CAUSES: Record<keyof typeof EXAMPLES.problems, () => unknown> = {
  'invalid-json': () => readEvent('http-api-v2.broken-json'),
  'no-body': () => readEvent('http-api-v2.no-body'),
  'invalid-header': () => eventWithHeaders({ 'idempotency-key': 'x'.repeat(256) }),
  'body-too-large': () => eventWithBody(' '.repeat(2 * 1024 * 1024)),
  'unsupported-media-type': () => readEvent('http-api-v2.form-body'),
  'invalid-request': () =>
    eventWithBody({
      participants: [{ id: ADA }, { address: '+15551230199', role: 'boss' }, { id: ADA }],
      deadlineSeconds: 0,
    }),
  'internal-error': () => readEvent('http-api-v2.three-users'),
  'queue-unavailable': () => readEvent('http-api-v2.three-users'),
};

const FAILING = {
  'internal-error': {
    clock: {
      now: () => {
        throw new Error();
      },
    },
  },
  'queue-unavailable': {
    sendMessage: async () => {
      throw new Error();
    },
  },
};

const api = describeApi();
const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true });
addFormats.default(ajv);
const validator = (name: string) =>
  ajv.compile((api.components as { schemas: Record<string, JsonObject> }).schemas[name] ?? {});

describe('schemas/openapi.json', () => {
  test.each(Object.entries(EXAMPLES.requests))(
    'has an example request (%s) that is accepted and fits its schema',
    async (_, { value }) => {
      expect(validator('RequestBody')(value)).toBe(true);
      const answer = await startIntake().send(eventWithBody(value));
      expect(answer.status).toBe(202);
      expect(validator('Accepted')(answer.body)).toBe(true);
    },
  );

  test('has an example answer with the fields of a real one', async () => {
    const { body } = await startIntake().send(eventWithBody(EXAMPLES.requests.users.value));
    const { requestId: _, ...example } = EXAMPLES.accepted;
    expect(body).toMatchObject(example);
    expect(Object.keys(body)).toEqual(Object.keys(EXAMPLES.accepted));
    expect(validator('Accepted')(EXAMPLES.accepted)).toBe(true);
  });

  test.each(Object.entries(EXAMPLES.problems))(
    'has for %s the very problem that intake answers',
    async (kind, example) => {
      const intake = startIntake(FAILING[kind as keyof typeof FAILING]);
      const answer = await intake.send(CAUSES[kind as keyof typeof CAUSES]());
      const { instance: _, ...expected } = example;
      expect(answer.body).toMatchObject(expected);
      expect(answer.status).toBe(example.status);
      expect(validator('Problem')(answer.body)).toBe(true);
      expect(validator('Problem')(example)).toBe(true);
    },
  );

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
