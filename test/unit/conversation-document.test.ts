import { describe, expect, test } from '@jest/globals';
import type { AdderError } from '../../lib/domain/adder-error.ts';
import { countPeople, isFitToAct, isIn } from '../../lib/domain/roster.ts';
import {
  readConversationDocument,
  viewConversation,
} from '../../lib/genesys/conversation/conversation-document.ts';

const call = (state = 'connected') => ({ state, id: 'c' });
const user = (userId: string, more: object = {}) => ({
  id: `participation of ${userId}`,
  userId,
  purpose: 'agent',
  calls: [call()],
  ...more,
});
const read = (document: unknown) => readConversationDocument(document, 20);
const codeOf = (document: unknown) => {
  try {
    return read(document).contract;
  } catch (error) {
    return (error as AdderError).code;
  }
};

describe('the contract', () => {
  test.each([
    ['live calls', { participants: [user('a')] }, 'platform'],
    ['a type and no media', { type: 'voice', participants: [{ id: 'a' }] }, 'generic'],
    ['a type and no participants', { type: 'voice', participants: [] }, 'generic'],
    [
      'a type and empty media arrays',
      { type: 'voice', participants: [{ id: 'a', calls: [] }] },
      'generic',
    ],
    ['a type and live calls', { type: 'voice', participants: [user('a')] }, 'platform'],
    [
      'live calls beside live messages',
      { participants: [user('a', { messages: [call()] })] },
      'platform',
    ],
    [
      'an end time',
      { endTime: '2026-11-22T10:00:00Z', participants: [user('a')] },
      'CONVERSATION_ENDED',
    ],
    [
      'an end time in the generic contract',
      { type: 'voice', endTime: '2026-11-22T10:00:00Z' },
      'CONVERSATION_ENDED',
    ],
    ['a null end time', { endTime: null, participants: [user('a')] }, 'platform'],
    [
      'only people who left',
      { participants: [user('a', { calls: [call('disconnected')] })] },
      'CONVERSATION_ENDED',
    ],
    ['no participants at all', { id: 'x' }, 'CONVERSATION_ENDED'],
    ['an id and null for participants', { id: 'x', participants: null }, 'CONVERSATION_ENDED'],
    // Bug: an empty object was taken for a conversation that is over.
    ['nothing in it', {}, 'GENESYS_UNAVAILABLE'],
    ['the fields of an error', { status: 404, message: 'no' }, 'GENESYS_UNAVAILABLE'],
    ['participants that are not a list', { participants: 'none' }, 'GENESYS_UNAVAILABLE'],
    ['nothing that is a document', 'hello', 'GENESYS_UNAVAILABLE'],
  ])('of a document with %s', (_what, document, expected) => {
    expect(codeOf(document)).toBe(expected);
  });

  test.each([
    ['messages', 'message'],
    ['emails', 'email'],
    ['chats', 'chat'],
    ['callbacks', 'callback'],
    ['cobrowsesessions', 'cobrowse'],
    ['videos', 'video'],
    ['internalMessages', 'internal message'],
    ['screenshares', 'screen share'],
    ['socialExpressions', 'social media'],
    ['screenMonitorings', 'screen monitoring'],
  ])('live %s is refused, and the error names the media', (medium, name) => {
    const document = {
      participants: [{ id: '1', [medium]: [call()], calls: [call('terminated')] }],
    };
    expect(codeOf(document)).toBe('MEDIA_NOT_SUPPORTED');
    expect(() => read(document)).toThrow(`on ${name}`);
  });
});

describe('who is live', () => {
  test.each([
    ['connected', true],
    ['alerting', true],
    ['dialing', true],
    ['contacting', true],
    ['offering', true],
    ['disconnected', false],
    ['terminated', false],
    ['DISCONNECTED', false],
  ])('in state %s: %s', (state, live) => {
    const roster = read({ participants: [user('b'), user('a', { calls: [call(state)] })] });
    expect(isIn(roster, { id: 'a', role: 'agent' })).toBe(live);
  });

  // Bug: one odd entry hid the live ones beside it, so that a person who is in was rung.
  test('is a participant with a live entry, regardless of other entries', () => {
    const roster = read({
      participants: [null, user('a', { calls: [null, call(), 'odd'], messages: 'odd' }), 7],
    });
    expect(isIn(roster, { id: 'a', role: 'agent' })).toBe(true);
    expect(countPeople(roster)).toBe(1);
  });

  test('is not a participant with an end time, regardless of the media', () => {
    const roster = read({
      participants: [user('b'), user('a', { endTime: '2026-11-22T10:00:00Z' })],
    });
    expect(isIn(roster, { id: 'a', role: 'agent' })).toBe(false);
  });

  test('is the user by userId, not the participation by id, in any case of letters', () => {
    const roster = read({ participants: [user('ABC')] });
    expect(isIn(roster, { id: 'abc', role: 'agent' })).toBe(true);
    expect(isIn(roster, { id: 'participation of ABC', role: 'agent' })).toBe(false);
  });

  test.each([
    ...['acd', 'botflow', 'campaign', 'dialer', 'dialer.system', 'fax', 'ivr', 'IVR', 'recorder'],
    ...['voicemail', 'voicesurveyflow', 'workflow'],
  ])('takes no seat as %s, nor stands for the user whose id it carries', (purpose) => {
    const roster = read({ participants: [user('a'), user('b', { purpose })] });
    expect(countPeople(roster)).toBe(1);
    expect(isIn(roster, { id: 'b', role: 'agent' })).toBe(false);
    expect(roster.actingUserIds).toEqual(['a']);
  });

  test.each([
    ...['agent', 'api', 'customer', 'external', 'group', 'inbound', 'manual', 'outbound'],
    ...['station', 'user', undefined],
  ])('takes a seat as %s', (purpose) => {
    const roster = read({ participants: [user('a'), user('b', { purpose })] });
    expect(countPeople(roster)).toBe(2);
    expect(isIn(roster, { id: 'b', role: 'agent' })).toBe(true);
  });
});

