import { afterEach, describe, expect, test } from '@jest/globals';
import { type FaultRule, platformError, tooManyRequests } from '../../local/genesys/faults.ts';
import { FREE_USERS, PLATFORM_CONVERSATION } from '../../local/genesys/sample-organisation.ts';
import type { StartGenesysOptions } from '../../local/genesys/start-genesys.ts';
import { type AdderUnderTest, outcomes, startAdder } from '../support/start-adder.ts';

let adder: AdderUnderTest;
afterEach(() => adder.stop());

const [first, second] = FREE_USERS as [string, string];
const REQUEST_ID = '11111111-2222-4333-8444-555555555555';
const READ = { method: 'GET', path: '/api/v2/conversations/' };
const ADD: Pick<FaultRule, 'method' | 'path'> = { method: 'POST', path: '/participants/user/' };

const ask = (ids: string[], more: object = {}) => ({
  requestId: REQUEST_ID,
  conversationId: PLATFORM_CONVERSATION,
  participants: ids.map((id) => ({ id })),
  ...more,
});
const inSeconds = (seconds: number) => new Date(adder.clock.now() + seconds * 1000).toISOString();
const rings = (id: string) =>
  adder.genesys.state.organisation.rings.filter(({ who }) => who === id).length;
const results = () => adder.sent.filter(({ queueUrl }) => queueUrl.endsWith('/audit'));
const posts = () =>
  adder.genesys.state.calls.filter(
    ({ method, path }) => method === 'POST' && path.includes('/user/'),
  );

/** The person declines the moment it rings. */
const declines =
  (id: string): NonNullable<StartGenesysOptions['onEvent']> =>
  (event) => {
    if (event.kind !== 'ring' || event.ring.who !== id) return;
    adder.genesys.state.organisation.leave(PLATFORM_CONVERSATION, id, adder.clock.now() + 1);
  };

