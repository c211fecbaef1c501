import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RING_OUTCOMES } from '../../local/genesys/behaviour.ts';
import type { FaultRule } from '../../local/genesys/faults.ts';
import { platformError } from '../../local/genesys/faults.ts';
import { dial } from '../../local/genesys/operations/dial.ts';
import { MEDIA, type Medium } from '../../local/genesys/organisation.ts';
import {
  DELETED_USER,
  FREE_USERS,
  GENERIC_CONVERSATION,
  INACTIVE_USER,
  OFFLINE_USER,
  PLATFORM_CONVERSATION,
  PRESENCE_UNKNOWN_USER,
  SAMPLE_USERS,
  UNKNOWN_USER,
} from '../../local/genesys/sample-organisation.ts';
import { type RunningGenesys, startGenesys } from '../../local/genesys/start-genesys.ts';
import {
  type ClientResponse,
  createGenesysClient,
  type GenesysClient,
  logIn,
} from './genesys-client.ts';
import { describeWithVendor, type VendorDescription } from './vendor-description.ts';

/** Every response of the stand-in on the live platform's operations, held to the vendor's Swagger. */

const CONVERSATION = `/api/v2/conversations/${PLATFORM_CONVERSATION}`;
const CALL = `/api/v2/conversations/calls/${PLATFORM_CONVERSATION}`;
const ADD = `${CALL}/participants/user/${SAMPLE_USERS.ada}`;
const UNKNOWN_CONVERSATION = '00000000-0000-4000-8000-000000000000';
const [NEW_USER, OTHER_USER] = FREE_USERS as [string, string];

interface Scenario {
  name: string;
  /** Default GET. */
  post?: unknown;
  path: string;
  headers?: Record<string, string>;
  prepare?: (genesys: RunningGenesys) => void;
  status: number;
  /** The vendor's code of a refusal. */
  code?: string;
  withoutToken?: boolean;
}

const add = (...participants: unknown[]) => ({ participants });
const onState =
  (change: (state: RunningGenesys['state']) => void): NonNullable<Scenario['prepare']> =>
  ({ state }) =>
    change(state);
const withFault = (fault: FaultRule['fault']) =>
  onState((state) => state.faults.push({ path: '/api/v2/', fault }));

