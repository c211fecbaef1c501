import { describe, expect, test } from '@jest/globals';
import type { Fields } from '../../lib/domain/json.ts';
import { createCallBudget } from '../../lib/genesys/api/call-budget.ts';
import type { GenesysClient } from '../../lib/genesys/api/genesys-client.ts';
import { readUser, readUsersInBulk } from '../../lib/genesys/users/read-users.ts';

const budget = createCallBudget({ finishByMs: 1e15, deadlineMs: 1e15 });

/** A client whose responses come from a function of the ids in the query. */
function clientOf(response: (ids: string[], path: string) => Fields) {
  const paths: string[] = [];
  const client: GenesysClient = {
    read: async (_operation, path) => {
      paths.push(path);
      return response(/id=([^&]*)/.exec(path)?.[1]?.split(',') ?? [], path);
    },
    post: () => Promise.reject(new Error('nothing is posted here')),
  };
  return { client, paths };
}

const ids = Array.from({ length: 12 }, (_, index) => `user-${index}`);
const listed = (id: string) => ({ id, state: 'active' });
const read = (client: GenesysClient) => readUsersInBulk(client, ids, 'commas', budget);

describe('a bulk read of users', () => {
  // Bug: the seven of twelve that were on later pages counted as unknown, and were refused.
  test('requests those again that a partial response does not list', async () => {
    const { client, paths } = clientOf((asked) => ({
      entities: asked.slice(0, 5).map(listed),
      total: asked.length,
      pageCount: Math.ceil(asked.length / 5),
    }));
    const users = await read(client);
    expect(paths).toHaveLength(3);
    expect([...(users ?? [])].map(([id, { state }]) => [id, state])).toEqual(
      ids.map((id) => [id, 'active']),
    );
  });

  test('leaves those out, and never calls them unknown, that no part lists', async () => {
    const { client, paths } = clientOf(() => ({
      entities: ids.slice(0, 5).map(listed),
      total: 12,
      pageCount: 3,
    }));
    const users = await read(client);
    expect([...(users?.keys() ?? [])]).toEqual(ids.slice(0, 5));
    expect(paths).toHaveLength(2);
  });

  test('calls those unknown that a whole response does not list', async () => {
    const { client } = clientOf(() => ({ entities: ids.slice(0, 11).map(listed), total: 11 }));
    expect((await read(client))?.get('user-11')?.state).toBe('unknown');
  });

  test('asks for all that the warnings need', async () => {
    const { client, paths } = clientOf((asked) => ({ entities: asked.map(listed) }));
    await read(client);
    await readUser(client, 'platform', 'user-1', budget);
    for (const path of paths) {
      expect(path).toContain('expand=presence,routingStatus,outOfOffice,station');
    }
  });
});

const systemPresence = (name: string) => ({
  presence: { presenceDefinition: { systemPresence: name } },
});

describe('what is known about a user', () => {
  test.each([
    [systemPresence('Offline'), { presence: 'offline', outOfOffice: false }],
    ...['Busy', 'Break', 'Meal', 'Meeting', 'TRAINING'].map(
      (name) => [systemPresence(name), { presence: 'busy' }] as const,
    ),
    ...['Available', 'Away', 'Idle', 'OnQueue', 'On Queue'].map(
      (name) => [systemPresence(name), { presence: 'reachable' }] as const,
    ),
    [systemPresence('Out of Office'), { outOfOffice: true }],
    [{ outOfOffice: { active: true } }, { presence: 'unknown', outOfOffice: true }],
    [{ outOfOffice: { active: false } }, { outOfOffice: false }],
    [{ station: {} }, { hasStation: false }],
    [{ station: { lastAssociatedStation: { id: 's' } } }, { hasStation: false }],
    [{ station: { effectiveStation: { id: 's' } } }, { hasStation: true }],
    [{ station: { associatedStation: { id: 's' }, effectiveStation: null } }, { hasStation: true }],
    [{}, { presence: 'unknown', outOfOffice: false }],
    // The generic contract's field, which knows no voicemail.
    [{ status: 'Busy' }, { presence: 'reachable' }],
    [{ status: 'Offline' }, { presence: 'offline' }],
  ])('from %j is %j', async (fields, expected) => {
    const { client } = clientOf(() => ({ id: 'a', ...fields }));
    expect(await readUser(client, 'platform', 'a', budget)).toMatchObject(expected);
  });

  test('says nothing of a station that was not told', async () => {
    const { client } = clientOf(() => ({ id: 'a' }));
    expect(await readUser(client, 'platform', 'a', budget)).not.toHaveProperty('hasStation');
  });
});