describe('no one is rung twice by one request, and its one result says what happened', () => {
  test('after a crash between the add and the result, with the deadline long over', async () => {
    let crashed = false;
    adder = await startAdder({
      callTable: async (_what, effect) => {
        if (posts().length > 0 && !crashed) throw new Error('the function is gone');
        return effect();
      },
    });
    const message = ask([first], { deadline: inSeconds(100) });
    expect((await adder.deliver(message, { receiveCount: 1 })).batchItemFailures).toHaveLength(1);
    expect(results()).toEqual([]);
    crashed = true;
    adder.clock.advance(180_000);
    const audit = await adder.settle(message, { receiveCount: 2 });
    expect(audit.status).toBe('SUCCESS');
    expect(outcomes(audit)).toEqual(['ADDED']);
    expect([rings(first), posts().length]).toEqual([1, 1]);
  });

  // Bug: the add's outcome could not be recorded, so it counted from the write-ahead. A look soon after a slow
  // add did not show the person yet, who was reported as not attempted.
  // Fix: the lease of the conversation keeps the end of the add, too.
  test('after a slow add whose outcome could not be recorded, at the deadline', async () => {
    let isDown = false;
    adder = await startAdder({
      genesys: { readLagMs: 4_800 },
      callTable: async (what, effect) => {
        if (isDown && what === 'writes a record') throw new Error('throttled');
        return effect();
      },
      sendHttp: (send) => async (request) => {
        if (request.method !== 'POST' || !request.url.includes(ADD.path as string))
          return send(request);
        adder.clock.advance(9_000);
        const response = await send(request);
        isDown = true;
        return response;
      },
    });
    const message = ask([first], { deadline: inSeconds(10) });
    expect((await adder.deliver(message)).batchItemFailures).toHaveLength(1);
    isDown = false;
    adder.clock.advance(3_100);
    await adder.reconcile();
    expect(adder.records.get(REQUEST_ID)?.participants).toMatchObject([{ outcome: 'ADDED' }]);
    expect(rings(first)).toBe(1);
  });

  test('while the audit queue is down and the person declines', async () => {
    let down = true;
    adder = await startAdder({
      genesys: { onEvent: declines(first) },
      sendMessage: async (message) => {
        if (down) throw new Error('the queue is down');
        adder.sent.push(message);
      },
    });
    const message = ask([first]);
    for (let receiveCount = 1; receiveCount <= 7; receiveCount += 1) {
      expect((await adder.deliver(message, { receiveCount })).batchItemFailures).toHaveLength(1);
      adder.clock.advance(5_000);
    }
    const calls = adder.genesys.state.calls.length;
    down = false;
    const audit = await adder.settle(message, { receiveCount: 8 });
    await adder.deliver(message, { receiveCount: 9 });
    expect(outcomes(audit)).toEqual(['ADDED']);
    expect(rings(first)).toBe(1);
    expect(adder.genesys.state.calls).toHaveLength(calls);
    expect(new Set(results().map(({ body }) => body)).size).toBe(1);
    expect(new Set(results().map(({ attributes }) => attributes?.event_id)).size).toBe(1);
  });

  test('when the first declines and the add of the second is told to wait', async () => {
    adder = await startAdder({
      genesys: {
        onEvent: declines(first),
        faults: [
          { ...ADD, calls: [1], fault: { carriedOut: 1 } },
          { ...ADD, calls: [2], fault: { response: tooManyRequests(58) } },
        ],
      },
    });
    const audit = await adder.settleInTheEnd(ask([first, second]));
    expect(outcomes(audit)).toEqual(['ADDED', 'ADDED']);
    expect([rings(first), rings(second)]).toEqual([1, 1]);
    expect(results()).toHaveLength(1);
  });

  test('when an add has no response and no read succeeds until the deadline', async () => {
    adder = await startAdder({
      genesys: {
        faults: [
          { ...ADD, fault: { carriedOut: true, response: 'reset' } },
          {
            ...READ,
            calls: Array.from({ length: 200 }, (_, call) => call + 2),
            fault: { response: platformError(503, 'down') },
          },
        ],
      },
    });
    const audit = await adder.settleInTheEnd(ask([first], { deadline: inSeconds(60) }));
    expect(audit).toMatchObject({ status: 'EXPIRED', code: 'DEADLINE_EXCEEDED' });
    expect(outcomes(audit)).toEqual(['UNCERTAIN OUTCOME_UNKNOWN']);
    expect(audit.error).toContain('GENESYS_UNAVAILABLE');
    expect(audit.error).toContain('unknown');
    expect([rings(first), posts().length]).toEqual([1, 1]);
  });

  test('when the platform responds with a message of 100 KB', async () => {
    const response = platformError(400, 'bad.request', 'x'.repeat(100_000));
    adder = await startAdder({ genesys: { faults: [{ ...ADD, fault: { response } }] } });
    const audit = await adder.settle(ask([first, second]));
    expect(outcomes(audit)).toEqual(['REJECTED GENESYS_REJECTED', 'REJECTED GENESYS_REJECTED']);
    expect(Buffer.byteLength(results()[0]?.body ?? '')).toBeLessThanOrEqual(65_536);
    expect(posts()).toHaveLength(1);
  });

  test('when the response to the add says that ringing the person failed', async () => {
    adder = await startAdder({ genesys: { onEvent: declines(first) } });
    const audit = await adder.settleInTheEnd(ask([first]));
    expect(outcomes(audit)).toEqual(['ADDED']);
    expect(rings(first)).toBe(1);
  });

  test('when the lease of the conversation is lost before the add', async () => {
    let lost = false;
    adder = await startAdder({
      callTable: async (what, effect) => {
        if (what !== 'announces adds' || lost) return effect();
        lost = true;
        return false as never;
      },
    });
    const message = ask([first]);
    expect((await adder.deliver(message, { receiveCount: 1 })).batchItemFailures).toHaveLength(1);
    expect(posts()).toEqual([]);
    adder.clock.advance(60_000);
    expect((await adder.settle(message, { receiveCount: 2 })).status).toBe('SUCCESS');
    expect(rings(first)).toBe(1);
  });
});

