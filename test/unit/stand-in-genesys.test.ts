import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  createGenesys,
  type Genesys,
  type GenesysEvent,
  type GenesysOptions,
} from '../../local/genesys/create-genesys.ts';
import type { Delivery, GenesysResponse } from '../../local/genesys/exchange.ts';
import { gatewayPage, platformError, tooManyRequests } from '../../local/genesys/faults.ts';
import {
  CUSTOMER_ADDRESS,
  DELETED_USER,
  FREE_USERS,
  GENERIC_CONVERSATION,
  INACTIVE_USER,
  OFFLINE_USER,
  PLATFORM_CONVERSATION,
  PRESENT,
  SAMPLE_CLIENT,
  SAMPLE_USERS,
  sampleOrganisation,
  UNKNOWN_USER,
} from '../../local/genesys/sample-organisation.ts';

/** The rules of the stand-in, without sockets and over a clock that only the tests move. */

const START_MS = Date.UTC(2026, 10, 22, 15, 0, 0);
const CONVERSATION = `/api/v2/conversations/${PLATFORM_CONVERSATION}`;
const ADD = `/api/v2/conversations/calls/${PLATFORM_CONVERSATION}/participants/user/${SAMPLE_USERS.ada}`;
const GENERIC_ADD = `/api/v2/conversations/${GENERIC_CONVERSATION}/participants`;
const [HANA, IVO, JUN] = FREE_USERS as [string, string, string];
const { ada: ADA, ben: BEN } = SAMPLE_USERS;

let nowMs: number;
let genesys: Genesys;
let token: string;
let events: GenesysEvent[];

function start(options: Partial<GenesysOptions> = {}): void {
  nowMs = START_MS;
  events = [];
  let ids = 0;
  genesys = createGenesys({
    ...SAMPLE_CLIENT,
    ...sampleOrganisation(nowMs),
    now: () => nowMs,
    newId: () => `id-${++ids}`,
    onEvent: (event) => events.push(event),
    ...options,
  });
  token = String(json(logIn()).access_token);
}

beforeEach(() => start());

const request = (
  method: string,
  target: string,
  body = '',
  headers: Record<string, string> = {},
) => {
  const [path = '', query] = target.split('?');
  return { method, path, query: new URLSearchParams(query), headers, body };
};
const authorised = (method: string, target: string, body?: unknown) =>
  request(method, target, body === undefined ? '' : JSON.stringify(body), {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
  });
const get = (target: string) => genesys.handle(authorised('GET', target));
const post = (target: string, body: unknown) => genesys.handle(authorised('POST', target, body));
const json = (response: GenesysResponse) => JSON.parse(response.body);
const code = (response: GenesysResponse) => [response.status, json(response).code];
const add = (...userIds: string[]) =>
  post(ADD, { participants: userIds.map((userId) => ({ userId })) });
const people = (conversationId: string) =>
  genesys.state.organisation.peopleIn(conversationId, nowMs);

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const BASIC = `Basic ${btoa(`${SAMPLE_CLIENT.clientId}:${SAMPLE_CLIENT.clientSecret}`)}`;
const formBody = (fields: Record<string, string>) =>
  new URLSearchParams({ grant_type: 'client_credentials', ...fields }).toString();
const credentials = {
  client_id: SAMPLE_CLIENT.clientId,
  client_secret: SAMPLE_CLIENT.clientSecret,
};
const requestToken = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
  genesys.handle(request('POST', '/oauth/token', formBody(fields), { ...FORM, ...headers }));
const logIn = () => requestToken(credentials);

