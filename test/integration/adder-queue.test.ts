import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import { platformError, tooManyRequests } from '../../local/genesys/faults.ts';
import {
  FREE_USERS,
  GENERIC_CONVERSATION,
  PLATFORM_CONVERSATION,
} from '../../local/genesys/sample-organisation.ts';
import { type AdderUnderTest, outcomes, startAdder } from '../support/start-adder.ts';

let adder: AdderUnderTest;
afterEach(() => adder.stop());

const [first, second, third] = FREE_USERS as [string, string, string];
const READ = { method: 'GET', path: '/api/v2/conversations/' };
const ADD = { method: 'POST', path: '/participants' };

const ask = (id: string, more: object = {}) => ({
  conversationId: PLATFORM_CONVERSATION,
  participants: [{ id }],
  ...more,
});
const inSeconds = (seconds: number) => new Date(adder.clock.now() + seconds * 1000).toISOString();
const audits = () =>
  adder.sent
    .filter(({ queueUrl }) => queueUrl.endsWith('/audit'))
    .map(({ body }) => JSON.parse(body).audit);
const deadLetters = () => adder.sent.filter(({ queueUrl }) => queueUrl.endsWith('/requests-dlq'));

describe('a message', () => {
  test('that is a request carries its names through to the result', async () => {
    adder = await startAdder();
    const names = {
      requestId: '11111111-2222-4333-8444-555555555555',
      correlationId: 'trace-me',
      requestedBy: 'arn:aws:iam::123456789012:role/crm',
    };
    const audit = await adder.settle(
      ask(first, { ...names, version: 2, requestedAt: inSeconds(-2), deadline: inSeconds(60) }),
      { receiveCount: 3 },
    );
    expect(audit).toMatchObject({
      request_id: names.requestId,
      correlation_id: names.correlationId,
      requested_by: 'sqs:AIDA',
      conversation_id: PLATFORM_CONVERSATION,
      participant_ids: [first],
      attempts: 1,
    });
    expect(adder.records.get(names.requestId)).toMatchObject({
      origin: 'queue',
      claimedBy: names.requestedBy,
    });
    expect(audit.queued_ms).toBeGreaterThanOrEqual(2_000);
    expect(adder.sent[0]?.attributes).toEqual({ event_id: `evt_${names.requestId}` });
    const line = adder.log.find(({ message }) => message === 'result');
    expect(line?.fields).toMatchObject({ correlation_id: 'trace-me', event: { audit } });
  });

  test('has its record although an earlier message of its conversation is deferred', async () => {
    adder = await startAdder({
      genesys: { faults: [{ ...READ, fault: { response: tooManyRequests(58) } }] },
    });
    const [firstId, secondId] = [randomUUID(), randomUUID()];
    const inFront = adder.record(ask(first, { requestId: firstId }));
    const behind = adder.record(ask(second, { requestId: secondId, deadline: inSeconds(30) }));
    const sameId = adder.record(ask(first, { requestId: secondId }));
    await adder.deliverBatch([inFront, behind, sameId]);
    expect(adder.records.get(firstId)).toMatchObject({ status: 'WAITING' });
    expect(adder.records.get(secondId)).toMatchObject({
      status: 'QUEUED',
      participants: [{ id: second }],
    });
    adder.clock.advance(33_000);
    await adder.reconcile();
    expect(adder.records.get(secondId)).toMatchObject({ status: 'EXPIRED' });
  });

  test('is counted under its status, with the time from its acceptance to the adding', async () => {
    adder = await startAdder();
    await adder.settle(ask(first, { requestedAt: inSeconds(-2) }));
    const values = Object.fromEntries(adder.metrics.map(({ name, value }) => [name, value]));
    expect(values).toMatchObject({
      ResultsSuccess: 1,
      ResultsPartial: 0,
      ResultsFailed: 0,
      ResultsExpired: 0,
      ResultsCancelled: 0,
      GenesysCalls: 3,
    });
    expect(values.AcceptedToAddedMs).toBeGreaterThanOrEqual(2_000);
  });

  test('needs nothing but a conversation and participants', async () => {
    adder = await startAdder();
    const record = adder.record(ask(first));
    await adder.deliverBatch([record]);
    expect(audits()).toMatchObject([
      { status: 'SUCCESS', request_id: record.messageId, correlation_id: record.messageId },
    ]);
  });

  test.each([
    ['is not JSON', '{"conversationId":', 'is not JSON'],
    ['is a list', '[]', 'must be a JSON object'],
    ['has no conversation', '{"participants":[{"id":"x"}]}', '/participants/0/id must be a UUID'],
    ['is of another version', JSON.stringify({ version: 3, ...ask(first) }), '/version must be 2'],
    [
      'names twenty-one people',
      JSON.stringify({
        conversationId: PLATFORM_CONVERSATION,
        participants: Array(21).fill({ id: first }),
      }),
      'at most 20',
    ],
  ])(
    'that %s gets a result, goes to the dead-letter queue untouched, and holds up no other message',
    async (_how, body, said) => {
      adder = await startAdder();
      const poison = adder.record(body, { groupId: 'g' });
      const good = adder.record(ask(first), { groupId: 'g' });
      const { batchItemFailures } = await adder.deliverBatch([poison, good]);
      expect(batchItemFailures).toEqual([]);
      expect(audits()).toMatchObject([
        { status: 'FAILED', code: 'INVALID_MESSAGE', request_id: poison.messageId },
        { status: 'SUCCESS' },
      ]);
      expect(audits()[0].error).toContain(said);
      expect(deadLetters()).toMatchObject([
        {
          body,
          groupId: 'g',
          deduplicationId: poison.messageId,
          attributes: { reason: 'INVALID_MESSAGE', request_id: poison.messageId, tries: '1' },
        },
      ]);
    },
  );

  test('that an operator sent again has a result of its own, if its record is in that run', async () => {
    adder = await startAdder({
      genesys: { faults: [{ ...READ, calls: [1], fault: { response: platformError(403, 'no') } }] },
    });
    const message = adder.record(ask(first));
    await adder.deliverBatch([message]);
    expect(audits()).toMatchObject([{ status: 'FAILED', code: 'FORBIDDEN' }]);
    await adder.startRun(message.messageId, 1);
    const redrive = (run: string) => ({
      redrive: { stringValue: run, dataType: 'String' },
      request_id: { stringValue: message.messageId, dataType: 'String' },
    });
    const again = adder.record(ask(first), { messageAttributes: redrive('1') });
    await adder.deliverBatch([again]);
    expect(adder.sent.at(-1)?.attributes?.event_id).toBe(`evt_${message.messageId}_r1`);
    expect(audits().at(-1)).toMatchObject({ status: 'SUCCESS', request_id: message.messageId });

    const other = adder.record(ask(second), { messageAttributes: redrive('2') });
    await adder.deliverBatch([other]);
    expect(adder.sent.at(-1)?.attributes?.event_id).toBe(`evt_${other.messageId}`);
  });

  test('that SQS itself moved out of the dead-letter queue gets the same result, and no new run', async () => {
    adder = await startAdder({
      maxReceives: 5,
      genesys: { faults: [{ ...READ, fault: { response: platformError(503, 'no') } }] },
    });
    const message = adder.record(ask(first), { receiveCount: 4 });
    await adder.deliverBatch([message]);
    const [letter] = deadLetters();
    const calls = adder.genesys.state.calls.length;
    // The copy has another message id, and the attributes of the letter.
    const moved = adder.record(ask(first), {
      receiveCount: 2,
      messageAttributes: Object.fromEntries(
        Object.entries(letter?.attributes ?? {}).map(([name, stringValue]) => [
          name,
          { stringValue, dataType: 'String' as const },
        ]),
      ),
    });
    moved.messageId = '99999999-9999-4999-8999-999999999999';
    await adder.deliverBatch([moved]);
    const results = adder.sent.filter(({ queueUrl }) => queueUrl.endsWith('/audit'));
    expect(results).toHaveLength(2);
    expect(results[1]).toEqual(results[0]);
    expect([...adder.records.values()]).toMatchObject([{ requestId: message.messageId, run: 0 }]);
    expect(adder.genesys.state.calls).toHaveLength(calls);
  });

  test('that claims to be another request is handled as a message without that claim', async () => {
    adder = await startAdder();
    const one = adder.record(ask(first));
    await adder.deliverBatch([one]);
    const claim = { request_id: { stringValue: one.messageId, dataType: 'String' as const } };
    const other = adder.record(ask(second), { messageAttributes: claim });
    const invalid = adder.record('{}', { messageAttributes: claim, groupId: 'g' });
    await adder.deliverBatch([other, invalid]);
    const ended = audits().map(({ request_id, code, status }) => [request_id, code ?? status]);
    expect(Object.fromEntries(ended)).toEqual({
      [one.messageId]: 'SUCCESS',
      [other.messageId]: 'SUCCESS',
      [invalid.messageId]: 'INVALID_MESSAGE',
    });
    expect(ended).toHaveLength(3);
  });

  test('that was received for the last time gets a result before the queue gives it up', async () => {
    adder = await startAdder({ maxReceives: 5 });
    const audit = await adder.settle(ask(first), { receiveCount: 5 });
    expect(audit).toMatchObject({ status: 'FAILED', code: 'ATTEMPTS_EXHAUSTED' });
    expect(deadLetters()).toMatchObject([{ attributes: { reason: 'ATTEMPTS_EXHAUSTED' } }]);
    expect(adder.genesys.state.calls).toEqual([]);
  });

  test('is tried until the receive before that, and then ends with its last cause', async () => {
    adder = await startAdder({
      maxReceives: 5,
      genesys: { faults: [{ ...READ, fault: { response: platformError(503, 'down') } }] },
    });
    expect((await adder.deliver(ask(first), { receiveCount: 3 })).batchItemFailures).toHaveLength(
      1,
    );
    const audit = await adder.settle(ask(first), { receiveCount: 4 });
    expect(audit).toMatchObject({ status: 'FAILED', code: 'GENESYS_UNAVAILABLE' });
    expect(deadLetters()).toMatchObject([{ attributes: { reason: 'GENESYS_UNAVAILABLE' } }]);
  });

  test('gets a result if it would return unhandled for the last time', async () => {
    adder = await startAdder({
      maxReceives: 5,
      genesys: { faults: [{ ...READ, fault: { response: tooManyRequests(58) } }] },
    });
    const head = adder.record(ask(first));
    const last = adder.record(ask(second), { receiveCount: 4 });
    const behind = adder.record(ask(third));
    const { batchItemFailures } = await adder.deliverBatch([head, last, behind]);
    expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual([
      head.messageId,
      behind.messageId,
    ]);
    expect(audits()).toMatchObject([
      { request_id: last.messageId, status: 'FAILED', code: 'ATTEMPTS_EXHAUSTED' },
    ]);
  });

  test('whose result cannot be sent is deferred, and carried out once', async () => {
    let broken = true;
    adder = await startAdder({
      sendMessage: async (message) => {
        if (broken) throw new Error('the queue is away');
        adder.sent.push(message);
      },
    });
    const message = ask(first);
    expect((await adder.deliver(message)).batchItemFailures).toHaveLength(1);
    broken = false;
    const calls = adder.genesys.state.calls.length;
    const audit = await adder.settle(message, { receiveCount: 2 });
    expect(outcomes(audit)).toEqual(['ADDED']);
    expect(adder.genesys.state.calls).toHaveLength(calls);
    expect(adder.genesys.state.organisation.rings).toHaveLength(1);
  });
});

