import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HttpError } from '../../lib/http/send-http.ts';
import { type FaultRule, gatewayPage, platformError } from '../../local/genesys/faults.ts';
import {
  FREE_USERS,
  GENERIC_CONVERSATION,
  PLATFORM_CONVERSATION,
  SAMPLE_USERS,
} from '../../local/genesys/sample-organisation.ts';
import {
  type AdderUnderTest,
  outcomes,
  type StartAdderOptions,
  startAdder,
} from '../support/start-adder.ts';

let adder: AdderUnderTest;
afterEach(() => adder.stop());

const asked = FREE_USERS.slice(0, 3).map((id) => ({ id }));
const ADD = /\/participants(\/user\/.*)?$/;

const addFault = (fault: FaultRule['fault'], calls?: number[]): FaultRule => ({
  method: 'POST',
  path: ADD,
  fault,
  ...(calls ? { calls } : {}),
});

async function ask(
  faults: FaultRule[],
  options: StartAdderOptions & { conversation?: string } = {},
) {
  adder = await startAdder({ ...options, genesys: { faults, ...options.genesys } });
  return adder.settleInTheEnd({
    conversationId: options.conversation ?? PLATFORM_CONVERSATION,
    participants: asked,
  });
}

const addPosts = () =>
  adder.genesys.state.calls.filter(({ method, path }) => method === 'POST' && ADD.test(path));
const ringsPerUser = () =>
  asked.map(
    ({ id }) => adder.genesys.state.organisation.rings.filter(({ who }) => who === id).length,
  );

describe.each([
  ['a call of the live platform', PLATFORM_CONVERSATION],
  ['the generic endpoint', GENERIC_CONVERSATION],
])('after a response that does not tell, by %s', (_name, conversation) => {
  test.each<[string, FaultRule['fault']]>([
    ['the connection is reset', { carriedOut: true, response: 'reset' }],
    ['no response comes in time', { carriedOut: true, response: 'hang' }],
    ['the response breaks off', { response: 'cut' }],
    ['a gateway responds with 502 in HTML', { carriedOut: true, response: gatewayPage(502) }],
    [
      'a 500 comes back',
      { carriedOut: true, response: platformError(500, 'internal.server.error') },
    ],
  ])('no one is rung twice when it was carried out and %s', async (_how, fault) => {
    const audit = await ask([addFault(fault, [1])], { conversation });
    expect(audit.status).toBe('SUCCESS');
    expect(outcomes(audit)).toEqual(['ADDED', 'ADDED', 'ADDED']);
    expect(ringsPerUser()).toEqual([1, 1, 1]);
    expect(addPosts()).toHaveLength(1);
  });
});

describe.each<[string, FaultRule['fault']]>([
  ['reset', { response: 'reset' }],
  ['503', { response: gatewayPage(503) }],
])('after an add that was not carried out and got no conclusive response (%s)', (_how, fault) => {
  test('everyone is added in a call of the live platform, once reads prove that no one was', async () => {
    const audit = await ask([addFault(fault, [1, 2])]);
    expect(audit.status).toBe('SUCCESS');
    expect(ringsPerUser()).toEqual([1, 1, 1]);
    expect(addPosts()).toHaveLength(3);
  });

  test('the generic endpoint is not asked again, and the result says that it is not known', async () => {
    const audit = await ask([addFault(fault, [1, 2])], { conversation: GENERIC_CONVERSATION });
    expect(audit).toMatchObject({ status: 'FAILED', code: 'OUTCOME_UNKNOWN' });
    expect(outcomes(audit)).toEqual(Array(3).fill('UNCERTAIN OUTCOME_UNKNOWN'));
    expect(addPosts()).toHaveLength(1);
  });
});