describe('token requests', () => {
  test('form fields and HTTP Basic are each enough', () => {
    start({ tokenLifetimeSeconds: 3_600 });
    for (const response of [logIn(), requestToken({}, { authorization: BASIC })]) {
      expect(response.status).toBe(200);
      expect(json(response)).toEqual({
        access_token: expect.any(String),
        token_type: 'bearer',
        expires_in: 3_600,
      });
    }
  });

  test('HTTP Basic may be form-encoded, as the RFC has it', () => {
    start({ clientId: 'a client', clientSecret: 'p%ss:wörd+1' });
    const encoded = `Basic ${btoa('a+client:p%25ss%3Aw%C3%B6rd%2B1')}`;
    expect(requestToken({}, { authorization: encoded }).status).toBe(200);
  });

  test.each([
    ['both ways at once', credentials, { authorization: BASIC }, 400, 'invalid_request'],
    [
      'an id in the form beside Basic',
      { client_id: 'x' },
      { authorization: BASIC },
      400,
      'invalid_request',
    ],
    ['no client at all', {}, {}, 400, 'invalid_client'],
    [
      'a wrong secret in the form',
      { ...credentials, client_secret: 'no' },
      {},
      400,
      'invalid_client',
    ],
    [
      'a wrong secret in Basic',
      {},
      { authorization: `Basic ${btoa('a:b')}` },
      401,
      'invalid_client',
    ],
    [
      'another grant',
      { ...credentials, grant_type: 'password' },
      {},
      400,
      'unsupported_grant_type',
    ],
    [
      'another content type',
      credentials,
      { 'content-type': 'application/json' },
      400,
      'invalid_request',
    ],
  ] as [string, Record<string, string>, Record<string, string>, number, string][])(
    '%s: refused in the shape of OAuth',
    (_, fields, headers, status, error) => {
      const response = requestToken(fields, headers);
      expect(response.status).toBe(status);
      const { description } = json(response);
      expect(json(response)).toEqual({ error, description, error_description: description });
    },
  );

  test('are counted, refused ones too, and never written down', () => {
    requestToken({ ...credentials, client_secret: 'a-wrong-secret' });
    expect(genesys.state.tokenRequests()).toBe(2);
    expect(genesys.state.tokensIssued()).toBe(1);
    const written = JSON.stringify([genesys.state.calls, events]);
    expect(written).not.toContain('secret');
    expect(written).not.toContain(token);
  });

  test('a token ends with its life; others live on when one is revoked', () => {
    start({ tokenLifetimeSeconds: 600 });
    const other = String(json(logIn()).access_token);
    nowMs += 599_999;
    expect(get(CONVERSATION).status).toBe(200);
    genesys.state.revokeToken(token);
    expect(code(get(CONVERSATION))).toEqual([401, 'bad.credentials']);
    token = other;
    expect(get(CONVERSATION).status).toBe(200);
    nowMs += 1;
    expect(code(get(CONVERSATION))).toEqual([401, 'bad.credentials']);
  });
});

describe('the rate limit', () => {
  test('every response says where the window stands, refusals and token responses too', () => {
    start();
    const standing = ({ headers }: GenesysResponse) =>
      ['count', 'allowed', 'reset'].map((name) => headers[`inin-ratelimit-${name}`]);
    expect(standing(logIn())).toEqual(['2', '300', '60']);
    nowMs += 10_500;
    expect(standing(get(CONVERSATION))).toEqual(['3', '300', '50']);
    expect(standing(get('/api/v2/nowhere'))).toEqual(['4', '300', '50']);
  });

  test('refuses what is over it until the window ends, and says for how long', () => {
    start({ requestsPerMinute: 3 });
    nowMs += 18_000;
    const responses = [1, 2, 3].map(() => get(CONVERSATION));
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(responses[2]?.headers['retry-after']).toBe('42');
    expect(json(responses[2] as GenesysResponse)).toMatchObject({
      code: 'too.many.requests.retry.after',
      message: 'Rate limit exceeded the maximum. Retry the request in [42] seconds',
    });
    nowMs += 41_999;
    expect(get(CONVERSATION).status).toBe(429);
    nowMs += 1;
    expect(get(CONVERSATION).status).toBe(200);
  });
});

