import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import vendorSdk, { type Models } from 'purecloud-platform-client-v2';
import { gatewayPage, platformError, tooManyRequests } from '../../local/genesys/faults.ts';
import type { ErrorBody } from '../../local/genesys/genesys-error.ts';
import {
  FREE_USERS,
  INACTIVE_USER,
  OFFLINE_USER,
  PLATFORM_CONVERSATION,
  SAMPLE_CLIENT,
  SAMPLE_USERS,
  UNKNOWN_USER,
} from '../../local/genesys/sample-organisation.ts';
import { type RunningGenesys, startGenesys } from '../../local/genesys/start-genesys.ts';

/** The vendor's own client against the stand-in: what it sends is taken, what it gets it understands. */

const [HANA, IVO] = FREE_USERS as [string, string];

// The SDK's HTTP client would ask a proxy of the environment for 127.0.0.1 as well.
process.env.NO_PROXY = '127.0.0.1';

let genesys: RunningGenesys;
let conversations: vendorSdk.ConversationsApi;
let users: vendorSdk.UsersApi;
const client = vendorSdk.ApiClient.instance;

beforeEach(async () => {
  genesys = await startGenesys();
  // A file in the user's home directory must not redirect the client.
  client.config.setConfigPath('');
  client.setGateway({ host: '127.0.0.1', protocol: 'http', port: genesys.port });
  client.setReturnExtendedResponses(false);
  conversations = new vendorSdk.ConversationsApi();
  users = new vendorSdk.UsersApi();
});
afterEach(() => genesys.stop());

const logIn = () =>
  client.loginClientCredentialsGrant(SAMPLE_CLIENT.clientId, SAMPLE_CLIENT.clientSecret);

/** `startTime` is required by the type and set by the platform: public code leaves it out. */
const toBeAdded = (...participants: Models.Participant[]) =>
  ({ participants }) as Models.Conversation;

const add = (...participants: Models.Participant[]) =>
  conversations.postConversationsCallParticipantsUserUserId(
    PLATFORM_CONVERSATION,
    SAMPLE_USERS.ada,
    toBeAdded(...participants),
  );

/** What the client throws for an API error: the response's body. */
async function refusal(call: Promise<unknown>): Promise<ErrorBody> {
  try {
    await call;
  } catch (error) {
    return error as ErrorBody;
  }
  throw new Error('the call was not refused');
}

describe("the vendor's SDK against the stand-in", () => {
  test('logs in with client credentials by HTTP Basic and keeps the life of the token', async () => {
    genesys.state.behaviour.tokenLifetimeSeconds = 600;
    const before = Date.now();
    const auth = await logIn();
    expect(auth.accessToken).toEqual(expect.any(String));
    expect(auth.tokenExpiryTime).toBeGreaterThanOrEqual(before + 600_000);
    expect(genesys.state.calls.map(({ path, authentication }) => [path, authentication])).toEqual([
      ['/oauth/token', 'basic'],
    ]);
  });

  test('is refused with a wrong secret', async () => {
    const error = await refusal(
      client.loginClientCredentialsGrant(SAMPLE_CLIENT.clientId, 'wrong'),
    );
    expect(error).toMatchObject({ response: { status: 401, data: { error: 'invalid_client' } } });
  });

  test('gets a conversation', async () => {
    await logIn();
    const conversation = await conversations.getConversation(PLATFORM_CONVERSATION);
    const people = conversation.participants.filter(({ endTime }) => endTime === undefined);
    expect(people.map(({ userId, address }) => userId ?? address)).toEqual([
      'tel:+15551230100',
      SAMPLE_USERS.ada,
    ]);
    expect(people.map(({ calls }) => calls?.[0]?.state)).toEqual(['connected', 'connected']);
  });

  test('gets the call and the greatest number of parties', async () => {
    await logIn();
    const call = await conversations.getConversationsCall(PLATFORM_CONVERSATION);
    expect(call.participants?.map(({ state }) => state)).toEqual([
      'connected',
      'disconnected',
      'connected',
    ]);
    const { maxParticipants } = await conversations.getConversationsCallsMaximumconferenceparties();
    expect(maxParticipants).toBe(20);
  });

  test('lists users in bulk with their presence', async () => {
    await logIn();
    const { entities } = await users.getUsers({
      id: [OFFLINE_USER, INACTIVE_USER, UNKNOWN_USER],
      expand: ['presence', 'routingStatus'],
      pageSize: 100,
      state: 'any',
    });
    expect(
      entities?.map(({ id, state, presence, routingStatus }) => [
        id,
        state,
        presence?.presenceDefinition?.systemPresence,
        routingStatus?.status,
      ]),
    ).toEqual([
      [OFFLINE_USER, 'active', 'Offline', 'OFF_QUEUE'],
      [INACTIVE_USER, 'inactive', 'Available', 'OFF_QUEUE'],
    ]);
    // The description has the id repeated; the vendor's own client joins them by commas.
    const query = new URLSearchParams(genesys.state.calls.at(-1)?.query);
    expect(query.getAll('id')).toEqual([[OFFLINE_USER, INACTIVE_USER, UNKNOWN_USER].join(',')]);
  });

  test('gets 25 of 30 users where it names no page size', async () => {
    await logIn();
    for (let index = 0; index < 30; index += 1) {
      genesys.state.organisation.addUser({ id: `extra-${index}` });
    }
    const id = Array.from({ length: 30 }, (_, index) => `extra-${index}`);
    expect((await users.getUsers({ id })).entities).toHaveLength(25);
    expect((await users.getUsers({ id, pageSize: 100 })).entities).toHaveLength(30);
  });

  test('gets one user', async () => {
    await logIn();
    const user = await users.getUser(OFFLINE_USER, { expand: ['presence'] });
    expect(user.presence?.presenceDefinition?.systemPresence).toBe('Offline');
  });

  test('adds a user and an outside party on behalf of a user in the call, who are then dialled', async () => {
    await logIn();
    genesys.state.behaviour.answerAfterMs = undefined;
    const after = await add({ userId: HANA }, { address: '+15551234567' });
    const added = after.participants.slice(-2);
    expect(
      added.map(({ userId, address, calls }) => [userId ?? address, calls?.[0]?.state]),
    ).toEqual([
      [HANA, 'alerting'],
      ['tel:+15551234567', 'contacting'],
    ]);
    expect(genesys.state.organisation.ringsOf(PLATFORM_CONVERSATION, HANA)).toBe(1);
    expect(after).toEqual(await conversations.getConversation(PLATFORM_CONVERSATION));
  });

  test('reads the rate limit and the correlation id from the headers of a response', async () => {
    await logIn();
    client.setReturnExtendedResponses(true);
    const response = (await conversations.getConversation(PLATFORM_CONVERSATION)) as unknown as {
      headers: Record<string, string>;
    };
    expect(response.headers).toMatchObject({
      'inin-ratelimit-count': '2',
      'inin-ratelimit-allowed': '300',
      'inin-ratelimit-reset': expect.stringMatching(/^\d+$/),
      'inin-correlation-id': expect.any(String),
    });
  });
});

