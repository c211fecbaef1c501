import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { problemType } from '../../lib/domain/problem.ts';
import { readEvent, startIntake } from '../support/start-intake.ts';

const ROLE_SESSION = 'arn:aws:sts::123456789012:assumed-role/routing-service/i-0a1b2c3d4e5f60718';
const USER = 'arn:aws:iam::123456789012:user/routing-service';

const ACCEPTED: Record<string, { requestedBy: string; participants: number }> = {
  'http-api-v2.three-users': { requestedBy: ROLE_SESSION, participants: 3 },
  'http-api-v2.customer-by-address': { requestedBy: ROLE_SESSION, participants: 2 },
  'http-api-v2.generic-conversation': { requestedBy: ROLE_SESSION, participants: 2 },
  'http-api-v2.base64-body': { requestedBy: ROLE_SESSION, participants: 3 },
  'http-api-v2.jwt-caller': { requestedBy: '4f1g23a12aa', participants: 3 },
  'http-api-v2.idempotency-key': { requestedBy: ROLE_SESSION, participants: 3 },
  'rest-api-v1.three-users': { requestedBy: USER, participants: 3 },
  'rest-api-v1.base64-body': { requestedBy: USER, participants: 3 },
  'rest-api-v1.cognito-caller': {
    requestedBy: '2f6b0a5e-7a01-4c0c-9f0e-5d3a5c1b7e21',
    participants: 3,
  },
};

const WRONG_FIELDS = [
  '/participants/1/id',
  '/participants/2/address',
  '/participants/2/role',
  '/participants/3/role',
  '/participants/4',
  '/participants/0/id',
  '/participants/3/id',
  '/deadlineSeconds',
  '/priority',
];

const REFUSED: Record<string, { status: number; kind: string; places: string[] }> = {
  'http-api-v2.broken-json': { status: 400, kind: 'invalid-json', places: [''] },
  'http-api-v2.no-body': { status: 400, kind: 'no-body', places: [''] },
  'http-api-v2.array-body': { status: 422, kind: 'invalid-request', places: [''] },
  'http-api-v2.proto-key': {
    status: 422,
    kind: 'invalid-request',
    places: ['/participants/0/__proto__', '/__proto__'],
  },
  'http-api-v2.wrong-fields': {
    status: 422,
    kind: 'invalid-request',
    places: ['/conversationId', ...WRONG_FIELDS],
  },
  'http-api-v2.path-traversal': {
    status: 422,
    kind: 'invalid-request',
    places: ['/conversationId'],
  },
  'http-api-v2.form-body': {
    status: 415,
    kind: 'unsupported-media-type',
    places: ['Content-Type'],
  },
  'http-api-v2.bad-headers': {
    status: 400,
    kind: 'invalid-header',
    places: ['Idempotency-Key', 'X-Correlation-Id'],
  },
  'http-api-v2.duplicate-users': {
    status: 422,
    kind: 'invalid-request',
    places: ['/participants/0/id', '/participants/2/id'],
  },
  'rest-api-v1.wrong-fields': { status: 422, kind: 'invalid-request', places: WRONG_FIELDS },
  'rest-api-v1.no-body': { status: 400, kind: 'no-body', places: [''] },
};

describe('the sample events of API Gateway', () => {
  test('are all tried here', () => {
    const files = readdirSync(new URL('../../events/', import.meta.url))
      .filter((name) => /^(http|rest)-api-/.test(name))
      .map((name) => name.replace('.json', ''));
    expect(files.toSorted()).toEqual(
      [...Object.keys(ACCEPTED), ...Object.keys(REFUSED)].toSorted(),
    );
  });

  test.each(Object.entries(ACCEPTED))('%s is accepted', async (name, expected) => {
    const { send, sent } = startIntake();
    const response = await send(readEvent(name));
    expect(response.status).toBe(202);
    expect(sent).toHaveLength(1);
    const message = JSON.parse(sent[0]?.body ?? '');
    expect(message.requestedBy).toBe(expected.requestedBy);
    expect(message.participants).toHaveLength(expected.participants);
  });

  test.each(Object.entries(REFUSED))('%s is refused by name', async (name, expected) => {
    const { send, sent } = startIntake();
    const response = await send(readEvent(name));
    expect(response.status).toBe(expected.status);
    expect(response.body.type).toBe(problemType(expected.kind as never));
    expect(response.body.errors?.map(({ pointer, header }) => header ?? pointer)).toEqual(
      expected.places,
    );
    expect(sent).toEqual([]);
  });
});