const SCENARIOS: Scenario[] = [
  { name: 'a live call', path: CONVERSATION, status: 200 },
  {
    name: 'a call with departed, returned, ringing and external parties and a machine',
    path: CONVERSATION,
    status: 200,
    prepare: ({ state: { organisation } }) => {
      const now = Date.now();
      organisation.join(PLATFORM_CONVERSATION, { userId: NEW_USER }, now - 20_000);
      organisation.leave(PLATFORM_CONVERSATION, NEW_USER, now - 10_000);
      organisation.join(PLATFORM_CONVERSATION, { userId: NEW_USER }, now - 5_000);
      organisation.join(PLATFORM_CONVERSATION, { address: 'sip:desk@example.org' }, now);
      organisation.join(PLATFORM_CONVERSATION, { purpose: 'ivr', address: 'sip:ivr@pbx' }, now);
      for (const ringing of ['alerting', 'dialing', 'contacting', 'offering'] as const) {
        const userId = OTHER_USER;
        organisation.join(PLATFORM_CONVERSATION, { userId, ringing, answeredAtMs: undefined }, now);
      }
    },
  },
  ...MEDIA.map((medium: Medium): Scenario => {
    return {
      name: `a party that is there by ${medium}, and one that was`,
      path: CONVERSATION,
      status: 200,
      prepare: ({ state: { organisation } }) => {
        const media = [organisation.medium('calls'), organisation.medium(medium)];
        organisation.join(PLATFORM_CONVERSATION, { userId: NEW_USER, media }, Date.now());
        organisation.join(PLATFORM_CONVERSATION, { userId: OTHER_USER, media }, 0);
        organisation.leave(PLATFORM_CONVERSATION, OTHER_USER, Date.now());
      },
    };
  }),
  {
    name: 'a call with a monitor, a coach, a consulted and a barging party, and a voicemail box',
    path: CONVERSATION,
    status: 200,
    prepare: ({ state: { organisation } }) => {
      const now = Date.now();
      const [stay] = organisation.existing(PLATFORM_CONVERSATION).participations;
      const other = stay?.id ?? '';
      for (const relation of [
        { mediaRoles: ['monitor'], monitoredParticipantId: other },
        { mediaRoles: ['coach'], coachedParticipantId: other },
        { mediaRoles: ['monitor', 'barge'], bargedParticipantId: other },
        { consultParticipantId: other },
        { purpose: 'voicemail' },
      ] as const) {
        const party = { ...relation, mediaRoles: [...(relation.mediaRoles ?? ['full'])] };
        organisation.join(PLATFORM_CONVERSATION, { userId: NEW_USER, ...party } as object, now);
      }
    },
  },
  ...RING_OUTCOMES.map((outcome): Scenario => {
    return {
      name: `a person who was rung: ${outcome}`,
      path: CONVERSATION,
      status: 200,
      prepare: ({ state }) => {
        state.behaviour.ringOutcome = outcome;
        state.behaviour.ringTimeoutMs = 0;
        dial(
          {
            params: {},
            query: new URLSearchParams(),
            headers: {},
            body: '',
            nowMs: Date.now() - 30_000,
            organisation: state.organisation,
            behaviour: state.behaviour,
            onlyFirst: 1,
          },
          PLATFORM_CONVERSATION,
          { userId: NEW_USER },
        );
      },
    };
  }),
  {
    name: 'users with all that the warnings need',
    path: `/api/v2/users?id=${NEW_USER},${OTHER_USER}&expand=presence,routingStatus,outOfOffice,station`,
    status: 200,
    prepare: ({ state: { organisation } }) => {
      Object.assign(organisation.user(NEW_USER) ?? {}, { outOfOffice: true, hasStation: false });
    },
  },
  {
    name: 'an add on behalf of a user who only monitors',
    path: ADD.replace(SAMPLE_USERS.ada, OTHER_USER),
    post: add({ userId: NEW_USER }),
    status: 403,
    code: 'conversation.error.forbidden.not.active.participant',
    prepare: ({ state: { organisation } }) => {
      const party = { userId: OTHER_USER, mediaRoles: ['monitor' as const] };
      organisation.join(PLATFORM_CONVERSATION, party, Date.now());
    },
  },
  {
    name: 'an ended conversation with a limit of its own',
    path: CONVERSATION,
    status: 200,
    prepare: ({ state: { organisation } }) => {
      Object.assign(organisation.existing(PLATFORM_CONVERSATION), { maxParticipants: 6 });
      organisation.end(PLATFORM_CONVERSATION, Date.now());
    },
  },
  {
    name: 'an unknown conversation',
    path: `/api/v2/conversations/${UNKNOWN_CONVERSATION}`,
    status: 404,
    code: 'not.found',
  },
  {
    name: 'a conversation without the permission to view it',
    path: CONVERSATION,
    status: 403,
    code: 'missing.any.permissions',
    prepare: onState(({ behaviour }) => behaviour.permissions.clear()),
  },
  {
    name: 'no token',
    path: CONVERSATION,
    status: 401,
    code: 'authentication.required',
    withoutToken: true,
  },
  {
    name: 'a revoked token',
    path: CONVERSATION,
    status: 401,
    code: 'bad.credentials',
    prepare: onState((state) => state.revokeToken()),
  },
  {
    name: 'a used-up rate limit',
    path: CONVERSATION,
    status: 429,
    code: 'too.many.requests.retry.after',
    prepare: onState((state) => state.spendRequests(300)),
  },
  {
    name: 'a refusal by a fault',
    path: CONVERSATION,
    status: 401,
    code: 'ip.not.authorized',
    prepare: withFault({ response: platformError(401, 'ip.not.authorized') }),
  },
  { name: 'the call of a conversation', path: CALL, status: 200 },
  {
    name: 'the call of a conversation without one',
    path: `/api/v2/conversations/calls/${GENERIC_CONVERSATION}`,
    status: 404,
    code: 'conversation.error.conversation.not.found',
  },
  {
    name: 'the greatest number of parties',
    path: '/api/v2/conversations/calls/maximumconferenceparties',
    status: 200,
  },
  { name: 'the first page of users', path: '/api/v2/users', status: 200 },
  { name: 'a later page', path: '/api/v2/users?pageSize=5&pageNumber=3', status: 200 },
  {
    name: 'users by id with everything we expand, a deleted and an unknown one among them',
    path: `/api/v2/users?id=${[OFFLINE_USER, PRESENCE_UNKNOWN_USER, INACTIVE_USER, DELETED_USER, UNKNOWN_USER].join(',')}&expand=presence,routingStatus&pageSize=100&state=any`,
    status: 200,
  },
  {
    name: 'an unknown user in a bulk read that refuses it',
    path: `/api/v2/users?id=${UNKNOWN_USER}`,
    status: 404,
    code: 'general.resource.not.found',
    prepare: onState(({ behaviour }) => {
      behaviour.unknownUsersInBulk = 'not-found';
    }),
  },
  {
    name: '101 users at a time',
    path: `/api/v2/users?id=${Array.from({ length: 101 }, (_, index) => `user-${index}`).join(',')}`,
    status: 400,
    code: 'max.user.ids',
  },
  {
    name: 'users in a state that does not exist',
    path: '/api/v2/users?state=asleep',
    status: 400,
    code: 'invalid.query.param.value',
  },
  {
    name: 'users with an expansion that does not exist',
    path: '/api/v2/users?expand=mood',
    status: 400,
    code: 'invalid.query.param.value',
  },
  {
    name: 'a page of no size',
    path: '/api/v2/users?pageSize=0',
    status: 400,
    code: 'invalid.query.param.value',
  },
  { name: 'one user', path: `/api/v2/users/${SAMPLE_USERS.ada}`, status: 200 },
  {
    name: 'one user with presence',
    path: `/api/v2/users/${OFFLINE_USER}?expand=presence&expand=routingStatus`,
    status: 200,
  },
  {
    name: 'a deleted user who was asked for as such',
    path: `/api/v2/users/${DELETED_USER}?state=deleted`,
    status: 200,
  },
  {
    name: 'a deleted user',
    path: `/api/v2/users/${DELETED_USER}`,
    status: 404,
    code: 'general.resource.not.found',
  },
  {
    name: 'a user and an outside party added on behalf of a user in the call',
    path: ADD,
    post: add({ userId: NEW_USER }, { address: '+15551234567' }),
    status: 200,
  },
  {
    name: 'a queue added to the call',
    path: ADD,
    post: add({ queueId: '90e0e000-0000-4000-8000-000000000002' }),
    status: 200,
  },
  {
    name: 'an add on behalf of the user to be added',
    path: `${CALL}/participants/user/${NEW_USER}`,
    post: add({ userId: NEW_USER }),
    status: 404,
    code: 'not.found',
  },
  {
    name: 'an add on behalf of a user who left',
    path: ADD,
    post: add({ userId: NEW_USER }),
    status: 404,
    code: 'not.found',
    prepare: ({ state }) =>
      state.organisation.leave(PLATFORM_CONVERSATION, SAMPLE_USERS.ada, Date.now()),
  },
  {
    name: 'an add on behalf of a user whose own phone still rings',
    path: `${CALL}/participants/user/${OTHER_USER}`,
    post: add({ userId: NEW_USER }),
    status: 400,
    code: 'conversation.error.cannot.merge.alerting.conference',
    prepare: ({ state }) =>
      state.organisation.join(
        PLATFORM_CONVERSATION,
        { userId: OTHER_USER, answeredAtMs: undefined },
        Date.now(),
      ),
  },
  {
    name: 'an add without an acting user',
    path: `${CALL}/participants`,
    post: add({ userId: NEW_USER }),
    status: 400,
    code: 'not.a.user',
  },
  {
    name: 'an add to an unknown conversation',
    path: ADD.replace(PLATFORM_CONVERSATION, UNKNOWN_CONVERSATION),
    post: add({ userId: NEW_USER }),
    status: 404,
    code: 'not.found',
  },
  {
    name: 'an add to an ended conversation',
    path: ADD,
    post: add({ userId: NEW_USER }),
    status: 404,
    code: 'not.found',
    prepare: ({ state }) => state.organisation.end(PLATFORM_CONVERSATION, Date.now()),
  },
  {
    name: 'a participant with a property that does not exist',
    path: ADD,
    post: add({ userId: NEW_USER, role: 'agent' }),
    status: 400,
    code: 'invalid.property',
  },
  {
    name: 'a conversation with a property that does not exist',
    path: ADD,
    post: { ...add({ userId: NEW_USER }), type: 'voice' },
    status: 400,
    code: 'invalid.property',
  },
  {
    name: 'a bare array, as in the generic contract',
    path: ADD,
    post: [{ userId: NEW_USER }],
    status: 400,
    code: 'bad.request',
  },
  { name: 'no one to add', path: ADD, post: add(), status: 400, code: 'constraint.validation' },
  {
    name: 'a participant without a target',
    path: ADD,
    post: add({ name: 'no address' }),
    status: 400,
    code: 'bad.request',
  },
  {
    name: 'a participant with two targets',
    path: ADD,
    post: add({ userId: NEW_USER, address: '+15551234567' }),
    status: 400,
    code: 'bad.request',
  },
  {
    name: 'a participant that is no object',
    path: ADD,
    post: add(NEW_USER),
    status: 400,
    code: 'bad.request',
  },
  {
    name: 'an invalid address',
    path: ADD,
    post: add({ address: 'over there' }),
    status: 400,
    code: 'invalid.value',
  },
  {
    name: 'an unknown user to add',
    path: ADD,
    post: add({ userId: UNKNOWN_USER }),
    status: 404,
    code: 'not.found',
  },
  {
    name: 'an inactive user to add',
    path: ADD,
    post: add({ userId: INACTIVE_USER }),
    status: 409,
    code: 'conversation.error.outbound.call.cannot.be.placed',
  },
  {
    name: 'more people than the conversation holds',
    path: ADD,
    post: add({ userId: NEW_USER }, { userId: OTHER_USER }),
    status: 400,
    code: 'constraint.validation',
    prepare: ({ state }) =>
      Object.assign(state.organisation.existing(PLATFORM_CONVERSATION), { maxParticipants: 3 }),
  },
  {
    name: 'an add without the permission',
    path: ADD,
    post: add({ userId: NEW_USER }),
    status: 403,
    code: 'missing.any.permissions',
    prepare: onState(({ behaviour }) =>
      behaviour.permissions.delete('conversation:agentlessCall:add'),
    ),
  },
  { name: 'broken JSON', path: ADD, post: '{"participants":', status: 400, code: 'bad.request' },
  {
    name: 'a body that is not JSON by its content type',
    path: ADD,
    post: add({ userId: NEW_USER }),
    headers: { 'content-type': 'text/plain' },
    status: 415,
    code: 'unsupported.media.type',
  },
  {
    name: 'a body over 512,000 bytes',
    path: ADD,
    post: add({ userId: NEW_USER, name: 'x'.repeat(512_000) }),
    status: 413,
    code: 'request.entity.too.large',
  },
];