describe('who only listens', () => {
  test.each([
    ['monitors, by role', { mediaRoles: ['monitor'] }, false],
    ['monitors, by role in capitals', { mediaRoles: ['MONITOR'] }, false],
    ['coaches, by role', { mediaRoles: ['coach'] }, false],
    ['monitors, by whom', { monitoredParticipantId: 'x' }, false],
    ['coaches, by whom', { coachedParticipantId: 'x' }, false],
    [
      'monitors now, after taking part',
      { mediaRoles: ['full', 'monitor'], monitoredParticipantId: 'x' },
      false,
    ],
    ['barged in', { mediaRoles: ['monitor'], bargedParticipantId: 'x' }, true],
    ['barged in after monitoring', { monitoredParticipantId: 'x', bargedParticipantId: 'x' }, true],
    ['monitored before, and takes part now', { mediaRoles: ['monitor', 'full'] }, true],
    ['takes part', { mediaRoles: ['full'] }, true],
    ['has no roles told', { mediaRoles: null, monitoredParticipantId: null }, true],
    ['has a chat and no voice', { calls: [], chats: [call()] }, false],
  ])('or not: %s', (_what, more, takesPart) => {
    const roster = read({ participants: [user('a'), user('b', more)] });
    expect(isIn(roster, { id: 'b', role: 'agent' })).toBe(takesPart);
    expect(isFitToAct(roster, 'b')).toBe(takesPart);
    expect(roster.actingUserIds.includes('b')).toBe(takesPart);
    expect(countPeople(roster)).toBe(takesPart ? 2 : 1);
  });

  const at = (minute: number) => ({ startTime: `2026-11-22T10:0${minute}:00.000Z` });
  const customer = { id: 'customer', purpose: 'customer', calls: [call()], ...at(0) };
  test.each([
    [
      'names the customer',
      [customer, user('a', at(1)), user('b', { ...at(2), consultParticipantId: 'customer' })],
    ],
    [
      'and the one who consults both name the customer',
      [
        customer,
        user('a', { ...at(1), consultParticipantId: 'customer' }),
        user('b', { ...at(2), consultParticipantId: 'customer' }),
      ],
    ],
    [
      'is named by the one who consults',
      [
        customer,
        user('a', { ...at(1), consultParticipantId: 'participation of b' }),
        user('b', at(2)),
      ],
    ],
  ])('is the target of a consult, who %s', (_how, participants) => {
    const roster = read({ participants });
    expect(isIn(roster, { id: 'b', role: 'agent' })).toBe(false);
    expect(roster.actingUserIds).toEqual(['a']);
    expect(countPeople(roster)).toBe(2);
  });

  // Bug: without start times, the one who consults was taken for the target.
  test.each([
    ['is named by the one who consults', 'participation of b', undefined],
    ['and the one who consults both name the customer', 'customer', 'customer'],
  ])('is told by the order of the list without start times: %s', (_how, ofA, ofB) => {
    const roster = read({
      participants: [
        { id: 'customer', purpose: 'customer', calls: [call()] },
        user('a', { consultParticipantId: ofA }),
        user('b', { consultParticipantId: ofB }),
      ],
    });
    expect(roster.actingUserIds).toEqual(['a']);
  });

  const gone = { calls: [{ state: 'disconnected' }], endTime: '2026-11-22T10:03:00.000Z' };
  test.each([
    [
      'the consulting user, who named the target, has left',
      [
        user('a', { ...at(1), ...gone, consultParticipantId: 'participation of b' }),
        user('b', at(2)),
      ],
    ],
    [
      'the consulting user, whom the target names, has left',
      [
        user('a', { ...at(1), ...gone }),
        user('b', { ...at(2), consultParticipantId: 'participation of a' }),
      ],
    ],
    [
      'the target has left, and only the consulting user has the field',
      [user('b', { ...at(1), consultParticipantId: 'customer' }), user('a', { ...at(2), ...gone })],
    ],
  ])('is over: %s', (_how, participants) => {
    const roster = read({ participants: [customer, ...participants] });
    expect(roster.actingUserIds).toEqual(['b']);
    expect(countPeople(roster)).toBe(2);
  });

  test('is over also where another user has joined since', () => {
    const participants = [
      customer,
      user('a', { ...at(1), ...gone }),
      user('b', { ...at(2), consultParticipantId: 'customer' }),
      user('c', at(3)),
    ];
    expect(read({ participants }).actingUserIds).toEqual(['b', 'c']);
  });
});