describe('waiting', () => {
  test('after a 429 for the named time and a pause: the message and its group come back then', async () => {
    adder = await startAdder({
      genesys: {
        faults: [
          { ...READ, path: PLATFORM_CONVERSATION, fault: { response: tooManyRequests(58) } },
        ],
      },
    });
    const other = adder.record({
      conversationId: GENERIC_CONVERSATION,
      participants: [{ id: third }],
    });
    await adder.deliverBatch([other]);
    const waiting = [adder.record(ask(first)), adder.record(ask(second))];
    const { batchItemFailures } = await adder.deliverBatch(waiting);
    expect(batchItemFailures).toEqual(
      waiting.map(({ messageId }) => ({ itemIdentifier: messageId })),
    );
    expect(adder.visibilities.map(({ receiptHandle }) => receiptHandle)).toEqual(
      waiting.map(({ receiptHandle }) => receiptHandle),
    );
    for (const { seconds } of adder.visibilities) {
      expect(seconds).toBeGreaterThan(58);
      expect(seconds).toBeLessThanOrEqual(61);
    }
    expect(audits()).toHaveLength(1);
  });

  test('stops every call until then', async () => {
    adder = await startAdder({
      genesys: { faults: [{ ...READ, calls: [1], fault: { response: tooManyRequests(58) } }] },
    });
    await adder.deliver(ask(first));
    const callsBefore = adder.genesys.state.calls.length;
    await adder.deliver({ conversationId: GENERIC_CONVERSATION, participants: [{ id: third }] });
    expect(adder.genesys.state.calls).toHaveLength(callsBefore);
    adder.clock.advance(58_000);
    expect((await adder.settle(ask(first))).status).toBe('SUCCESS');
  });

  test('after repeated 429s is longer each time, so that other requests are called between them', async () => {
    adder = await startAdder({
      genesys: {
        faults: [{ ...READ, path: PLATFORM_CONVERSATION, fault: { response: tooManyRequests(3) } }],
      },
    });
    const message = ask(first, { deadline: inSeconds(600) });
    const reads = () =>
      adder.genesys.state.calls.filter(({ path }) => path.includes(PLATFORM_CONVERSATION)).length;
    const pauses: number[] = [];
    for (const receiveCount of [1, 2, 3, 4]) {
      const readsBefore = reads();
      await adder.deliver(message, { receiveCount });
      expect(reads()).toBe(readsBefore + 1);
      const { seconds = 0 } = adder.visibilities.at(-1) ?? {};
      pauses.push(seconds - 3);
      adder.clock.advance(4_000);
      const other = { conversationId: GENERIC_CONVERSATION, participants: [{ id: third }] };
      expect((await adder.settle(other)).status).toBe('SUCCESS');
      adder.clock.advance(seconds * 1_000);
    }
    for (const [earlier, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThan(1.4 * 2 ** earlier);
      expect(pause).toBeLessThanOrEqual(3 * 2 ** earlier);
    }
  });

  test('never uses up the receives of the queue, however often it comes back', async () => {
    const maxReceives = 60;
    adder = await startAdder({
      maxReceives,
      genesys: { faults: [{ ...READ, fault: { response: platformError(503, 'down') } }] },
    });
    const deadline = inSeconds(86_400);
    let receiveCount = 0;
    while (audits().length === 0) {
      receiveCount += 1;
      await adder.deliver(ask(first, { deadline }), { receiveCount });
      adder.clock.advance((adder.visibilities.at(-1)?.seconds ?? 0) * 1000);
    }
    expect(audits()[0]).toMatchObject({ status: 'EXPIRED', code: 'DEADLINE_EXCEEDED' });
    expect(receiveCount).toBeLessThan(maxReceives - 1);
    expect(deadLetters()).toEqual([]);
  });

  test('ends as EXPIRED with the last cause, at the deadline and not before', async () => {
    adder = await startAdder({
      genesys: { faults: [{ ...READ, fault: { response: tooManyRequests(58) } }] },
    });
    const deadline = inSeconds(30);
    const audit = await adder.settleInTheEnd(ask(first, { deadline }));
    expect(audit).toMatchObject({ status: 'EXPIRED', code: 'DEADLINE_EXCEEDED' });
    expect(Date.parse(audit.timestamp)).toBeGreaterThanOrEqual(Date.parse(deadline));
    expect(Date.parse(audit.timestamp)).toBeLessThan(Date.parse(deadline) + 75_000);
    expect(audit.error).toContain('RATE_LIMITED');
    expect(outcomes(audit)).toEqual(['NOT_ATTEMPTED DEADLINE_EXCEEDED']);
  });

  test('ends on time where an add had no response and all calls are stopped', async () => {
    adder = await startAdder({
      genesys: {
        faults: [
          { ...ADD, fault: { carriedOut: true, response: 'reset' } },
          {
            ...READ,
            calls: Array.from({ length: 200 }, (_, call) => call + 2),
            fault: { response: tooManyRequests(300) },
          },
        ],
      },
    });
    const deadline = inSeconds(30);
    const audit = await adder.settleInTheEnd(ask(first, { deadline }));
    expect(outcomes(audit)).toEqual(['UNCERTAIN OUTCOME_UNKNOWN']);
    expect(Date.parse(audit.timestamp)).toBeGreaterThanOrEqual(Date.parse(deadline));
    expect(Date.parse(audit.timestamp)).toBeLessThan(Date.parse(deadline) + 75_000);
  });

  test('is over when the deadline has passed in the queue: nothing is carried out late', async () => {
    adder = await startAdder();
    const audit = await adder.settle(ask(first, { deadline: inSeconds(-1) }));
    expect(audit).toMatchObject({ status: 'EXPIRED', genesys_calls: 0 });
    expect(adder.genesys.state.calls).toEqual([]);
  });

  test('holds back a POST whose deadline passed during the reads', async () => {
    adder = await startAdder({
      genesys: {
        onEvent: (event) => {
          if (event.kind === 'response' && event.call.path.startsWith('/api/v2/users')) {
            adder.clock.advance(10_000);
          }
        },
      },
    });
    const audit = await adder.settle(ask(first, { deadline: inSeconds(8) }));
    expect(audit.status).toBe('EXPIRED');
    expect(adder.genesys.state.organisation.rings).toEqual([]);
  });
});

describe('a function that runs out of time', () => {
  test('defers at once what it cannot finish, before a POST and not during one', async () => {
    adder = await startAdder();
    const { batchItemFailures } = await adder.deliver(ask(first), { remainingMs: 17_000 });
    expect(batchItemFailures).toHaveLength(1);
    expect(adder.visibilities).toMatchObject([{ seconds: 0 }]);
    expect(adder.genesys.state.calls.filter(({ path }) => path.includes('/participants'))).toEqual(
      [],
    );
  });

  test('does not start the rest of a group, and continues with the other groups', async () => {
    adder = await startAdder({
      genesys: { faults: [{ ...ADD, path: PLATFORM_CONVERSATION, fault: { response: 'hang' } }] },
    });
    const group = [adder.record(ask(first)), adder.record(ask(second))];
    const other = adder.record({
      conversationId: GENERIC_CONVERSATION,
      participants: [{ id: third }],
    });
    const { batchItemFailures } = await adder.deliverBatch([...group, other], 40_000);
    expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(
      group.map(({ messageId }) => messageId),
    );
    expect(audits()).toMatchObject([{ conversation_id: GENERIC_CONVERSATION, status: 'SUCCESS' }]);
  });
});