test('the live platform has its own add operation and not the generic one', () => {
  const operations = Object.getOwnPropertyNames(vendorSdk.ConversationsApi.prototype);
  expect(operations).toContain('postConversationsCallParticipantsUserUserId');
  expect(operations).not.toContain('postConversationParticipants');
  const source = vendorSdk.ConversationsApi.toString();
  expect(source).toContain("'/api/v2/conversations/{conversationId}/participants/{participantId}'");
  expect(source).not.toContain("'/api/v2/conversations/{conversationId}/participants'");
});

describe("each refusal that the vendor's SDK can meet", () => {
  beforeEach(logIn);

  const refusals: [string, number, string, () => Promise<unknown>][] = [
    [
      'a revoked token',
      401,
      'bad.credentials',
      () => {
        genesys.state.revokeToken();
        return conversations.getConversation(PLATFORM_CONVERSATION);
      },
    ],
    [
      'a missing permission',
      403,
      'missing.any.permissions',
      () => {
        genesys.state.behaviour.permissions.delete('conversation:agentlessCall:add');
        return add({ userId: HANA });
      },
    ],
    [
      'an unknown conversation',
      404,
      'not.found',
      () => conversations.getConversation('00000000-0000-4000-8000-000000000000'),
    ],
    ['an unknown user', 404, 'general.resource.not.found', () => users.getUser(UNKNOWN_USER)],
    [
      'an acting user who is not in the call',
      404,
      'not.found',
      () =>
        conversations.postConversationsCallParticipantsUserUserId(
          PLATFORM_CONVERSATION,
          HANA,
          toBeAdded({ userId: HANA }),
        ),
    ],
    [
      'an add without an acting user',
      400,
      'not.a.user',
      () =>
        conversations.postConversationsCallParticipants(
          PLATFORM_CONVERSATION,
          toBeAdded({ userId: HANA }),
        ),
    ],
    [
      'a property that a participant does not have',
      400,
      'invalid.property',
      () => add({ userId: HANA, role: 'agent' } as Models.Participant),
    ],
    [
      'a conversation that is full',
      400,
      'constraint.validation',
      () => {
        genesys.state.behaviour.defaultMaxParticipants = 3;
        return add({ userId: HANA }, { userId: IVO });
      },
    ],
    [
      'an inactive user',
      409,
      'conversation.error.outbound.call.cannot.be.placed',
      () => add({ userId: INACTIVE_USER }),
    ],
    [
      'a used-up rate limit',
      429,
      'too.many.requests.retry.after',
      () => {
        genesys.state.spendRequests(300);
        return users.getUsers();
      },
    ],
    [
      'a rate limit that another client has spent',
      429,
      'too.many.requests.retry.after',
      () => {
        genesys.state.faults.push({ fault: { response: tooManyRequests(42) } });
        return users.getUsers();
      },
    ],
    [
      'a server error',
      500,
      'internal.server.error',
      () => {
        genesys.state.faults.push({
          fault: { response: platformError(500, 'internal.server.error') },
        });
        return users.getUsers();
      },
    ],
  ];

  test.each(refusals)('%s: %i %s', async (_, status, code, call) => {
    const error = await refusal(call());
    expect(error).toMatchObject({ status, code, contextId: expect.any(String) });
    expect(error.message).not.toBe('');
    expect(genesys.state.organisation.rings).toEqual([]);
  });

  test('a page of a gateway', async () => {
    genesys.state.faults.push({ fault: { response: gatewayPage(502) } });
    expect(await refusal(users.getUsers())).toContain('<h1>502 Bad Gateway</h1>');
  });

  test('a connection that breaks after the add was carried out', async () => {
    genesys.state.faults.push({ method: 'POST', fault: { carriedOut: true, response: 'reset' } });
    expect(await refusal(add({ userId: HANA }))).toMatchObject({ code: 'ECONNRESET' });
    expect(genesys.state.organisation.ringsOf(PLATFORM_CONVERSATION, HANA)).toBe(1);
  });
});
