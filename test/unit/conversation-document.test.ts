import { describe, expect, test } from '@jest/globals';
import type { AdderError } from '../../lib/domain/errors.ts';
import { countPeople, isIn } from '../../lib/domain/roster.ts';
import { readConversationDocument } from '../../lib/genesys/conversation/conversation-document.ts';

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
    ['a type and nobody in it', { type: 'voice', participants: [] }, 'generic'],
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
      'an end time by contract G',
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
    ['null for participants', { participants: null }, 'CONVERSATION_ENDED'],
    ['participants that are none', { participants: 'nobody' }, 'GENESYS_UNAVAILABLE'],
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
  ])('is none for live %s, and the error names the media', (medium, name) => {
    const document = {
      participants: [{ id: '1', [medium]: [call()], calls: [call('terminated')] }],
    };
    expect(codeOf(document)).toBe('MEDIA_NOT_SUPPORTED');
    expect(() => read(document)).toThrow(`by ${name}`);
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

  // Bug: one odd entry hid the live ones beside it, so that somebody who is in was rung.
  test('is whoever has a live entry, whatever else the lists hold', () => {
    const roster = read({
      participants: [null, user('a', { calls: [null, call(), 'odd'], messages: 'odd' }), 7],
    });
    expect(isIn(roster, { id: 'a', role: 'agent' })).toBe(true);
    expect(countPeople(roster)).toBe(1);
  });

  test('is nobody who has an end time, whatever the media say', () => {
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

  test.each(['acd', 'ivr', 'workflow', 'botflow', 'IVR'])('takes no seat as %s', (purpose) => {
    expect(
      countPeople(read({ participants: [user('a'), { id: '2', purpose, calls: [call()] }] })),
    ).toBe(1);
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
