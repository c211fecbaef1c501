import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RequestedParticipant } from '../../lib/domain/participant.ts';
import {
  arrivedSince,
  countPeople,
  firstMentions,
  isIn,
  type Participation,
  presenceWarning,
  type Roster,
  refuseCapacity,
  refuseRole,
  refuseUser,
} from '../../lib/domain/roster.ts';

let counter = 0;
const entry = (more: Partial<Participation> = {}): Participation => {
  counter += 1;
  return { participationId: `p${counter}`, addresses: [], live: true, machine: false, ...more };
};
const roster = (participations: Participation[], limit = 20): Roster => ({
  contract: 'platform',
  participations,
  limit,
  actingUserIds: [],
});
const user = (id: string): RequestedParticipant => ({ id, role: 'agent' });
const outside = (address: string): RequestedParticipant => ({ address, role: 'customer' });

describe('who is in', () => {
  test('is who has a live participation: not who left, but who left and came back', () => {
    const now = roster([
      entry({ userId: 'left', live: false }),
      entry({ userId: 'returned', live: false }),
      entry({ userId: 'returned' }),
    ]);
    expect(isIn(now, user('left'))).toBe(false);
    expect(isIn(now, user('returned'))).toBe(true);
    expect(isIn(now, user('never here'))).toBe(false);
  });

  test('is told of an outside party by its number, however the platform writes it', () => {
    const now = roster([
      entry({ addresses: ['tel:+15551234567'] }),
      entry({ addresses: ['sip:Bob@Example.com;transport=tls'] }),
    ]);
    expect(isIn(now, outside('+15551234567'))).toBe(true);
    expect(isIn(now, outside('sip:bob@example.com'))).toBe(true);
    expect(isIn(now, outside('+15551234568'))).toBe(false);
    expect(isIn(now, outside('sip:eve@example.com'))).toBe(false);
  });
});

describe('seats', () => {
  test('are taken by people who are in: not by machines, nor by who left, once by each user', () => {
    const now = roster([
      entry({ userId: 'a' }),
      entry({ userId: 'a' }),
      entry(),
      entry(),
      entry({ machine: true }),
      entry({ userId: 'b', live: false }),
    ]);
    expect(countPeople(now)).toBe(3);
  });

  test('are given to all or to none', () => {
    const now = roster([entry(), entry()], 5);
    expect(refuseCapacity(now, 3, 3)).toBeUndefined();
    expect(refuseCapacity(now, 4, 6)).toEqual({
      code: 'CAPACITY_EXCEEDED',
      detail: expect.stringContaining('2 present, 4 to be added (6 requested), limit 5'),
    });
  });
});

describe('roles', () => {
  test.each([
    ['platform', { id: 'a', role: 'agent' }, true],
    ['platform', { id: 'a', role: 'customer' }, false],
    ['platform', { id: 'a', role: 'observer' }, false],
    ['platform', { id: 'a', role: 'supervisor' }, false],
    ['platform', { address: '+1555', role: 'customer' }, true],
    ['generic', { id: 'a', role: 'agent' }, true],
    ['generic', { id: 'a', role: 'customer' }, true],
    ['generic', { id: 'a', role: 'observer' }, true],
    ['generic', { id: 'a', role: 'supervisor' }, true],
    ['generic', { address: '+1555', role: 'customer' }, false],
  ] as const)('by contract %s %j may be added: %s', (contract, participant, allowed) => {
    expect(refuseRole(contract, participant) === undefined).toBe(allowed);
  });
});

describe('users', () => {
  test.each([
    ['unknown', 'UNKNOWN_USER'],
    ['deleted', 'UNKNOWN_USER'],
    ['inactive', 'INACTIVE_USER'],
    ['active', undefined],
  ] as const)('who are %s: %s', (state, code) => {
    expect(refuseUser({ state, presence: 'offline' })?.code).toBe(code);
  });

  test('who could not be looked up are not refused, only warned of', () => {
    expect(refuseUser(undefined)).toBeUndefined();
    expect(presenceWarning(user('a'), undefined)).toBe('PRESENCE_UNKNOWN');
    expect(presenceWarning(user('a'), { state: 'active', presence: 'unknown' })).toBe(
      'PRESENCE_UNKNOWN',
    );
    expect(presenceWarning(user('a'), { state: 'active', presence: 'offline' })).toBe('OFFLINE');
    expect(presenceWarning(user('a'), { state: 'active', presence: 'reachable' })).toBeUndefined();
    expect(presenceWarning(outside('+1555'), undefined)).toBeUndefined();
  });
});

describe('who came between two looks', () => {
  test('is who is in now, and who was rung and has hung up already', () => {
    const before = roster([entry({ userId: 'old', live: false })]);
    const after = roster([
      ...before.participations,
      entry({ userId: 'in' }),
      entry({ userId: 'declined', live: false }),
    ]);
    expect(arrivedSince(before, after, ['in', 'declined', 'old', 'absent'].map(user))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('are as many outside parties as there are new ones, even under another address', () => {
    const before = roster([entry({ userId: 'agent' })]);
    const after = roster([...before.participations, entry({ addresses: ['sip:gateway-17'] })]);
    expect(arrivedSince(before, after, [outside('+15550000001'), outside('+15550000002')])).toEqual(
      [true, false],
    );
    const withMachine = roster([...before.participations, entry({ machine: true })]);
    expect(arrivedSince(before, withMachine, [outside('+15550000001')])).toEqual([false]);
  });
});

describe('the decision, whatever the conversation', () => {
  const someUser = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const someEntry = fc.record({
    userId: someUser,
    live: fc.boolean(),
    machine: fc.boolean(),
  });

  test('names nobody as missing who is in, and everybody who is not, once', () => {
    fc.assert(
      fc.property(fc.array(someEntry), fc.array(someUser), (entries, ids) => {
        const now = roster(entries.map(entry));
        const asked = ids.map(user);
        const missing = firstMentions(asked)
          .map((position) => ids[position])
          .filter((id) => !isIn(now, user(id ?? '')));
        const live = new Set(entries.filter(({ live }) => live).map(({ userId }) => userId));
        expect(missing).toEqual([...new Set(ids)].filter((id) => !live.has(id)));
      }),
    );
  });

  test('counts no more people than there are live participations, and adding never overfills', () => {
    fc.assert(
      fc.property(
        fc.array(someEntry),
        fc.nat(10),
        fc.integer({ min: 1, max: 12 }),
        (entries, missing, limit) => {
          const now = roster(entries.map(entry), limit);
          const people = countPeople(now);
          expect(people).toBeLessThanOrEqual(
            entries.filter(({ live, machine }) => live && !machine).length,
          );
          expect(refuseCapacity(now, missing, missing) === undefined).toBe(
            people + missing <= limit,
          );
        },
      ),
    );
  });
});
