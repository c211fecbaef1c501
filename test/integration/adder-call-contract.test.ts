import { afterEach, describe, expect, test } from '@jest/globals';
import {
  CUSTOMER_ADDRESS,
  DELETED_USER,
  FREE_USERS,
  INACTIVE_USER,
  OFFLINE_USER,
  PLATFORM_CONVERSATION,
  PRESENCE_UNKNOWN_USER,
  SAMPLE_USERS,
  UNKNOWN_USER,
} from '../../local/genesys/sample-organisation.ts';
import {
  type AdderUnderTest,
  outcomes,
  type StartAdderOptions,
  startAdder,
} from '../support/start-adder.ts';

let adder: AdderUnderTest;
afterEach(() => adder.stop());

const [first, second, third] = FREE_USERS as [string, string, string];

async function ask(
  participants: { id?: string; address?: string; role?: string }[],
  options: StartAdderOptions = {},
) {
  adder = await startAdder(options);
  return adder.settle({ conversationId: PLATFORM_CONVERSATION, participants });
}

const apiCalls = () =>
  adder.genesys.state.calls.filter(({ path }) => path !== '/oauth/token').map(({ path }) => path);
const rung = () => adder.genesys.state.organisation.rings.map(({ who }) => who);

describe('adding to a call of the live platform', () => {
  test('takes two reads and one POST for eighteen users, without those who are in already', async () => {
    const asked = [SAMPLE_USERS.ada, ...FREE_USERS.slice(0, 17)].map((id) => ({ id }));
    const audit = await ask(asked);
    expect(audit).toMatchObject({ status: 'SUCCESS', genesys_calls: 3, attempts: 1 });
    expect(audit.error).toBeUndefined();
    expect(outcomes(audit)).toEqual(['ALREADY_PRESENT', ...Array(17).fill('ADDED')]);
    expect(apiCalls()).toHaveLength(3);
    expect(rung()).toEqual(FREE_USERS.slice(0, 17));
    expect(audit.genesys_correlation_ids).toHaveLength(3);
  });

  test('does not post if everyone is in', async () => {
    const audit = await ask([{ id: SAMPLE_USERS.ada }, { address: CUSTOMER_ADDRESS }]);
    expect(audit.status).toBe('SUCCESS');
    expect(outcomes(audit)).toEqual(['ALREADY_PRESENT', 'ALREADY_PRESENT']);
    expect(apiCalls()).toHaveLength(2);
  });

  test('adds an offline user with a warning, and one whose presence is not told with another', async () => {
    const audit = await ask([{ id: OFFLINE_USER }, { id: PRESENCE_UNKNOWN_USER }, { id: first }]);
    expect(audit.status).toBe('SUCCESS');
    expect(outcomes(audit)).toEqual(['ADDED OFFLINE', 'ADDED PRESENCE_UNKNOWN', 'ADDED']);
  });

  test('refuses unknown, deleted and inactive users without stopping the others', async () => {
    const audit = await ask([
      { id: UNKNOWN_USER },
      { id: DELETED_USER },
      { id: INACTIVE_USER },
      { id: first },
    ]);
    expect(audit).toMatchObject({ status: 'PARTIAL', code: 'UNKNOWN_USER' });
    expect(outcomes(audit)).toEqual([
      'REJECTED UNKNOWN_USER',
      'REJECTED UNKNOWN_USER',
      'REJECTED INACTIVE_USER',
      'ADDED',
    ]);
    expect(rung()).toEqual([first]);
  });

  test('refuses roles that need a login of their own, and adds the outside party by address', async () => {
    const audit = await ask([
      { id: first, role: 'supervisor' },
      { id: second, role: 'observer' },
      { id: third, role: 'customer' },
      { address: '+15550001111' },
    ]);
    expect(audit).toMatchObject({ status: 'PARTIAL', code: 'ROLE_NOT_SUPPORTED', role: 'mixed' });
    expect(outcomes(audit)).toEqual([
      'REJECTED ROLE_NOT_SUPPORTED',
      'REJECTED ROLE_NOT_SUPPORTED',
      'REJECTED ROLE_NOT_SUPPORTED',
      'ADDED',
    ]);
    expect(rung()).toEqual(['+15550001111']);
  });

  test('asks for each user singly where one unknown id turns the bulk response into a 404', async () => {
    const audit = await ask([{ id: UNKNOWN_USER }, { id: first }, { id: SAMPLE_USERS.ada }], {
      genesys: { unknownUsersInBulk: 'not-found' },
    });
    expect(outcomes(audit)).toEqual(['REJECTED UNKNOWN_USER', 'ADDED', 'ALREADY_PRESENT']);
    // The conversation, the bulk try, one user each for the two who are missing, the POST.
    expect(audit.genesys_calls).toBe(5);
  });

  test.each([
    ['is forbidden', 403, 'missing.permissions'],
    ['fails', 500, 'internal.server.error'],
  ])('adds with PRESENCE_UNKNOWN where the lookup %s', async (_how, status, code) => {
    const audit = await ask([{ id: first }], {
      genesys: {
        faults: [
          { path: '/api/v2/users', fault: { response: { status, body: { code, status } } } },
        ],
      },
    });
    expect(outcomes(audit)).toEqual(['ADDED PRESENCE_UNKNOWN']);
  });

  test('does not wait for a lookup that hangs', async () => {
    const audit = await ask([{ id: first }], {
      genesys: { faults: [{ path: '/api/v2/users', fault: { response: 'hang' } }] },
    });
    expect(outcomes(audit)).toEqual(['ADDED PRESENCE_UNKNOWN']);
    expect(apiCalls().filter((path) => path === '/api/v2/users')).toHaveLength(1);
  });

  test('rings a person who is requested twice once', async () => {
    const audit = await ask([{ id: first }, { id: first.toUpperCase() }]);
    expect(audit.status).toBe('SUCCESS');
    expect(outcomes(audit)).toEqual(['ADDED', 'ADDED']);
    expect(rung()).toEqual([first]);
  });

  test('adds no one if they do not all fit, and names the number present and the limit', async () => {
    adder = await startAdder();
    const conversation = adder.genesys.state.organisation.existing(PLATFORM_CONVERSATION);
    Object.assign(conversation, { maxParticipants: 4 });
    const audit = await adder.settle({
      conversationId: PLATFORM_CONVERSATION,
      participants: [{ id: SAMPLE_USERS.ada }, { id: first }, { id: second }, { id: third }],
    });
    expect(audit.code).toBe('CAPACITY_EXCEEDED');
    expect(audit.error).toContain('2 present, 3 to be added (4 requested), limit 4');
    expect(rung()).toEqual([]);
  });

  test('tells a conversation that is not there from one that has ended', async () => {
    adder = await startAdder();
    const missing = await adder.settleInTheEnd({
      conversationId: 'ffffffff-0000-4000-8000-000000000000',
      participants: [{ id: first }],
    });
    expect(missing).toMatchObject({ status: 'FAILED', code: 'CONVERSATION_NOT_FOUND' });
    expect(outcomes(missing)).toEqual(['NOT_ATTEMPTED CONVERSATION_NOT_FOUND']);
    adder.genesys.state.organisation.end(PLATFORM_CONVERSATION, adder.clock.now());
    const ended = await adder.settle({
      conversationId: PLATFORM_CONVERSATION,
      participants: [{ id: first }],
    });
    expect(ended).toMatchObject({ status: 'FAILED', code: 'CONVERSATION_ENDED' });
  });
});
