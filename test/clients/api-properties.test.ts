import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { default as addFormats } from 'ajv-formats';
import fc from 'fast-check';
import type openapi from '../../schemas/openapi.json';
import { type StartedSystem, startWithNpm } from '../support/start-npm.ts';

/** A schema of the document. */
type Schema = Record<string, unknown>;
type Method = 'get' | 'post' | 'delete';

const file = new URL('../../schemas/openapi.json', import.meta.url);
const document: typeof openapi = JSON.parse(readFileSync(file, 'utf8'));

const RUNS = 150;
const CONVERSATION = 'b0a7ca11-0000-4000-8000-00000000ffff';
const PATHS = {
  add: '/conversations/{conversationId}/participants',
  list: '/conversations/{conversationId}/requests',
  request: '/requests/{requestId}',
} as const;

const ajv = new Ajv2020({ strict: false, validateFormats: true });
(addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
ajv.addSchema(document, 'openapi.json');
const validBody = ajv.compile({ $ref: 'openapi.json#/components/schemas/RequestBody' });

let system: StartedSystem;
beforeAll(async () => {
  system = await startWithNpm();
}, 180_000);
afterAll(() => system.stop());

/** Calls the API, and fails for a response that the document does not describe. */
async function call(
  method: Method,
  path: keyof typeof PATHS,
  id: string,
  options: { body?: unknown; query?: string; headers?: Record<string, string> } = {},
) {
  const url = `${system.endpoints.apiUrl}${PATHS[path].replace(/\{\w+\}/, encodeURIComponent(id))}${options.query ?? ''}`;
  const response = await fetch(url, {
    method: method.toUpperCase(),
    headers: { 'content-type': 'application/json', ...options.headers },
    ...('body' in options ? { body: JSON.stringify(options.body) } : {}),
  });
  const body = await response.json();
  const operation = (document.paths[PATHS[path]] as Record<string, unknown>)[method] as {
    responses: Record<string, { content: Record<string, { schema: Schema }> }>;
  };
  const [mediaType = ''] = (response.headers.get('content-type') ?? '').split(';');
  const described = operation.responses[response.status]?.content[mediaType];
  if (!described)
    throw new Error(`${method} ${url}: ${response.status} ${mediaType} is not described`);
  const valid = ajv.validate(withAbsoluteReferences(described.schema), body);
  if (!valid) throw new Error(`${response.status} ${JSON.stringify(body)}: ${ajv.errorsText()}`);
  return { status: response.status, body: body as Record<string, unknown> };
}

const withAbsoluteReferences = (schema: Schema): Schema =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openapi.json#/'));

/** Values that fit a schema. Knows the keywords that the request body uses; others are an error. */
function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  if (typeof schema.$ref === 'string') {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return valuesOf((document.components.schemas as unknown as Record<string, Schema>)[name] ?? {});
  }
  const branches = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined;
  if (branches) return fc.oneof(...branches.map(valuesOf));
  if ('const' in schema) return fc.constant(schema.const);
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  if (Array.isArray(schema.type)) {
    return fc.oneof(...schema.type.map((type) => valuesOf({ ...schema, type })));
  }
  switch (schema.type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum as number, max: schema.maximum as number });
    case 'string': {
      const longest = (schema.maxLength as number | undefined) ?? 1_000;
      return fc
        .stringMatching(new RegExp(schema.pattern as string))
        .filter((text) => text.length <= longest);
    }
    case 'array':
      return fc.array(valuesOf(schema.items as Schema), {
        minLength: schema.minItems as number,
        maxLength: 5,
      });
    case 'object': {
      const properties = Object.entries(schema.properties as Record<string, Schema>);
      const model = Object.fromEntries(properties.map(([key, one]) => [key, valuesOf(one)]));
      return fc.record(model, {
        requiredKeys: (schema.required ?? []) as string[],
        noNullPrototype: true,
      });
    }
    default:
      throw new Error(`No values for ${JSON.stringify(schema)}`);
  }
}

