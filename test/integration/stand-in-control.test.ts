import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { judgeConnection } from '../../lib/domain/connection.ts';
import { countPeople, isIn, newParticipationsOf } from '../../lib/domain/roster.ts';
import { viewConversation } from '../../lib/genesys/conversation/conversation-document.ts';
import { CONTROL_PATH } from '../../local/genesys/control.ts';
import {
  FREE_USERS,
  PLATFORM_CONVERSATION,
  SAMPLE_USERS,
} from '../../local/genesys/sample-organisation.ts';
import { type RunningGenesys, startGenesys } from '../../local/genesys/start-genesys.ts';
import { type GenesysClient, logIn } from '../contract/genesys-client.ts';
import { createSkippingClock } from '../support/skipping-clock.ts';

const CONVERSATION = `/api/v2/conversations/${PLATFORM_CONVERSATION}`;
const ADD = `/api/v2/conversations/calls/${PLATFORM_CONVERSATION}/participants/user/${SAMPLE_USERS.ada}`;
const [GUEST = '', SUPERVISOR = ''] = FREE_USERS;
const asGuest = { id: GUEST, role: 'agent' } as const;

let genesys: RunningGenesys;
let client: GenesysClient;
const clock = createSkippingClock();

beforeEach(async () => {
  genesys = await startGenesys({ clock });
  client = await logIn(genesys.url);
});
afterEach(() => genesys.stop());

const change = async (body: object, headers = {}) =>
  (await client.post(CONTROL_PATH, body, headers)).status;
const look = async () => viewConversation((await client.get(CONVERSATION)).json, 20).roster;

describe('the control endpoint of the stand-in', () => {
  test.each([
    ['answers', 'CONNECTED'],
    ['no-answer', 'NO_ANSWER'],
    ['declines', 'DECLINED'],
    ['voicemail', 'VOICEMAIL'],
    ['not-available', 'UNAVAILABLE'],
    ['forwards', 'FORWARDED'],
    ['fails', 'FAILED'],
  ])('makes ringing end as %s, which the product reads as %s', async (outcome, connection) => {
    expect(await change({ ringOutcomes: { [GUEST]: outcome } })).toBe(200);
    const before = (await look()).participations.map((one) => one.participationId);
    await client.post(ADD, { participants: [{ userId: GUEST }] });
    const rung = newParticipationsOf(before, await look(), asGuest);
    expect(judgeConnection(rung, { callEnded: false }).connection).toBe('STILL_RINGING');
    clock.advance(15_000);
    const since = newParticipationsOf(before, await look(), asGuest);
    expect(judgeConnection(since, { callEnded: false })).toEqual({ connection, decided: true });
  });

  test.each(['monitor', 'coach', 'consult'])('adds a %s, who is not a participant', async (as) => {
    const people = countPeople(await look());
    const join = { conversationId: PLATFORM_CONVERSATION, userId: SUPERVISOR, as };
    expect(await change({ join })).toBe(200);
    const roster = await look();
    expect(roster.participations.some(({ userId }) => userId === SUPERVISOR)).toBe(true);
    expect(isIn(roster, { id: SUPERVISOR, role: 'agent' })).toBe(false);
    expect(countPeople(roster)).toBe(people);
  });

  test('loses the responses of adds that it carried out', async () => {
    await change({ behaviour: { lostResponses: 1 } });
    const add = () => client.post(ADD, { participants: [{ userId: GUEST }] });
    await expect(add()).rejects.toThrow();
    expect(isIn(await look(), asGuest)).toBe(true);
    expect((await add()).status).toBe(200);
  });

  test('lets a queue find an agent, or none', async () => {
    const add = () => client.post(ADD, { participants: [{ queueId: 'a-queue' }] });
    await add();
    clock.advance(20_000);
    expect(isIn(await look(), asGuest)).toBe(false);
    await change({ behaviour: { queueAgentId: GUEST } });
    await add();
    clock.advance(20_000);
    expect(isIn(await look(), asGuest)).toBe(true);
  });

  test('slows reads down and changes users', async () => {
    await change({
      behaviour: { slowReadsMs: 5_000 },
      users: { [GUEST]: { presence: 'Busy', outOfOffice: true, hasStation: false } },
    });
    clock.slept.length = 0;
    await look();
    expect(clock.slept).toContain(5_000);
    const { json } = await client.get(`/api/v2/users/${GUEST}?expand=presence,outOfOffice,station`);
    expect(json).toMatchObject({ outOfOffice: { active: true }, station: {} });
  });

  test('refuses unknown settings and web pages of other hosts', async () => {
    expect(await change({ behaviour: { unheardOf: 1 } })).toBe(400);
    expect(await change({ ringOutcomes: { [GUEST]: 'explodes' } })).toBe(400);
    expect(await change({}, { 'content-type': 'text/plain' })).toBe(403);
    const { status, json } = await client.get(CONTROL_PATH);
    expect([status, Object.keys(json as object)]).toEqual([
      200,
      ['behaviour', 'possibleRingOutcomes', 'ringOutcomes', 'users', 'conversations'],
    ]);
  });
});