describe('without the table', () => {
  test('nothing is called, and the message comes back', async () => {
    let away = true;
    adder = await startAdder({
      callTable: async (_what, effect) => {
        if (away) throw new Error('the table is away');
        return effect();
      },
    });
    const message = ask([first]);
    expect((await adder.deliver(message, { receiveCount: 1 })).batchItemFailures).toHaveLength(1);
    expect(adder.genesys.state.calls.filter(({ path }) => path.startsWith('/api/'))).toEqual([]);
    expect(adder.visibilities[0]?.seconds).toBeGreaterThanOrEqual(5);
    away = false;
    expect((await adder.settle(message, { receiveCount: 2 })).status).toBe('SUCCESS');
  });
});

describe('a request of two receives', () => {
  test('that was final before has its result sent again, without a call', async () => {
    adder = await startAdder();
    const message = ask([first]);
    await adder.settle(message, { receiveCount: 1 });
    const calls = adder.genesys.state.calls.length;
    await adder.deliver(message, { receiveCount: 2 });
    expect(adder.genesys.state.calls).toHaveLength(calls);
    const [one, other] = results();
    expect(other).toEqual(one);
    expect(adder.log.filter(({ message: text }) => text === 'result')).toHaveLength(1);
  });

  test('that share an id and not the content: the second is refused under its own id', async () => {
    adder = await startAdder();
    await adder.settle(ask([first]));
    const message = adder.record(ask([second]));
    const { batchItemFailures } = await adder.deliverBatch([message]);
    expect(batchItemFailures).toEqual([]);
    expect(JSON.parse(results().at(-1)?.body ?? '').audit).toMatchObject({
      status: 'FAILED',
      code: 'REQUEST_ID_CONFLICT',
      request_id: message.messageId,
    });
    expect(adder.sent.find(({ queueUrl }) => queueUrl.endsWith('/requests-dlq'))).toMatchObject({
      body: message.body,
      attributes: { reason: 'REQUEST_ID_CONFLICT' },
    });
    expect(rings(second)).toBe(0);
  });

  test('at one time: the second waits for the first, without a call', async () => {
    adder = await startAdder();
    const group = (groupId: string, id: string) =>
      adder.record({ conversationId: PLATFORM_CONVERSATION, participants: [{ id }] }, { groupId });
    const { batchItemFailures } = await adder.deliverBatch([group('a', first), group('b', second)]);
    expect(batchItemFailures).toHaveLength(1);
    expect(adder.log.find(({ message }) => message === 'deferred')?.fields.cause).toContain(
      'CONVERSATION_BUSY',
    );
    expect(adder.genesys.state.organisation.rings).toHaveLength(1);
  });
});

describe('the options of a request', () => {
  test('a dry run does everything but the add', async () => {
    adder = await startAdder();
    const audit = await adder.settle(ask([first], { dryRun: true }));
    expect(outcomes(audit)).toEqual(['WOULD_BE_ADDED']);
    expect(audit).toMatchObject({ status: 'SUCCESS', genesys_calls: 2 });
    expect(JSON.parse(results()[0]?.body ?? '').event).toBe('participant_add_planned');
    expect(posts()).toEqual([]);
  });

  test('an address that the configuration does not allow is not dialled, and masked in the log', async () => {
    adder = await startAdder();
    const audit = await adder.settle({
      conversationId: PLATFORM_CONVERSATION,
      participants: [{ address: '+19005551234' }, { id: first }],
    });
    expect(outcomes(audit)).toEqual(['REJECTED ADDRESS_NOT_ALLOWED', 'ADDED']);
    const line = adder.log.find(({ message }) => message === 'result');
    expect(JSON.stringify(line)).not.toContain('+19005551234');
    expect(results()[0]?.body).toContain('+19005551234');
  });

  test('an acting user who is not in the call ends the request', async () => {
    adder = await startAdder();
    const audit = await adder.settle(ask([first], { actingUserId: second }));
    expect(audit).toMatchObject({ status: 'FAILED', code: 'ACTING_USER_NOT_IN_CALL' });
    expect(posts()).toEqual([]);
  });
});