describe('how far a call came', () => {
  const connectedTime = '2026-11-22T10:00:05.000Z';
  const legOf = (more: object) =>
    read({ participants: [user('b'), user('a', more)] }).participations[1];

  test.each([
    ['rings', { calls: [call('alerting')] }, { state: 'alerting', live: true, ended: false }],
    [
      'is answered',
      { connectedTime, calls: [call()] },
      { state: 'connected', connectedAtMs: Date.parse(connectedTime) },
    ],
    [
      'was not answered',
      {
        endTime: connectedTime,
        calls: [{ state: 'disconnected', disconnectType: 'transfer.noanswer' }],
      },
      { state: 'disconnected', disconnectType: 'transfer.noanswer', live: false, ended: true },
    ],
    [
      'has an earlier leg that ended',
      { calls: [{ state: 'disconnected', disconnectType: 'client' }, call('alerting')] },
      { state: 'alerting', live: true, ended: false },
    ],
  ])('that %s', (_what, more, expected) => {
    expect(legOf(more)).toMatchObject(expected);
  });

  test('is told of a conversation that is over as well', () => {
    const document = {
      endTime: connectedTime,
      participants: [
        user('a', {
          endTime: connectedTime,
          calls: [{ state: 'disconnected', disconnectType: 'peer' }],
        }),
      ],
    };
    const { ended, roster } = viewConversation(document, 20);
    expect(ended).toBe(`it ended at ${connectedTime}`);
    expect(roster.participations).toMatchObject([{ userId: 'a', disconnectType: 'peer' }]);
  });
});

describe('the limit', () => {
  test.each([
    [{ maxParticipants: 7 }, 7],
    [{ maxParticipants: null }, 20],
    [{ maxParticipants: 0 }, 20],
    [{}, 20],
  ])('of %j is %i', (more, limit) => {
    expect(read({ participants: [user('a')], ...more }).limit).toBe(limit);
  });
});

describe('the acting user', () => {
  test('is connected rather than ringing, an agent rather than another, and in the call', () => {
    const { actingUserIds } = read({
      participants: [
        user('ringing agent', { calls: [call('alerting')] }),
        user('connected user', { purpose: 'user' }),
        user('left', { calls: [call('disconnected')] }),
        user('in a chat only', { calls: [], chats: [call()] }),
        { id: 'customer', purpose: 'customer', calls: [call()] },
        user('connected agent'),
        user('connected agent'),
      ],
    });
    expect(actingUserIds).toEqual(['connected agent', 'connected user', 'ringing agent']);
  });
});

describe('what a participant shows about answering', () => {
  const shown = (more: object) =>
    read({ participants: [user('a'), user('b', more)] }).participations[1];
  const over = { state: 'disconnected', disconnectType: 'transfer.noanswer' };

  // Bug: only the last of several ended calls counted, and a person who had answered was not seen as connected.
  test('is any answered call, also one before the last', () => {
    const answered = { ...over, connectedTime: '2026-11-26T10:00:00Z' };
    expect(shown({ calls: [answered, over] })?.connectedAtMs).toBe(Date.UTC(2026, 10, 26, 10));
    expect(shown({ calls: [over, over] })?.connectedAtMs).toBeUndefined();
  });

  test.each<[string, object]>([
    ['monitors', { monitoredParticipantId: 'x' }],
    ['coaches', { mediaRoles: ['coach'] }],
    ['is consulted in private', { consultParticipantId: 'participation of a' }],
    ['has another medium only', { calls: [], emails: [{ state: 'connected' }] }],
  ])('is nothing where the participant %s', (_, more) => {
    expect(shown(more)?.aside).toBe(true);
  });

  test.each<[string, object]>([
    ['is in the call', {}],
    ['has barged in', { mediaRoles: ['monitor'], bargedParticipantId: 'x' }],
    ['has no media yet', { calls: [] }],
    ['has a shared screen beside the call', { screenshares: [{ state: 'connected' }] }],
  ])('is something where the participant %s', (_, more) => {
    expect(shown(more)?.aside).toBeUndefined();
  });
});