describe('the live platform', () => {
  test('dials who is asked for, once for each time, those who are in included', () => {
    expect(add(HANA, IVO).status).toBe(200);
    expect(add(HANA).status).toBe(200);
    const { organisation } = genesys.state;
    expect([HANA, IVO].map((who) => organisation.ringsOf(PLATFORM_CONVERSATION, who))).toEqual([
      2, 1,
    ]);
    expect(organisation.rings.map(({ wasInAlready }) => wasInAlready)).toEqual([
      false,
      false,
      true,
    ]);
  });

  test('a person who is dialled rings, answers after a while, and remains listed after leaving', () => {
    start({ answerAfterMs: 2_000 });
    add(HANA, OFFLINE_USER);
    const states = () =>
      json(get(CONVERSATION))
        .participants.slice(3)
        .map(({ calls, endTime }: { calls: { state: string }[]; endTime?: string }) => [
          calls[0]?.state,
          endTime,
        ]);
    expect(states()).toEqual([
      ['alerting', undefined],
      ['alerting', undefined],
    ]);
    nowMs += 2_000;
    expect(states()).toEqual([
      ['connected', undefined],
      ['alerting', undefined],
    ]);
    genesys.state.organisation.leave(PLATFORM_CONVERSATION, HANA, nowMs);
    expect(states()).toEqual([
      ['disconnected', new Date(nowMs).toISOString()],
      ['alerting', undefined],
    ]);
  });

  test('an atomic batch dials no one if one is refused', () => {
    expect(add(HANA, INACTIVE_USER).status).toBe(409);
    expect(add(HANA, UNKNOWN_USER).status).toBe(404);
    expect(add(HANA, DELETED_USER).status).toBe(404);
    expect(genesys.state.organisation.rings).toEqual([]);
  });

  test('where each stands alone, the good ones are dialled and the response is 200', () => {
    start({ platformBatch: 'each' });
    expect(add(HANA, UNKNOWN_USER, IVO).status).toBe(200);
    expect(people(PLATFORM_CONVERSATION)).toEqual([CUSTOMER_ADDRESS, ADA, HANA, IVO]);
    expect(add(UNKNOWN_USER).status).toBe(404);
  });

  test('machines take no seat, people who ring do, people who left do not', () => {
    start({ answerAfterMs: undefined });
    Object.assign(genesys.state.organisation.existing(PLATFORM_CONVERSATION), {
      maxParticipants: 4,
    });
    const { organisation } = genesys.state;
    for (const purpose of ['acd', 'ivr', 'workflow', 'botflow']) {
      organisation.join(PLATFORM_CONVERSATION, { purpose }, nowMs);
    }
    expect(add(HANA, IVO).status).toBe(200);
    expect(code(add(JUN))).toEqual([400, 'constraint.validation']);
    organisation.leave(PLATFORM_CONVERSATION, HANA, nowMs);
    expect(add(JUN).status).toBe(200);
  });

  test('reads lag behind a write where they are told to', () => {
    start({ readLagMs: 1_500 });
    const listed = () =>
      json(get(CONVERSATION)).participants.map((p: { userId: string }) => p.userId);
    nowMs += 2_000;
    expect(json(add(HANA)).participants).toHaveLength(4);
    expect(listed()).not.toContain(HANA);
    nowMs += 1_500;
    expect(listed()).toContain(HANA);
  });

  test('the generic operations do not exist for its conversations', () => {
    expect(post(`${CONVERSATION}/participants`, [{ id: HANA, role: 'agent' }]).status).toBe(404);
    expect(
      post(ADD.replace(PLATFORM_CONVERSATION, GENERIC_CONVERSATION), {
        participants: [{ userId: HANA }],
      }).status,
    ).toBe(404);
    expect(get('/api/v2/conversations').status).toBe(404);
    expect(genesys.handle(authorised('PUT', CONVERSATION)).status).toBe(404);
  });
});