let genesys: RunningGenesys;
let client: GenesysClient;

beforeEach(async () => {
  genesys = await startGenesys();
  client = await logIn(genesys.url);
});
afterEach(() => genesys.stop());

function carryOut(scenario: Scenario): Promise<ClientResponse> {
  scenario.prepare?.(genesys);
  const caller = scenario.withoutToken ? createGenesysClient(genesys.url) : client;
  return scenario.post === undefined
    ? caller.get(scenario.path, scenario.headers)
    : caller.post(scenario.path, scenario.post, scenario.headers);
}

/** What the description says of a response, and what of it does not hold. */
function complaints(
  vendor: VendorDescription,
  { path, post }: Scenario,
  { status, json }: ClientResponse,
): string[] {
  const method = post === undefined ? 'GET' : 'POST';
  const described = vendor.findOperation(method, path.split('?')[0] ?? '')?.responses[status];
  const reference = described?.schema?.$ref;
  if (!described || reference === undefined) return [`${status} is not documented`];
  const found = vendor.check(reference.replace('#/definitions/', ''), json);
  const { code } = json as { code?: string };
  if (status >= 400 && !Object.hasOwn(described['x-inin-error-codes'] ?? {}, code ?? '')) {
    found.push(`${status} is not documented with code ${code}`);
  }
  return found;
}

