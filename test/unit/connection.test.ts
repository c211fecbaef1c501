import { describe, expect, test } from '@jest/globals';
import { judgeConnection } from '../../lib/domain/connection.ts';
import type { Participation } from '../../lib/domain/roster.ts';

const leg = (more: Partial<Participation>): Participation => ({
  participationId: 'p',
  userId: 'a',
  addresses: [],
  live: false,
  ended: true,
  inConference: false,
  program: false,
  mediaRoles: ['full'],
  state: 'disconnected',
  ...more,
});
const ringing = leg({ live: true, ended: false, inConference: true, state: 'alerting' });
const answered = leg({
  live: true,
  ended: false,
  inConference: true,
  state: 'connected',
  connectedAtMs: 5,
});
const box = leg({ program: true, purpose: 'voicemail', live: true, ended: false });
const goesOn = { callEnded: false };

describe('the connection of a person whose call ended unanswered', () => {
  test.each([
    ['transfer.noanswer', 'NO_ANSWER'],
    ['TRANSFER_NOANSWER', 'NO_ANSWER'],
    ['NO_ANSWER_TRANSFER', 'NO_ANSWER'],
    ['timeout', 'NO_ANSWER'],
    ['TIMEOUT', 'NO_ANSWER'],
    ['client', 'DECLINED'],
    ['endpoint', 'DECLINED'],
    ['endpoint.donotdisturb', 'DECLINED'],
    ['ENDPOINT_DND', 'DECLINED'],
    ['transfer.donotdisturb', 'DECLINED'],
    ['donotdisturb', 'DECLINED'],
    ['DND', 'DECLINED'],
    ['transfer.notavailable', 'UNAVAILABLE'],
    ['NOT_AVAILABLE_TRANSFER', 'UNAVAILABLE'],
    ['transfer.forward', 'FORWARDED'],
    ['error', 'FAILED'],
    ['transport.failure', 'FAILED'],
    ['TRANSPORT_FAILURE', 'FAILED'],
    ['uncallable', 'FAILED'],
    ['system', 'FAILED'],
    ['peer', 'CALL_ENDED'],
  ])('by %s is %s', (disconnectType, connection) => {
    expect(judgeConnection([leg({ disconnectType })], goesOn)).toEqual({
      connection,
      decided: true,
    });
  });

  test('is not known from a call that ended for no reason told, or by being moved', () => {
    for (const legs of [[], [leg({})], [leg({ disconnectType: 'transfer.conference' })]]) {
      expect(judgeConnection(legs, goesOn)).toEqual({ connection: 'UNKNOWN', decided: false });
      expect(judgeConnection(legs, { callEnded: true })).toEqual({
        connection: 'CALL_ENDED',
        decided: true,
      });
    }
  });

  test('stays what it was when the conversation ends afterwards', () => {
    const legs = [leg({ disconnectType: 'transfer.noanswer' })];
    expect(judgeConnection(legs, { callEnded: true }).connection).toBe('NO_ANSWER');
  });

  test('is voicemail where a box without an owner came in', () => {
    const legs = [leg({ disconnectType: 'transfer.forward' })];
    expect(judgeConnection(legs, { callEnded: false, unownedVoicemail: true })).toEqual({
      connection: 'VOICEMAIL',
      decided: true,
    });
  });
});

describe('the connection of a person who was rung', () => {
  test.each([
    ['who answered', [answered], 'CONNECTED', true],
    [
      'who answered and has hung up since',
      [leg({ connectedAtMs: 5, disconnectType: 'client' })],
      'CONNECTED',
      true,
    ],
    [
      'who answered at the second device',
      [leg({ disconnectType: 'transfer.noanswer' }), answered],
      'CONNECTED',
      true,
    ],
    ['who is rung still', [ringing], 'STILL_RINGING', false],
    [
      'who is rung again after a forward',
      [leg({ disconnectType: 'transfer.forward' }), ringing],
      'STILL_RINGING',
      false,
    ],
    [
      'whose voicemail box took the call',
      [leg({ disconnectType: 'transfer.noanswer' }), box],
      'VOICEMAIL',
      true,
    ],
    // The box is connected; that is not the person.
    [
      'whose voicemail box answered at once',
      [{ ...box, state: 'connected', connectedAtMs: 5 }],
      'VOICEMAIL',
      true,
    ],
    // Bug: a person who did not answer and monitored the call later was reported as connected.
    [
      'who did not answer and only monitors since',
      [leg({ disconnectType: 'transfer.noanswer' }), { ...answered, aside: true }],
      'NO_ANSWER',
      true,
    ],
    // Bug: a shared screen that outlived the call was taken for ringing.
    [
      'whose call is over while another medium goes on',
      [leg({ live: true, ended: false, disconnectType: 'transfer.noanswer' })],
      'NO_ANSWER',
      true,
    ],
  ] as const)('%s', (_who, legs, connection, decided) => {
    expect(judgeConnection(legs, goesOn)).toEqual({ connection, decided });
  });

  test('who was ringing when the conversation ended is that the call ended', () => {
    expect(judgeConnection([ringing], { callEnded: true })).toEqual({
      connection: 'CALL_ENDED',
      decided: true,
    });
  });
});