describe('the generic endpoint', () => {
  const conversation = () => json(get(`/api/v2/conversations/${GENERIC_CONVERSATION}`));
  const addGeneric = (...entries: unknown[]) => post(GENERIC_ADD, entries);

  test('a conversation is its id, its type and the ids of its users', () => {
    expect(conversation()).toEqual({
      id: GENERIC_CONVERSATION,
      type: 'voice',
      participants: [{ id: ADA }, { id: BEN }],
    });
  });

  test.each([200, 201] as const)('every role is added with a %i', (status) => {
    start({ genericAddStatus: status });
    const roles = ['agent', 'customer', 'observer', 'supervisor'];
    const response = addGeneric(...roles.map((role, index) => ({ id: FREE_USERS[index], role })));
    expect(response.status).toBe(status);
    expect(json(response).map(({ role }: { role: string }) => role)).toEqual(roles);
    expect(conversation().participants).toHaveLength(6);
  });

  test.each([
    [
      'a person who is in',
      [
        { id: HANA, role: 'agent' },
        { id: BEN, role: 'agent' },
      ],
      409,
    ],
    [
      'the same user twice',
      [
        { id: HANA, role: 'agent' },
        { id: HANA, role: 'observer' },
      ],
      409,
    ],
    [
      'an unknown role',
      [
        { id: HANA, role: 'agent' },
        { id: IVO, role: 'boss' },
      ],
      422,
    ],
    ['no role', [{ id: HANA }], 422],
    ['an unknown user', [{ id: UNKNOWN_USER, role: 'agent' }], 422],
    ['an inactive user', [{ id: INACTIVE_USER, role: 'agent' }], 422],
    ['an address', [{ address: '+15551234567', role: 'customer' }], 422],
    ['a field that does not exist', [{ id: HANA, role: 'agent', name: 'Hana' }], 422],
    ['an entry that is no object', [HANA], 422],
    ['no one', [], 422],
    ['19 people beside the two who are in', FREE_USERS.map((id) => ({ id, role: 'agent' })), 422],
    ['an object around the array', { participants: [{ id: HANA, role: 'agent' }] }, 400],
  ] as [string, unknown, number][])('%s: refused, and no one is added', (_, body, status) => {
    expect(FREE_USERS).toHaveLength(19);
    expect(post(GENERIC_ADD, body).status).toBe(status);
    expect(people(GENERIC_CONVERSATION)).toEqual(PRESENT[GENERIC_CONVERSATION]);
  });

  test('exactly 20 fit', () => {
    expect(addGeneric(...FREE_USERS.slice(0, 18).map((id) => ({ id, role: 'agent' }))).status).toBe(
      201,
    );
    expect(addGeneric({ id: FREE_USERS[18], role: 'agent' }).status).toBe(422);
  });

  test('without bulk reads a user is an id and a status', () => {
    start({ genericBulkUsers: false });
    expect(get(`/api/v2/users?id=${HANA}`).status).toBe(404);
    expect(json(get(`/api/v2/users/${OFFLINE_USER}`))).toEqual({
      id: OFFLINE_USER,
      status: 'Offline',
    });
    expect(get(`/api/v2/users/${UNKNOWN_USER}`).status).toBe(404);
  });

  test.each([
    ['conversation:read', () => get(`/api/v2/conversations/${GENERIC_CONVERSATION}`)],
    ['conversation:participants:add', () => addGeneric({ id: HANA, role: 'agent' })],
    ['user:read', () => get(`/api/v2/users/${HANA}`)],
  ])('without %s: 403 that names it', (permission, call) => {
    start({ genericBulkUsers: false });
    genesys.state.behaviour.permissions.delete(permission);
    const response = call();
    expect(response.status).toBe(403);
    expect(json(response).message).toContain(permission);
  });
});

