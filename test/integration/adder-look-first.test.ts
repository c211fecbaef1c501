import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { AuditEvent } from '../../lib/domain/audit-event.ts';
import { FREE_USERS, PLATFORM_CONVERSATION } from '../../local/genesys/sample-organisation.ts';
import { type AdderUnderTest, startAdder } from '../support/start-adder.ts';

let adder: AdderUnderTest;
afterEach(() => adder.stop());

const [first, second] = FREE_USERS as [string, string];
const READ = 'reads a record';
const WRITE = 'writes a record';

const ask = (conversationId: string, more: object = {}) => ({
  requestId: randomUUID(),
  conversationId,
  participants: [{ id: first }],
  ...more,
});

/**
 * Starts an adder that has just seen a conversation that does not exist.
 * @param onLook called with the response to each later read of a conversation, before the adder has it
 */
async function startWary(onLook: () => Promise<unknown> | undefined = () => undefined) {
  const operations: string[] = [];
  const looks: string[] = [];
  const posts: string[] = [];
  let isWary = false;
  adder = await startAdder({
    async callTable(what, effect) {
      operations.push(what);
      return effect();
    },
    sendHttp: (send) => async (request) => {
      const response = await send(request);
      const { pathname } = new URL(request.url);
      if (!isWary) return response;
      if (/\/participants\/user\//.test(pathname)) posts.push(pathname);
      if (!/\/conversations\/(calls\/)?[^/]+$/.test(pathname)) return response;
      looks.push(pathname);
      await onLook();
      return response;
    },
  });
  await adder.deliver(ask(randomUUID()));
  isWary = true;
  /** Creates the record of a request. The operations are counted from here. */
  const accept = async (message: object) => {
    await adder.accept(message);
    operations.length = 0;
  };
  return { operations, looks, posts, accept };
}

const recordOf = (message: { requestId: string }) => adder.records.get(message.requestId);
const audits = () => adder.sent.map(({ body }) => (JSON.parse(body) as AuditEvent).audit);
const auditOf = ({ requestId }: { requestId: string }) =>
  audits().find(({ request_id: id }) => id === requestId);

describe('a conversation that is not found, soon after another one', () => {
  test('costs two writes of the record for each look, and no lease', async () => {
    const { operations, accept } = await startWary();
    const message = ask(randomUUID());
    await accept(message);
    await adder.deliver(message);
    expect(operations).toEqual([READ, WRITE, WRITE]);
    expect(recordOf(message)).toMatchObject({
      status: 'WAITING',
      receives: 1,
      genesysCalls: 1,
      genesysCorrelationIds: [expect.any(String)],
      waiting: { code: 'CONVERSATION_NOT_FOUND' },
      lastCause: { code: 'CONVERSATION_NOT_FOUND' },
    });
    adder.clock.advance(10_000);
    operations.length = 0;
    const audit = await adder.settle(message, { receiveCount: 2 });
    expect(audit).toMatchObject({
      status: 'FAILED',
      code: 'CONVERSATION_NOT_FOUND',
      attempts: 2,
      genesys_calls: 2,
    });
    // The last write marks the result as sent.
    expect(operations).toEqual([READ, WRITE, WRITE, WRITE]);
  });

  test('costs another request for it one write, and no call', async () => {
    const { operations, looks, accept } = await startWary();
    const message = ask(randomUUID());
    const same = ask(message.conversationId);
    await adder.deliver(message);
    await accept(same);
    await adder.deliver(same);
    expect(operations).toEqual([READ, WRITE]);
    expect(recordOf(same)).toMatchObject({ status: 'WAITING', receives: 1, genesysCalls: 0 });
    expect(looks).toHaveLength(1);
  });

  test('has one result if its request ends at its deadline during the look', async () => {
    const { looks, accept } = await startWary(async () => {
      adder.clock.advance(33_000);
      await adder.reconcile();
    });
    const deadline = new Date(adder.clock.now() + 30_000).toISOString();
    const message = ask(randomUUID(), { deadline });
    await accept(message);
    const { batchItemFailures } = await adder.deliver(message);
    expect(batchItemFailures).toEqual([]);
    expect(looks).toHaveLength(1);
    expect(audits()).toMatchObject([{ status: 'EXPIRED', request_id: message.requestId }]);
  });
});

describe('a conversation that exists, soon after one that does not', () => {
  test('is looked at once, and its lease is acquired after that', async () => {
    const { operations, looks, accept } = await startWary();
    const message = ask(PLATFORM_CONVERSATION);
    await accept(message);
    const audit = await adder.settle(message);
    expect(audit).toMatchObject({ status: 'SUCCESS', attempts: 1, genesys_calls: 3 });
    expect(recordOf(message)).toMatchObject({ receives: 1, genesysCalls: 3 });
    expect(looks).toHaveLength(1);
    expect(operations).toEqual([
      READ,
      WRITE,
      'acquires a lease',
      WRITE,
      'announces adds',
      WRITE,
      'releases a lease',
      WRITE,
    ]);
  });

  // The read of the first request is older than the add of the second one, and does not show it.
  test.each([
    ['just now', 0],
    ['so long ago that the lease does not list it', 11_000],
  ])('is looked at again if another request added the same person %s', async (_when, lateMs) => {
    let isFirst = true;
    const other = ask(PLATFORM_CONVERSATION);
    const { looks, posts, accept } = await startWary(async () => {
      if (!isFirst) return;
      isFirst = false;
      await adder.deliver(other);
      adder.clock.advance(lateMs);
    });
    const message = ask(PLATFORM_CONVERSATION);
    await adder.accept(other);
    await accept(message);
    await adder.deliver(message);
    expect(auditOf(other)?.participants).toMatchObject([{ outcome: 'ADDED' }]);
    expect(auditOf(message)?.participants).toMatchObject([{ outcome: 'ALREADY_PRESENT' }]);
    expect(looks).toHaveLength(3);
    expect(posts).toHaveLength(1);
  });

  test('is looked at again if another request took the last seat meanwhile', async () => {
    const other = ask(PLATFORM_CONVERSATION, { participants: [{ id: second }] });
    let isFirst = true;
    const { posts, accept } = await startWary(async () => {
      if (!isFirst) return;
      isFirst = false;
      await adder.deliver(other);
    });
    const conversation = adder.genesys.state.organisation.existing(PLATFORM_CONVERSATION);
    Object.assign(conversation, { maxParticipants: 3 });
    const message = ask(PLATFORM_CONVERSATION);
    await adder.accept(other);
    await accept(message);
    await adder.deliver(message);
    expect(auditOf(other)?.participants).toMatchObject([{ outcome: 'ADDED' }]);
    expect(auditOf(message)).toMatchObject({ status: 'FAILED', code: 'CAPACITY_EXCEEDED' });
    expect(posts).toHaveLength(1);
  });

  test('is added to once if the message of a request is delivered twice at a time', async () => {
    let arrived = 0;
    let meet = () => {};
    const both = new Promise<void>((resolve) => {
      meet = resolve;
    });
    const { looks, posts, accept } = await startWary(() => {
      arrived += 1;
      if (arrived === 2) meet();
      return arrived <= 2 ? both : undefined;
    });
    const message = ask(PLATFORM_CONVERSATION);
    await accept(message);
    const delivered = await Promise.all([adder.deliver(message), adder.deliver(message)]);
    expect(looks).toHaveLength(2);
    // The one that could not write its begin comes back, and finds the request done.
    expect(delivered.map(({ batchItemFailures }) => batchItemFailures.length).sort()).toEqual([
      0, 1,
    ]);
    await adder.deliver(message);
    expect(posts).toHaveLength(1);
    expect(audits()).toMatchObject([{ status: 'SUCCESS', request_id: message.requestId }]);
    expect(recordOf(message)).toMatchObject({ receives: 1 });
  });
});
