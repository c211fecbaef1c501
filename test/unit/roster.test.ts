import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RequestedParticipant } from '../../lib/domain/participant.ts';
import {
  countPeople,
  firstMentions,
  isFitToAct,
  isIn,
  newParticipationsOf,
  newParticipationsOfAll,
  type Participation,
  presenceWarning,
  type Roster,
  refuseCapacity,
  refuseRole,
  refuseUnreachable,
  refuseUser,
  snapshotFor,
} from '../../lib/domain/roster.ts';

let counter = 0;
const entry = (more: Partial<Participation> = {}): Participation => {
  counter += 1;
  const live = more.live ?? true;
  const program = more.program ?? false;
  return {
    participationId: `p${counter}`,
    addresses: [],
    live,
    ended: !live,
    inConference: live && !program,
    program,
    mediaRoles: [],
    ...more,
  };
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

describe('a party who is listed and not in the conference', () => {
  const watching = entry({ userId: 'watcher', inConference: false, mediaRoles: ['monitor'] });
  const box = entry({ userId: 'owner', program: true, purpose: 'voicemail' });
  const now = roster([entry({ userId: 'agent' }), watching, box]);

  test('is not in, takes no seat and is not fit to act', () => {
    for (const id of ['watcher', 'owner']) {
      expect(isIn(now, user(id))).toBe(false);
      expect(isFitToAct(now, id)).toBe(false);
    }
    expect(countPeople(now)).toBe(1);
    expect(isFitToAct(now, 'AGENT')).toBe(true);
  });

  // Bug: an agent whose address carries the caller's number made the caller present after hanging up.
  test('is the customer whose number only an agent carries', () => {
    const agent = entry({ userId: 'agent', addresses: ['tel:+15551234567'] });
    expect(isIn(roster([agent]), outside('+15551234567'))).toBe(false);
    expect(newParticipationsOf([], roster([agent]), outside('+15551234567'))).toEqual([]);
  });
});

describe('participations since a snapshot', () => {
  const before = roster([
    entry({ participationId: 'a-old', userId: 'a', live: false }),
    entry({ participationId: 'b-old', userId: 'b' }),
    entry({ participationId: 'caller', addresses: ['tel:+15550000001'] }),
    entry({ participationId: 'flow', program: true, purpose: 'ivr' }),
  ]);

  test('are told by ids, of which the snapshot holds those that concern the people requested', () => {
    expect(snapshotFor(before, [user('a')])).toEqual(['a-old']);
    expect(snapshotFor(before, [user('a'), outside('+15559999999')])).toEqual(['a-old', 'caller']);
    expect(snapshotFor(before, [user('never here')])).toEqual([]);
  });

  test('are at most 200 in a snapshot', () => {
    const crowded = roster(Array.from({ length: 300 }, () => entry()));
    expect(snapshotFor(crowded, [outside('+15550000001')])).toHaveLength(200);
  });

  test('include those that have ended, and a voicemail box that took the call', () => {
    const after = roster([
      ...before.participations,
      entry({ participationId: 'a-rung', userId: 'a', live: false }),
      entry({ participationId: 'a-box', userId: 'a', program: true, purpose: 'voicemail' }),
      entry({ participationId: 'a-recorder', userId: 'a', program: true, purpose: 'recorder' }),
    ]);
    const ids = snapshotFor(before, [user('a')]);
    expect(newParticipationsOf(ids, after, user('a')).map((one) => one.participationId)).toEqual([
      'a-rung',
      'a-box',
    ]);
    expect(newParticipationsOf(ids, before, user('a'))).toEqual([]);
  });

  test('give each outside party that cannot be recognised one new party of its own', () => {
    const asked = [outside('+15550000007'), outside('+15550000008'), outside('+15550000009')];
    const ids = snapshotFor(before, asked);
    const after = roster([
      ...before.participations,
      entry({ participationId: 'x', addresses: ['sip:gateway-17'] }),
      entry({ participationId: 'y', addresses: ['tel:+15550000009'] }),
    ]);
    const found = newParticipationsOfAll(ids, after, asked).map((list) =>
      list.map(({ participationId }) => participationId),
    );
    expect(found).toEqual([['x'], [], ['y']]);
  });
});

describe('a new voicemail box without an owner', () => {
  const box = (participationId: string) =>
    entry({ participationId, program: true, purpose: 'voicemail' });
  const found = (before: Roster, after: Roster, asked: RequestedParticipant[]) =>
    newParticipationsOfAll(snapshotFor(before, asked), after, asked).map((list) =>
      list.map(({ participationId }) => participationId),
    );

  // Bug: a user whose call went straight to voicemail, listed only as a box without `userId`, was rung again and
  // again, and the greeting played into the call each time.
  test('shows that a user who is not listed was rung, one user for each box', () => {
    const before = roster([box('old box')]);
    const after = roster([...before.participations, entry({ userId: 'b' }), box('new box')]);
    expect(found(before, after, [user('b'), user('a'), user('c')])).toEqual([
      [expect.any(String)],
      ['new box'],
      [],
    ]);
  });

  test('shows nothing about an outside party', () => {
    const after = roster([box('new box')]);
    expect(found(roster([]), after, [outside('+15550000001')])).toEqual([[]]);
  });
});

test('the new participations of a user begin with a place in the call, not with monitoring', () => {
  const monitor = entry({ participationId: 'monitor', userId: 'a', aside: true });
  const leg = entry({ participationId: 'leg', userId: 'a' });
  expect(newParticipationsOf([], roster([monitor, leg]), user('a'))).toEqual([leg, monitor]);
});

describe('a new outside party with another phone number', () => {
  // Found by the simulation: a number that another request had added a moment before was taken for the
  // one whose add had lost its response, and that one was reported as added.
  test('is not taken for the one that was asked for', () => {
    const after = roster([entry({ participationId: 'x', addresses: ['tel:+15550000008'] })]);
    expect(newParticipationsOfAll([], after, [outside('+15550000007')])).toEqual([[]]);
  });

  test('may be the SIP address that was asked for', () => {
    const party = entry({ participationId: 'x', addresses: ['tel:+15550000008'] });
    const asked = [outside('sip:desk@example.com')];
    expect(newParticipationsOfAll([], roster([party]), asked)).toEqual([[party]]);
  });
});

describe('seats', () => {
  test('are taken by people who are in: not by programs, nor by people who left, once by each user', () => {
    const now = roster([
      entry({ userId: 'a' }),
      entry({ userId: 'a' }),
      entry(),
      entry(),
      entry({ program: true }),
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

  test.each([
    [{ presence: 'offline', outOfOffice: true, hasStation: false }, 'OFFLINE', false],
    [{ presence: 'busy', outOfOffice: true, hasStation: false }, 'OUT_OF_OFFICE', false],
    [{ presence: 'busy', hasStation: false }, 'NO_STATION', false],
    [{ presence: 'unknown', hasStation: false }, 'NO_STATION', false],
    [{ presence: 'busy', hasStation: true }, 'LIKELY_VOICEMAIL', false],
    [{ presence: 'unknown' }, 'PRESENCE_UNKNOWN', true],
    [{ presence: 'reachable', outOfOffice: false, hasStation: true }, undefined, true],
  ] as const)(
    'with %j get the warning %s; rung where only reachable people are: %s',
    (facts, warning, rung) => {
      const whole = { state: 'active', ...facts } as const;
      expect(presenceWarning(user('a'), whole)).toBe(warning);
      const refusal = refuseUnreachable(user('a'), whole);
      expect(refusal?.code).toBe(rung ? undefined : 'NOT_REACHABLE');
    },
  );

  test('and outside parties without known facts are rung where only reachable people are', () => {
    expect(refuseUnreachable(user('a'), undefined)).toBeUndefined();
    expect(refuseUnreachable(outside('+1555'), undefined)).toBeUndefined();
  });
});

describe('the decision, whatever the conversation', () => {
  const someUser = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const someEntry = fc.record({
    userId: someUser,
    live: fc.boolean(),
    program: fc.boolean(),
  });

  test('names everyone who is missing once, and no one who is in', () => {
    fc.assert(
      fc.property(fc.array(someEntry), fc.array(someUser), (entries, ids) => {
        const now = roster(entries.map(entry));
        const asked = ids.map(user);
        const missing = firstMentions(asked)
          .map((position) => ids[position])
          .filter((id) => !isIn(now, user(id ?? '')));
        const live = new Set(
          entries.filter(({ live, program }) => live && !program).map(({ userId }) => userId),
        );
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
            entries.filter(({ live, program }) => live && !program).length,
          );
          expect(refuseCapacity(now, missing, missing) === undefined).toBe(
            people + missing <= limit,
          );
        },
      ),
    );
  });
});
