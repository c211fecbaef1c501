import { afterEach, describe, expect, test } from '@jest/globals';
import {
  FREE_USERS,
  GENERIC_CONVERSATION,
  OFFLINE_USER,
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

const [first, second] = FREE_USERS as [string, string];

async function ask(
  participants: { id?: string; address?: string; role?: string }[],
  options: StartAdderOptions = {},
) {
  adder = await startAdder(options);
  return adder.settle({ conversationId: GENERIC_CONVERSATION, participants });
}

const posts = () =>
  adder.genesys.state.calls.filter(
    ({ method, path }) => method === 'POST' && path !== '/oauth/token',
  );

describe('adding by the generic endpoint', () => {
  test('takes three calls for eighteen users, and sends a bare array of ids and roles', async () => {
    const audit = await ask(FREE_USERS.slice(0, 18).map((id) => ({ id, role: 'supervisor' })));
    expect(audit).toMatchObject({ status: 'SUCCESS', role: 'supervisor', genesys_calls: 3 });
    expect(posts()).toHaveLength(1);
    expect(posts()[0]?.body).toEqual(
      FREE_USERS.slice(0, 18).map((id) => ({ id, role: 'supervisor' })),
    );
  });

  test('names the client by form fields at a base URL, never by HTTP Basic', async () => {
    await ask([{ id: first }]);
    expect(adder.genesys.state.calls[0]).toMatchObject({
      path: '/oauth/token',
      authentication: 'form',
    });
  });

  test('takes every role with a user id, and refuses an address', async () => {
    const audit = await ask([
      { id: first, role: 'customer' },
      { id: second, role: 'observer' },
      { address: '+15550001111' },
    ]);
    expect(audit.status).toBe('PARTIAL');
    expect(outcomes(audit)).toEqual(['ADDED', 'ADDED', 'REJECTED ROLE_NOT_SUPPORTED']);
  });

  test('asks for users singly where there is no bulk lookup, only for who is missing, and remembers it', async () => {
    const audit = await ask([{ id: SAMPLE_USERS.ben }, { id: OFFLINE_USER }, { id: first }], {
      genesys: { genericBulkUsers: false },
    });
    expect(outcomes(audit)).toEqual(['ALREADY_PRESENT', 'ADDED OFFLINE', 'ADDED']);
    expect(audit.genesys_calls).toBe(5);
    const again = await adder.settle({
      conversationId: GENERIC_CONVERSATION,
      participants: [{ id: second }],
    });
    expect(again.genesys_calls).toBe(3);
  });

  test('refuses an unknown user found by single lookups', async () => {
    const audit = await ask([{ id: UNKNOWN_USER }, { id: first }], {
      genesys: { genericBulkUsers: false },
    });
    expect(outcomes(audit)).toEqual(['REJECTED UNKNOWN_USER', 'ADDED']);
  });

  test('counts those present towards the twenty', async () => {
    const audit = await ask(FREE_USERS.slice(0, 19).map((id) => ({ id })));
    expect(audit).toMatchObject({ status: 'FAILED', code: 'CAPACITY_EXCEEDED' });
    expect(audit.error).toContain('2 present, 19 to be added (19 requested), limit 20');
    expect(posts()).toEqual([]);
  });

  test('reads again after a 409 and sends only who is missing', async () => {
    let joined = false;
    const audit = await ask([{ id: first }, { id: second }], {
      genesys: {
        onEvent: (event) => {
          if (event.kind !== 'request' || !event.call.path.endsWith('/participants') || joined)
            return;
          joined = true;
          adder.genesys.state.organisation.join(
            GENERIC_CONVERSATION,
            { userId: first },
            adder.clock.now(),
          );
        },
      },
    });
    expect(audit.status).toBe('SUCCESS');
    expect(posts().map(({ status, body }) => [status, (body as { id: string }[]).length])).toEqual([
      [409, 2],
      [201, 1],
    ]);
    expect(adder.genesys.state.organisation.rings.map(({ who }) => who)).toEqual([second]);
  });

  // Bug: a 409 of this endpoint counted as proof that no one was rung, so a person whom a repeated POST had
  // rung was reported as ALREADY_PRESENT, and one who had left was rung again.
  // Fix: 408 and 409 prove nothing. Listed is ADDED, not listed is UNCERTAIN.
  const lost = (status: number, carriedOut: boolean) => ({
    genesys: {
      faults: [
        {
          method: 'POST',
          path: '/participants',
          fault: { carriedOut, response: { status, body: { code: 'conflict', status } } },
        },
      ],
    },
  });

  test.each([408, 409])('reports who is listed after a %d as ADDED', async (status) => {
    const audit = await ask([{ id: first }, { id: second }], lost(status, true));
    expect(outcomes(audit)).toEqual(['ADDED', 'ADDED']);
    expect(audit.status).toBe('SUCCESS');
    expect(posts()).toHaveLength(1);
  });

  test.each([408, 409])(
    'does not repeat an add after a %d that no look explains',
    async (status) => {
      const audit = await ask([{ id: first }], lost(status, false));
      expect(outcomes(audit)).toEqual(['UNCERTAIN OUTCOME_UNKNOWN']);
      expect(posts()).toHaveLength(1);
    },
  );

  test('takes a 422 for final, and keeps what the platform said', async () => {
    const response = {
      status: 422,
      body: { code: 'invalid.role', message: 'No such role here', status: 422 },
    };
    const audit = await ask([{ id: first }, { id: second }], {
      genesys: { faults: [{ method: 'POST', path: '/participants', fault: { response } }] },
    });
    expect(audit).toMatchObject({ status: 'FAILED', code: 'GENESYS_REJECTED' });
    expect(audit.error).toContain('422');
    expect(audit.error).toContain('invalid.role: No such role here');
    expect(audit.error).toContain(audit.genesys_correlation_ids.at(-1));
    expect(posts()).toHaveLength(1);
  });

  test('lets the others in where the platform names who is at fault', async () => {
    const response = {
      status: 422,
      body: { code: 'bad.participant', details: [{ entityId: first, fieldName: 'id' }] },
    };
    const audit = await ask([{ id: first }, { id: second }], {
      genesys: {
        faults: [{ method: 'POST', path: '/participants', calls: [1], fault: { response } }],
      },
    });
    expect(outcomes(audit)).toEqual(['REJECTED GENESYS_REJECTED', 'ADDED']);
  });

  test('treats a response without a body as a success', async () => {
    const audit = await ask([{ id: first }], {
      genesys: {
        faults: [
          {
            method: 'POST',
            path: '/participants',
            fault: { carriedOut: true, response: { status: 201, body: '' } },
          },
        ],
      },
    });
    expect(audit).toMatchObject({ status: 'SUCCESS', genesys_calls: 3 });
  });
});