describe('converging', () => {
  test('posts only who is missing after a part of them was added', async () => {
    const audit = await ask([addFault({ carriedOut: 1 }, [1])]);
    expect(audit.status).toBe('SUCCESS');
    expect(ringsPerUser()).toEqual([1, 1, 1]);
    expect(addPosts().map(({ body }) => body)).toEqual([
      { participants: asked.map(({ id }) => ({ userId: id })) },
      { participants: asked.slice(1).map(({ id }) => ({ userId: id })) },
    ]);
  });

  test('waits before it looks again, because reads lag behind writes', async () => {
    const audit = await ask([addFault({ carriedOut: true, response: 'reset' }, [1])], {
      genesys: { readLagMs: 1_500 },
    });
    expect(audit.status).toBe('SUCCESS');
    expect(ringsPerUser()).toEqual([1, 1, 1]);
  });

  // Bug: the next message of a batch looked 30 ms after a POST, missed it, and rang the user again.
  test('waits as well before the next request for the same conversation looks', async () => {
    adder = await startAdder({ genesys: { readLagMs: 1_500 } });
    const message = { conversationId: PLATFORM_CONVERSATION, participants: asked };
    await adder.deliverBatch([adder.record(message), adder.record(message)]);
    expect(ringsPerUser()).toEqual([1, 1, 1]);
    expect(adder.sent).toHaveLength(2);
  });

  // Bug: the wait counted from the write-ahead. An add that took longer than the wait was not in the reads
  // of the next request yet, which rang the person again.
  // Fix: it counts from the end of the add, which the lease of the conversation keeps.
  test.each([
    ['a call of the live platform', PLATFORM_CONVERSATION],
    ['the generic endpoint', GENERIC_CONVERSATION],
  ])('waits from the end of an add that took long, by %s', async (_name, conversationId) => {
    adder = await startAdder({
      genesys: { readLagMs: 4_800 },
      sendHttp: (send) => async (request) => {
        if (request.method === 'POST' && ADD.test(request.url)) adder.clock.advance(9_000);
        return send(request);
      },
    });
    const message = { conversationId, participants: asked };
    // In batches of their own, because the waits of one batch end together.
    await adder.deliver(message);
    await adder.deliver(message);
    expect(ringsPerUser()).toEqual([1, 1, 1]);
    expect(adder.sent).toHaveLength(2);
  });

  test('posts on a connection of its own once one that was kept alive turned out dead', async () => {
    let lost = 0;
    adder = await startAdder({
      sendHttp: (send) => (request) => {
        // A middlebox that drops whatever was kept alive: nothing posted over it ever arrives.
        if (request.method === 'GET' || request.newConnection || !request.url.includes('/api/')) {
          return send(request);
        }
        lost += 1;
        return Promise.reject(
          new HttpError('connection', 'read ECONNRESET', { reusedConnection: true }),
        );
      },
    });
    const audit = await adder.settle({
      conversationId: PLATFORM_CONVERSATION,
      participants: asked,
    });
    expect(audit.status).toBe('SUCCESS');
    expect(lost).toBe(1);
  });

  test('continues later if every round added a person', async () => {
    adder = await startAdder({ genesys: { faults: [addFault({ carriedOut: 1 }, [1, 2, 3])] } });
    const four = FREE_USERS.slice(0, 4).map((id) => ({ id }));
    const message = { conversationId: PLATFORM_CONVERSATION, participants: four };
    const audit = await adder.settleInTheEnd(message);
    expect(audit.status).toBe('SUCCESS');
    expect(adder.genesys.state.organisation.rings).toHaveLength(4);
  });

  test('does not ring a person again who declined in between', async () => {
    const [declines] = asked;
    const audit = await ask([addFault({ carriedOut: 1, response: 'reset' }, [1])], {
      genesys: {
        onEvent: (event) => {
          if (event.kind !== 'ring' || event.ring.who !== declines?.id) return;
          adder.genesys.state.organisation.leave(
            PLATFORM_CONVERSATION,
            event.ring.who,
            adder.clock.now() + 1,
          );
        },
      },
    });
    expect(outcomes(audit)[0]).toBe('ADDED');
    expect(ringsPerUser()).toEqual([1, 1, 1]);
  });

  test('gives up after three rounds in which the platform accepted the request and added no one', async () => {
    const audit = await ask([addFault({ carriedOut: 0 })]);
    expect(audit).toMatchObject({ status: 'FAILED', code: 'GENESYS_REJECTED' });
    expect(addPosts()).toHaveLength(3);
  });

  test('defers the request after lost responses, and makes one try at each receive', async () => {
    adder = await startAdder({ genesys: { faults: [addFault({ response: 'reset' })] } });
    const message = {
      requestId: '11111111-2222-4333-8444-555555555555',
      conversationId: PLATFORM_CONVERSATION,
      participants: asked,
    };
    const tries: number[] = [];
    for (let receiveCount = 1; receiveCount <= 3; receiveCount += 1) {
      const before = addPosts().length;
      await adder.deliver(message, { receiveCount });
      tries.push(addPosts().length - before);
      adder.clock.advance((adder.visibilities.at(-1)?.seconds ?? 0) * 1000);
    }
    expect(tries).toEqual([2, 1, 1]);
    expect(adder.records.get(message.requestId)).toMatchObject({
      status: 'WAITING',
      waiting: { code: 'GENESYS_UNAVAILABLE' },
    });
  });

  test('finds another acting user where the first has left the call meanwhile', async () => {
    let left = false;
    adder = await startAdder({
      genesys: {
        onEvent: (event) => {
          if (event.kind !== 'request' || event.call.method !== 'POST' || left) return;
          if (!ADD.test(event.call.path)) return;
          left = true;
          const { organisation } = adder.genesys.state;
          organisation.leave(PLATFORM_CONVERSATION, SAMPLE_USERS.ada, adder.clock.now());
        },
      },
    });
    const { organisation } = adder.genesys.state;
    organisation.join(
      PLATFORM_CONVERSATION,
      { userId: SAMPLE_USERS.ben, purpose: 'user' },
      adder.clock.now(),
    );
    const audit = await adder.settle({
      conversationId: PLATFORM_CONVERSATION,
      participants: asked,
    });
    expect(audit.status).toBe('SUCCESS');
    expect(addPosts().map(({ path, status }) => [path.split('/').at(-1), status])).toEqual([
      [SAMPLE_USERS.ada, 404],
      [SAMPLE_USERS.ben, 200],
    ]);
  });

  test('ends without an acting user if only the customer is left', async () => {
    adder = await startAdder();
    const { organisation } = adder.genesys.state;
    organisation.leave(PLATFORM_CONVERSATION, SAMPLE_USERS.ada, adder.clock.now());
    const audit = await adder.settle({
      conversationId: PLATFORM_CONVERSATION,
      participants: asked,
    });
    expect(audit).toMatchObject({ status: 'FAILED', code: 'NO_ACTING_USER' });
  });

  test('retries later while a participant is still ringing', async () => {
    const response = platformError(400, 'conversation.error.cannot.merge.alerting.conference');
    adder = await startAdder({ genesys: { faults: [addFault({ response })] } });
    const message = { conversationId: PLATFORM_CONVERSATION, participants: asked };
    await expect(adder.settle(message)).rejects.toThrow('handed back');
    expect(addPosts()).toHaveLength(1);
  });

  test('ends with the right people, each rung at most once, whatever faults come in a row', async () => {
    const fault = fc.constantFrom<FaultRule['fault'] | 'none'>(
      'none',
      { carriedOut: true, response: 'reset' },
      { response: 'reset' },
      { response: 'cut' },
      { carriedOut: 1 },
      { carriedOut: 2, response: 'reset' },
      { carriedOut: 0 },
      { carriedOut: true, response: gatewayPage(502) },
      { response: gatewayPage(504) },
      { carriedOut: 1, response: platformError(500, 'internal.server.error') },
      { response: platformError(409, 'request.conflict') },
      { response: platformError(429, 'too.many.requests.retry.after') },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { maxLength: 8 }),
        fc.constantFrom(PLATFORM_CONVERSATION, GENERIC_CONVERSATION),
        async (sequence, conversationId) => {
          const faults = sequence.flatMap((one, index) =>
            one === 'none' ? [] : [addFault(one, [index + 1])],
          );
          adder = await startAdder({ genesys: { faults } });
          try {
            const audit = await adder.settleInTheEnd({
              conversationId,
              participants: asked,
              deadline: new Date(Date.now() + 3_600_000).toISOString(),
            });
            const { organisation } = adder.genesys.state;
            const people = organisation.peopleIn(conversationId, adder.clock.now() + 10_000);
            const inCall = asked.map(({ id }) => people.includes(id));
            const reported = audit.participants.map(({ outcome }) => outcome);
            // A plain yes of the generic endpoint is believed: it adds all or none.
            const believed = conversationId === GENERIC_CONVERSATION && sequence.some(isEmptyYes);
            for (const [position, outcome] of reported.entries()) {
              if (outcome === 'ADDED' && !believed) expect(inCall[position]).toBe(true);
              if (outcome !== 'ADDED') expect(inCall[position]).toBe(false);
            }
            expect(Math.max(...ringsPerUser())).toBeLessThanOrEqual(1);
            const conclusive =
              conversationId === PLATFORM_CONVERSATION &&
              !sequence.some((one) => one !== 'none' && isEmptyYes(one));
            if (conclusive) expect(reported).toEqual(['ADDED', 'ADDED', 'ADDED']);
          } finally {
            await adder.stop();
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

function isEmptyYes(fault: FaultRule['fault'] | 'none'): boolean {
  return fault !== 'none' && fault.carriedOut === 0;
}
