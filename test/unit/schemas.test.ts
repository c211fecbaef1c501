import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { auditEvent } from '../../lib/domain/audit-event.ts';
import { parseRequestMessage } from '../../lib/domain/request-message.ts';
import { describeAsyncapiDocument } from '../../scripts/schemas/asyncapi-document.ts';
import { describeProperties } from '../../scripts/schemas/json-schema.ts';
import { SCHEMA_DOCUMENTS } from '../../scripts/schemas/schema-documents.ts';
import { toFile } from '../../scripts/schemas.ts';
import { auditEventOf } from '../support/start-relay.ts';

const folder = new URL('../../schemas/', import.meta.url);
const validator = (name: string) => {
  const ajv = new Ajv2020({ allErrors: true });
  addFormats.default(ajv);
  return ajv.compile(SCHEMA_DOCUMENTS[name]?.() ?? {});
};

describe('schemas/', () => {
  test.each(Object.keys(SCHEMA_DOCUMENTS))(
    '%s is what the code says now (else run: npm run schemas)',
    (name) => {
      const file = new URL(name, folder);
      expect(existsSync(file) && readFileSync(file, 'utf8')).toBe(
        toFile(SCHEMA_DOCUMENTS[name]?.() ?? {}),
      );
    },
  );

  test('has nothing else in it but the schemas of past releases', () => {
    expect(readdirSync(folder).sort()).toEqual(
      [...Object.keys(SCHEMA_DOCUMENTS), 'released'].sort(),
    );
  });

  test('refuses a description of a property that is not there any more', () => {
    expect(() => describeProperties({ properties: {} }, { gone: 'x' })).toThrow(
      'the schema has no property gone',
    );
  });
});

test('the examples in asyncapi.json fit their messages', () => {
  const { components } = describeAsyncapiDocument() as {
    components: {
      messages: Record<string, { payload: { $ref: string }; examples: { payload: object }[] }>;
    };
  };
  const ajv = new Ajv2020({ allErrors: true });
  addFormats.default(ajv);
  ajv.addVocabulary(['components']);
  ajv.addSchema({ $id: 'https://schemas.example/asyncapi', components });
  expect(Object.keys(components.messages)).toEqual(['request', 'event']);
  for (const { payload, examples } of Object.values(components.messages)) {
    const validate = ajv.compile({ $ref: `https://schemas.example/asyncapi${payload.$ref}` });
    for (const example of examples) expect(validate(example.payload)).toBe(true);
  }
});

describe('the schema of the audit event', () => {
  const validate = validator('audit-event.schema.json');
  const event = auditEventOf('r-1');

  test('and zod agree on what is one', () => {
    const { request_id: _, ...incomplete } = event.audit;
    for (const [candidate, isOne] of [
      [event, true],
      [{ ...event, added_later: 1, audit: { ...event.audit, added_later: 2 } }, true],
      [{ ...event, audit: incomplete }, false],
      [{ ...event, event: 'other' }, false],
      [auditEventOf('r-1', { latency_ms: -1 }), false],
      [auditEventOf('r-1', { timestamp: 'yesterday' }), false],
      [auditEventOf('r-1', { status: 'OTHER' as never }), false],
    ] as const) {
      expect([candidate, validate(candidate)]).toEqual([candidate, isOne]);
      expect([candidate, auditEvent.safeParse(candidate).success]).toEqual([candidate, isOne]);
    }
  });
});

describe('the schema of the request message', () => {
  const validate = validator('request-message.schema.json');
  const id = '6d3f0c52-1c57-4f0e-8a58-0a1c2d3e4f50';
  const message = (participants: unknown[], more: object = {}) => ({
    conversationId: id,
    participants,
    ...more,
  });

  test('and the adder agree on what is one', () => {
    for (const [candidate, isOne] of [
      [message([{ id }]), true],
      [message([{ id, role: 'observer' }, { address: '+15551234567' }]), true],
      [message([{ address: 'sip:a@b.example', role: 'customer' }], { added: 'later' }), true],
      [message([{ id }], { version: 2, deadline: '2026-11-22T15:29:40+01:00' }), true],
      [message([]), false],
      [message([{}]), false],
      [message([{ id, address: '+15551234567' }]), false],
      [message([{ address: '+15551234567', role: 'agent' }]), false],
      [message([{ id, role: 'boss' }]), false],
      [message([{ id: 'not a uuid' }]), false],
      [message([{ id }], { version: 1 }), false],
      [message([{ id }], { deadline: 'tomorrow' }), false],
      [message(Array.from({ length: 21 }, () => ({ id }))), false],
      [{ participants: [{ id }] }, false],
      [[], false],
    ] as const) {
      expect([candidate, validate(candidate)]).toEqual([candidate, isOne]);
      const { ok } = parseRequestMessage(JSON.stringify(candidate), { messageId: id, sentAtMs: 0 });
      expect([candidate, ok]).toEqual([candidate, isOne]);
    }
  });
});
