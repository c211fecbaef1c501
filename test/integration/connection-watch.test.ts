import { afterEach, describe, expect, test } from '@jest/globals';
import type { AuditEvent } from '../../lib/domain/audit-event.ts';
import type { RingOutcome } from '../../local/genesys/behaviour.ts';
import { platformError } from '../../local/genesys/faults.ts';
import {
  FREE_USERS,
  GENERIC_CONVERSATION,
  PLATFORM_CONVERSATION,
  SAMPLE_USERS,
} from '../../local/genesys/sample-organisation.ts';
import { type AdderUnderTest, type StartAdderOptions, startAdder } from '../support/start-adder.ts';

let adder: AdderUnderTest;
afterEach(() => adder.stop());

const [first, second] = FREE_USERS as [string, string];
const REQUEST_ID = '11111111-2222-4333-8444-555555555555';
const READ = { method: 'GET', path: '/api/v2/conversations/' };

const start = async (options: StartAdderOptions = {}) => {
  adder = await startAdder({ watchConnections: true, ...options });
};
const ask = (ids: string[], more: object = {}) => ({
  requestId: REQUEST_ID,
  conversationId: PLATFORM_CONVERSATION,
  participants: ids.map((id) => ({ id })),
  ...more,
});
const ringing = (id: string, outcome: RingOutcome) =>
  adder.genesys.state.behaviour.ringOutcomes.set(id, outcome);
const recordOf = () => {
  const record = adder.records.get(REQUEST_ID);
  if (!record) throw new Error('no record');
  return record;
};
const reads = () =>
  adder.genesys.state.calls.filter(
    ({ method, path }) => method === 'GET' && path.includes(PLATFORM_CONVERSATION),
  ).length;
const events = () =>
  adder.sent
    .filter(({ queueUrl }) => queueUrl.endsWith('/audit'))
    .map(({ body, attributes }) => ({
      id: attributes?.event_id,
      ...(JSON.parse(body) as AuditEvent),
    }));
const watches = () => adder.sent.filter(({ queueUrl }) => queueUrl.endsWith('/watch'));
const connectionEvents = () => events().filter(({ event }) => event === 'participant_connection');
const connections = () => connectionEvents()[0]?.audit.participants.map((one) => one.connection);

describe('the connection event says whether a person answered', () => {
  test.each<[RingOutcome, string, number]>([
    ['answers', 'CONNECTED', 1],
    ['declines', 'DECLINED', 1],
    ['not-available', 'UNAVAILABLE', 1],
    ['forwards', 'FORWARDED', 1],
    ['fails', 'FAILED', 1],
    ['no-answer', 'NO_ANSWER', 2],
    ['voicemail', 'VOICEMAIL', 2],
  ])('who %s: %s, after %i looks', async (outcome, connection, looks) => {
    await start();
    adder.genesys.state.behaviour.ringTimeoutMs = 30_000;
    adder.genesys.state.behaviour.answerAfterMs = 5_000;
    ringing(first, outcome);
    const result = await adder.settle(ask([first]));
    const readsBefore = reads();
    const { result: stored } = recordOf();
    await adder.deliverWatches();

    expect(connectionEvents()).toMatchObject([
      {
        id: `evt_${REQUEST_ID}_c`,
        audit: {
          request_id: REQUEST_ID,
          status: result.status,
          genesys_calls: looks,
          participants: [{ id: first, outcome: 'ADDED', connection }],
        },
      },
    ]);
    expect(reads() - readsBefore).toBe(looks);
    const record = recordOf();
    expect(record.participants[0]?.connection).toBe(connection);
    expect(record.connectionDelivery).toEqual({ status: 'PENDING', attempts: 0 });
    expect([record.result, record.watch, record.dueAtMs]).toEqual([stored, undefined, undefined]);
    expect(record.connectionResult).toMatchObject({
      body: adder.sent.at(-1)?.body,
      sentAtMs: expect.any(Number),
    });
  });

  test('of several people as soon as all are decided, each as the record shows it', async () => {
    await start();
    adder.genesys.state.behaviour.ringTimeoutMs = 50_000;
    ringing(first, 'declines');
    ringing(second, 'no-answer');
    await adder.settle(ask([first, second]));
    expect(watches()).toMatchObject([{ delaySeconds: 15 }, { delaySeconds: 84 }]);
    await adder.deliverWatches();
    expect(connections()).toEqual(['DECLINED', 'NO_ANSWER']);
    expect(connectionEvents()[0]?.audit.genesys_calls).toBe(3);
  });

  test('who rings on and on: STILL_RINGING, after three looks and within 90 seconds', async () => {
    await start();
    adder.genesys.state.behaviour.answerAfterMs = undefined;
    await adder.settle(ask([first]));
    const finishedAtMs = adder.clock.now();
    await adder.deliverWatches();
    expect(connections()).toEqual(['STILL_RINGING']);
    expect(connectionEvents()[0]?.audit.genesys_calls).toBe(3);
    expect(adder.clock.now() - finishedAtMs).toBeLessThanOrEqual(90_000);
  });

  test('when no look succeeds: UNKNOWN, after three tries', async () => {
    await start();
    await adder.settle(ask([first]));
    adder.genesys.state.faults.push({
      ...READ,
      fault: { response: platformError(500, 'internal') },
    });
    await adder.deliverWatches();
    expect(connections()).toEqual(['UNKNOWN']);
    expect(connectionEvents()[0]?.audit.genesys_calls).toBe(3);
  });
});