describeWithVendor("each response of the stand-in holds to the vendor's description", (vendor) => {
  test.each(SCENARIOS)('$name', async (scenario) => {
    const response = await carryOut(scenario);
    expect({ status: response.status, code: (response.json as { code?: string }).code }).toEqual({
      status: scenario.status,
      code: scenario.code,
    });
    expect(complaints(vendor, scenario, response)).toEqual([]);
  });
});

describeWithVendor("the check against the vendor's description", (vendor) => {
  const conversation = { startTime: '2026-11-22T15:29:40Z', participants: [] };

  test('takes what is right', () => {
    expect(vendor.check('Conversation', conversation)).toEqual([]);
  });

  test.each([
    ['a property that the vendor does not know', { ...conversation, type: 'voice' }],
    ['one that is missing', { participants: [] }],
    ['an invalid time', { ...conversation, startTime: 'yesterday' }],
    ['a value outside of an enumeration', { ...conversation, recordingState: 'on' }],
    ['a wrong type deep inside', { ...conversation, participants: [{ calls: [{ held: 'no' }] }] }],
    [
      'an unknown property deep inside',
      { ...conversation, participants: [{ calls: [{ status: 'connected' }] }] },
    ],
  ])('notices %s', (_, document) => {
    expect(vendor.check('Conversation', document)).toHaveLength(1);
  });

  test('notices a code that is not documented for the operation', async () => {
    const scenario: Scenario = { name: '', path: CONVERSATION, status: 409 };
    genesys.state.faults.push({ fault: { response: platformError(409, 'made.up') } });
    expect(complaints(vendor, scenario, await client.get(CONVERSATION))).toEqual([
      '409 is not documented with code made.up',
    ]);
  });
});