describe('faults', () => {
  const deliver = (method: string, path: string, body?: unknown) => {
    const exchange = genesys.receive(authorised(method, path, body));
    return { waitMs: exchange.waitMs, ...exchange.carryOut() };
  };
  const rings = () => genesys.state.organisation.rings.map(({ who }) => who);
  const body = { participants: [{ userId: HANA }, { userId: IVO }] };

  test('a response that is lost after the add was carried out', () => {
    genesys.state.faults.push({ method: 'POST', fault: { carriedOut: true, response: 'reset' } });
    expect(deliver('POST', ADD, body).kind).toBe('reset');
    expect(rings()).toEqual([HANA, IVO]);
  });

  test.each(['reset', 'hang'] as const)('a %s before anything is carried out', (response) => {
    genesys.state.faults.push({ fault: { response } });
    expect(deliver('POST', ADD, body)).toEqual({ kind: response, waitMs: 0, delayMs: 0 });
    expect(rings()).toEqual([]);
    expect(genesys.state.calls.at(-1)).toMatchObject({ method: 'POST', body, delivery: response });
    expect(genesys.state.calls.at(-1)?.status).toBeUndefined();
  });

  test.each([
    [ADD, body],
    [
      GENERIC_ADD,
      [
        { id: HANA, role: 'agent' },
        { id: IVO, role: 'agent' },
      ],
    ],
  ])('an add that stops after one participant: %s', (path, wanted) => {
    genesys.state.faults.push({ fault: { carriedOut: 1, response: gatewayPage(504) } });
    expect(deliver('POST', path, wanted)).toMatchObject({ response: { status: 504 } });
    expect(rings()).toEqual([HANA]);
  });

  test('a delay before and one after, with the response as it is', () => {
    genesys.state.faults.push({ fault: { waitMs: 10, delayMs: 20 } });
    expect(deliver('GET', CONVERSATION)).toMatchObject({
      kind: 'response',
      waitMs: 10,
      delayMs: 20,
      response: { status: 200 },
    });
  });

  test('a response that is cut off', () => {
    genesys.state.faults.push({ fault: { response: 'cut' } });
    expect(deliver('GET', CONVERSATION)).toMatchObject({ kind: 'cut', response: { status: 200 } });
  });

  const responseOf = (delivery: Delivery): GenesysResponse => {
    if ('response' in delivery) return delivery.response;
    throw new Error('there was no response');
  };

  test('a page of a gateway carries nothing of the platform and is not counted', () => {
    genesys.state.faults.push({ calls: [1], fault: { response: gatewayPage(502) } });
    expect(Object.keys(responseOf(deliver('GET', CONVERSATION)).headers)).toEqual(['content-type']);
    expect(get(CONVERSATION).headers['inin-ratelimit-count']).toBe('2');
  });

  test('a refusal of the platform is counted and whole', () => {
    genesys.state.faults.push({ fault: { response: platformError(403, 'not.authorized', 'No.') } });
    const { headers, body: text } = responseOf(deliver('GET', CONVERSATION));
    expect(headers['inin-ratelimit-count']).toBe('2');
    expect(JSON.parse(text)).toEqual({
      status: 403,
      code: 'not.authorized',
      message: 'No.',
      contextId: headers['inin-correlation-id'],
      details: [],
      errors: [],
    });
  });

  test('429 with and without a delay', () => {
    genesys.state.faults.push({ calls: [1], fault: { response: tooManyRequests(58) } });
    genesys.state.faults.push({ fault: { response: tooManyRequests() } });
    expect(responseOf(deliver('GET', CONVERSATION)).headers['retry-after']).toBe('58');
    expect(responseOf(deliver('GET', CONVERSATION)).headers['retry-after']).toBeUndefined();
  });

  test('a rule counts the requests that it matches, and the first that applies wins', () => {
    genesys.state.faults.push(
      { method: 'GET', path: '/users', calls: [2], fault: { response: 'hang' } },
      { path: /^\/api\/v2\/users$/, fault: { response: 'reset' } },
    );
    const kinds = ['/api/v2/users', CONVERSATION, '/api/v2/users', '/api/v2/users'].map(
      (path) => deliver('GET', path).kind,
    );
    expect(kinds).toEqual(['reset', 'response', 'hang', 'reset']);
  });

  test('a fault by chance comes from the given randomness', () => {
    const rolls = [0.5, 0.29, 0.3];
    start({
      random: () => rolls.shift() ?? 1,
      faults: [{ probability: 0.3, fault: { response: 'reset' } }],
    });
    expect([1, 2, 3].map(() => deliver('GET', CONVERSATION).kind)).toEqual([
      'response',
      'reset',
      'response',
    ]);
  });

  test('a fault that says neither to carry out nor what to respond is a mistake of the test', () => {
    genesys.state.faults.push({ fault: { carriedOut: false } });
    expect(() => deliver('GET', CONVERSATION)).toThrow('has to say what comes back');
  });
});

describe('events', () => {
  test('a person can join between the arrival of an add and its being carried out', () => {
    start({
      onEvent: (event) => {
        if (event.kind !== 'request' || event.call.path !== GENERIC_ADD) return;
        genesys.state.organisation.join(GENERIC_CONVERSATION, { userId: HANA }, nowMs);
      },
    });
    expect(post(GENERIC_ADD, [{ id: HANA, role: 'agent' }]).status).toBe(409);
  });

  test('tell of a request, of each ring, and of the response', () => {
    events = [];
    add(HANA, IVO);
    expect(events.map(({ kind }) => kind)).toEqual(['request', 'ring', 'ring', 'response']);
    expect(genesys.state.calls.at(-1)).toEqual({
      atMs: START_MS,
      method: 'POST',
      path: ADD,
      query: '',
      body: { participants: [{ userId: HANA }, { userId: IVO }] },
      authentication: 'bearer',
      status: 200,
      delivery: 'response',
      correlationId: expect.any(String),
    });
  });
});