const bodies = valuesOf({ $ref: '#/components/schemas/RequestBody' });

/** A body with one thing changed, most often for the worse. */
const spoiledBodies = fc
  .tuple(
    bodies,
    fc.constantFrom('participants', 'deadlineSeconds', 'dryRun', 'actingUserId', 'else'),
    fc.oneof(fc.jsonValue(), fc.constantFrom(4, 5, 86_400, 86_401, 60.5, '60', [], {}, 'true')),
    fc.boolean(),
  )
  .map(([body, field, value, inside]) => {
    const copy = structuredClone(body) as Record<string, unknown> & { participants: object[] };
    const target = inside ? (copy.participants[0] ?? copy) : copy;
    return (
      Object.assign(target, { [inside && field === 'participants' ? 'id' : field]: value }) && copy
    );
  });

/** What the document says in words only: no one is named twice. Addresses have a test of their own. */
const isMoreThanValid = (body: unknown): boolean => {
  const { participants } = body as { participants: { id?: string; address?: string }[] };
  const names = participants.map(({ id, address }) => (id ?? address ?? '').toLowerCase());
  return new Set(names).size === names.length && participants.every(({ address }) => !address);
};

test('the service accepts exactly the bodies that the document allows', async () => {
  const counts = { accepted: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(fc.oneof(bodies, spoiledBodies), async (body) => {
      const valid = validBody(body);
      fc.pre(!valid || isMoreThanValid(body));
      const { status } = await call('post', 'add', CONVERSATION, { body });
      expect({ body, status }).toEqual({ body, status: valid ? 202 : 422 });
      counts[valid ? 'accepted' : 'refused'] += 1;
    }),
    { numRuns: RUNS },
  );
  // Both directions were tried.
  expect(Math.min(counts.accepted, counts.refused)).toBeGreaterThan(RUNS / 10);
}, 180_000);

test('the service accepts every address that the document allows, or refuses it with a reason', async () => {
  const { address } = document.components.schemas.OutsideParty.properties;
  await fc.assert(
    fc.asyncProperty(valuesOf(address), async (value) => {
      const { status, body } = await call('post', 'add', CONVERSATION, {
        body: { participants: [{ address: value }] },
      });
      // A number or a SIP domain that the stage does not allow is no request of this stage.
      if (status === 422) {
        expect(body.errors).toEqual([
          { pointer: '/participants/0/address', detail: expect.stringContaining('not allowed') },
        ]);
      } else expect({ value, status }).toEqual({ value, status: 202 });
    }),
    { numRuns: RUNS },
  );
}, 180_000);

test('every response to odd headers, ids and parameters is one that the document describes', async () => {
  const texts = fc.oneof(
    fc.string({ unit: 'grapheme-ascii' }),
    fc.constantFrom('', ' ', '20', '-1'),
  );
  const known = randomUUID();
  await call('post', 'add', CONVERSATION, {
    body: { participants: [{ id: known }] },
    headers: { 'idempotency-key': known },
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<[Method, keyof typeof PATHS]>(
        ['post', 'add'],
        ['get', 'list'],
        ['get', 'request'],
        ['delete', 'request'],
      ),
      fc.oneof(fc.uuid(), fc.stringMatching(/^[\w ~!@%ü-]{1,40}$/)),
      texts,
      texts,
      async ([method, path], id, header, parameter) => {
        const { status } = await call(method, path, id, {
          ...(method === 'post' ? { body: { participants: [] } } : {}),
          headers: { prefer: header, 'x-correlation-id': header, 'idempotency-key': header },
          query: `?limit=${encodeURIComponent(parameter)}&cursor=${encodeURIComponent(header)}`,
        });
        expect(status).toBeLessThan(500);
      },
    ),
    { numRuns: RUNS },
  );
}, 180_000);