describeWithVendor('what the stand-in takes is what the vendor describes', (vendor) => {
  test.each(['/api/v2/users', `/api/v2/users/${SAMPLE_USERS.ada}`])(
    '%s takes every expansion and every state that is described',
    async (path) => {
      const parameters = vendor.findOperation('GET', path)?.parameters ?? [];
      const allowed = (name: string) => {
        const parameter = parameters.find((each) => each.name === name);
        return parameter?.enum ?? parameter?.items?.enum ?? [];
      };
      const expand = allowed('expand');
      expect(expand).toContain('presence');
      expect((await client.get(`${path}?expand=${expand.join(',')}`)).status).toBe(200);
      for (const state of allowed('state')) {
        // A live user is not found under "deleted", which is another thing than a refused value.
        expect((await client.get(`${path}?state=${state}`)).status).not.toBe(400);
      }
    },
  );

  test('every property of a conversation and of a participant is known', async () => {
    const names = (type: string) => Object.keys(vendor.definitions[type]?.properties ?? {});
    const filled = (type: string) => Object.fromEntries(names(type).map((name) => [name, null]));
    expect(names('Participant')).toContain('userId');
    const targets = { userId: NEW_USER, address: undefined, queueId: undefined };
    const body = {
      ...filled('Conversation'),
      ...add({ ...filled('Participant'), ...targets }),
    };
    expect((await client.post(ADD, body)).status).toBe(200);
  });

  test('the permissions are those that the vendor names', async () => {
    for (const [method, path] of [
      ['GET', CONVERSATION],
      ['POST', ADD],
    ] as const) {
      const required = vendor.findOperation(method, path)?.['x-inin-requires-permissions'];
      expect(required?.permissions).toHaveLength(1);
      genesys.state.behaviour.permissions = new Set(required?.permissions);
      const response = await (method === 'GET'
        ? client.get(path)
        : client.post(path, add({ userId: NEW_USER })));
      expect(response.status).toBe(200);
    }
  });

  test('a page of users has the size that is described as the default', async () => {
    const size = vendor
      .findOperation('GET', '/api/v2/users')
      ?.parameters?.find(({ name }) => name === 'pageSize')?.default;
    const { json } = await client.get('/api/v2/users?state=any');
    expect((json as { entities: unknown[] }).entities).toHaveLength(Number(size));
  });
});