describe('there is no connection event', () => {
  test.each([
    ['with WATCH_CONNECTIONS=false', PLATFORM_CONVERSATION, { watchConnections: false }],
    ['for the generic contract', GENERIC_CONVERSATION, {}],
  ])('%s', async (_, conversationId, options) => {
    await start(options);
    await adder.settle(ask([first], { conversationId }));
    expect([watches(), recordOf().watch]).toEqual([[], undefined]);
    adder.clock.advance(200_000);
    await adder.reconcile();
    expect(connectionEvents()).toEqual([]);
  });

  test('if no one was rung', async () => {
    await start();
    const audit = await adder.settle(ask([SAMPLE_USERS.ada]));
    expect(audit.participants.map(({ outcome }) => outcome)).toEqual(['ALREADY_PRESENT']);
    expect([watches(), recordOf().watch]).toEqual([[], undefined]);
  });
});

describe('no crash loses a watch', () => {
  test('a lost message is made up for by the reconciler', async () => {
    await start();
    ringing(first, 'declines');
    await adder.settle(ask([first]));
    adder.sent.splice(adder.sent.indexOf(watches()[0] as (typeof adder.sent)[0]), 1);
    adder.clock.advance(20_000);
    await adder.reconcile();
    expect(connectionEvents()).toEqual([]);
    adder.clock.advance(40_000);
    await adder.reconcile();
    expect(connections()).toEqual(['DECLINED']);
  });

  // Bug: the message of a look that crashed returned after five minutes, and the reconciler could resume the watch
  // after the 90 seconds were over. Fix: a second message, which does not depend on the looks, ends the watch.
  test.each([1, 2, 3])(
    'a crash in look %i delays the event to 90 seconds at most',
    async (looks) => {
      let asked = 0;
      let isGone = false;
      await start({
        callTable: async (_, effect) => {
          if (isGone) throw new Error('the function is gone');
          return effect();
        },
        sendHttp: (send) => async (request) => {
          asked += request.method === 'GET' && request.url.includes(PLATFORM_CONVERSATION) ? 1 : 0;
          if (asked === 1 + looks) isGone = true;
          return send(request);
        },
      });
      adder.genesys.state.behaviour.ringTimeoutMs = 70_000;
      ringing(first, 'no-answer');
      await adder.settle(ask([first]));
      const finishedAtMs = recordOf().result?.finishedAtMs ?? 0;
      await expect(adder.deliverWatches()).rejects.toThrow('the look failed');
      isGone = false;
      await adder.deliverWatches();
      expect(connections()).toEqual(['NO_ANSWER']);
      const eventAtMs = recordOf().connectionResult?.finishedAtMs ?? 0;
      expect(eventAtMs - finishedAtMs).toBeLessThanOrEqual(90_000);
    },
  );

  test('a read that hangs in the last look does not delay the event beyond 90 seconds', async () => {
    await start();
    adder.genesys.state.behaviour.answerAfterMs = undefined;
    await adder.settle(ask([first]));
    const finishedAtMs = recordOf().result?.finishedAtMs ?? 0;
    adder.genesys.state.faults.push({ ...READ, fault: { response: 'hang' } });
    adder.clock.advance(79_000);
    await adder.deliverWatches();
    expect(connections()).toEqual(['UNKNOWN']);
    const eventAtMs = recordOf().connectionResult?.finishedAtMs ?? 0;
    expect(eventAtMs - finishedAtMs).toBeLessThanOrEqual(90_000);
  });

  test('a message that is delivered again makes no second look and no second event', async () => {
    await start();
    adder.genesys.state.behaviour.ringTimeoutMs = 60_000;
    ringing(first, 'no-answer');
    await adder.settle(ask([first]));
    const [message] = watches();
    if (message) adder.sent.push(message);
    const readsBefore = reads();
    await adder.deliverWatches();
    expect([connections(), connectionEvents().length]).toEqual([['NO_ANSWER'], 1]);
    expect(reads() - readsBefore).toBe(3);
  });

  test('an event that could not be sent is sent by the reconciler, with the same bytes', async () => {
    let isDown = false;
    await start({
      sendMessage: async (message) => {
        if (isDown) throw new Error('the queue is down');
        adder.sent.push(message);
      },
    });
    ringing(first, 'declines');
    await adder.settle(ask([first]));
    isDown = true;
    await expect(adder.deliverWatches()).rejects.toThrow('the look failed');
    isDown = false;
    const stored = recordOf().connectionResult;
    expect([stored?.sentAtMs, recordOf().watch]).toEqual([undefined, undefined]);
    adder.clock.advance(60_000);
    await adder.reconcile();
    expect(adder.sent.at(-1)?.body).toBe(stored?.body);
    expect(connectionEvents()).toHaveLength(1);
    await adder.reconcile();
    expect(connectionEvents()).toHaveLength(1);
  });

  test('a watch queue that is down does not hold up the result', async () => {
    await start({
      sendMessage: async (message) => {
        if (message.queueUrl.endsWith('/watch')) throw new Error('the queue is down');
        adder.sent.push(message);
      },
    });
    ringing(first, 'declines');
    await adder.settle(ask([first]));
    expect(recordOf().result?.sentAtMs).toBeDefined();
    adder.clock.advance(60_000);
    await adder.reconcile();
    expect(connections()).toEqual(['DECLINED']);
  });
});

describe('the reconciler finishes a request with an unresolved add by looking', () => {
  test('a crash right after the add: the result says that the person was rung', async () => {
    let isGone = false;
    await start({
      callTable: async (_, effect) => {
        if (isGone) throw new Error('the function is gone');
        return effect();
      },
      sendHttp: (send) => async (request) => {
        const response = await send(request);
        if (request.method === 'POST' && request.url.includes('/user/')) isGone = true;
        return response;
      },
    });
    ringing(first, 'declines');
    const deadline = new Date(adder.clock.now() + 60_000).toISOString();
    const { batchItemFailures } = await adder.deliver(ask([first], { deadline }));
    expect([batchItemFailures.length, events()]).toEqual([1, []]);
    isGone = false;
    const posts = () => adder.genesys.state.organisation.rings.length;
    expect(posts()).toBe(1);

    adder.clock.advance(120_000);
    await adder.reconcile();
    expect(events()[0]?.audit).toMatchObject({
      status: 'SUCCESS',
      participants: [{ outcome: 'ADDED' }],
    });
    await adder.deliverWatches();
    expect([connections(), posts()]).toEqual([['DECLINED'], 1]);
  });
});
