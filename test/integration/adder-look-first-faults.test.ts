import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { AuditEvent } from '../../lib/domain/audit-event.ts';
import { isFinal } from '../../lib/domain/request-record.ts';
import {
  FREE_USERS,
  GENERIC_CONVERSATION,
  PLATFORM_CONVERSATION,
} from '../../local/genesys/sample-organisation.ts';
import type { CallTable } from '../simulation/simulated-records.ts';
import { type AdderUnderTest, startAdder } from '../support/start-adder.ts';

let adder: AdderUnderTest;
/** Also where a check fails, because a server keeps the process alive. */
afterEach(() => adder.stop());

const [first, second] = FREE_USERS as [string, string];

/**
 * What happens to one operation on the table:
 * - `refused`: it is not carried out
 * - `lost`: it is carried out, and its response is lost
 * - `gone`: it and all later ones of this receive are not carried out, as after a crash
 */
type Fault = 'refused' | 'lost' | 'gone';
const FAULTS: Fault[] = ['refused', 'lost', 'gone'];

const SCENARIOS: [name: string, status: string, request: object][] = [
  ['one user', 'SUCCESS', { conversationId: PLATFORM_CONVERSATION }],
  [
    'a user and a number',
    'SUCCESS',
    {
      conversationId: PLATFORM_CONVERSATION,
      participants: [{ id: first }, { address: '+4930123456' }],
    },
  ],
  ['a generic conversation', 'SUCCESS', { conversationId: GENERIC_CONVERSATION }],
  ['a dry run', 'SUCCESS', { conversationId: PLATFORM_CONVERSATION, dryRun: true }],
  [
    'users who are reachable',
    'SUCCESS',
    { conversationId: PLATFORM_CONVERSATION, onlyIfReachable: true },
  ],
  ['an unknown conversation', 'FAILED', { conversationId: randomUUID() }],
];

/** Starts an adder that has just seen a conversation that does not exist. */
async function startWary() {
  const posts: string[] = [];
  let calls = 0;
  let operations = 0;
  let failing: { at: number; how: Fault } | undefined;
  const callTable: CallTable = async (_what, effect) => {
    operations += 1;
    const { at = 0, how } = failing ?? {};
    if (how === 'gone' && operations >= at) throw new Error('the table is away');
    if (operations !== at) return effect();
    if (how === 'lost') effect();
    throw new Error('the table is away');
  };
  adder = await startAdder({
    callTable,
    sendHttp: (send) => async (request) => {
      const isAdd = request.method === 'POST' && request.url.includes('/conversations/');
      if (isAdd) posts.push(request.body ?? '');
      calls += 1;
      return send(request);
    },
  });
  await adder.deliver({
    requestId: randomUUID(),
    conversationId: randomUUID(),
    participants: [{ id: second }],
  });
  calls = 0;
  /** Lets an operation fail from now on, or none. */
  const fail = (fault: typeof failing) => {
    operations = 0;
    failing = fault;
  };
  return { posts, calls: () => calls, operations: () => operations, fail };
}

const auditsOf = (requestId: string) =>
  adder.sent
    .map(({ body }) => (JSON.parse(body) as AuditEvent).audit)
    .filter((audit) => audit.request_id === requestId);

const ask = (more: object) => ({
  requestId: randomUUID(),
  participants: [{ id: first }],
  deadline: new Date(adder.clock.now() + 600_000).toISOString(),
  ...more,
});

/** Delivers a message until its request has ended. */
async function deliverToTheEnd(message: { requestId: string }): Promise<void> {
  for (let receiveCount = 2; receiveCount < 20; receiveCount += 1) {
    const record = adder.records.get(message.requestId);
    if (record && isFinal(record) && auditsOf(message.requestId).length > 0) return;
    // Longer than a lease.
    adder.clock.advance(35_000);
    await adder.deliver(message, { receiveCount });
  }
  throw new Error('The request has not ended');
}

/** @returns whether the fault has happened */
async function survive(more: object, status: string, fault: { at: number; how: Fault }) {
  const { posts, calls, operations, fail } = await startWary();
  const message = ask(more);
  await adder.accept(message);
  fail(fault);
  await adder.deliver(message);
  const hasFailed = operations() >= fault.at;
  fail(undefined);
  await deliverToTheEnd(message);
  const audits = auditsOf(message.requestId);
  // An add of the generic contract that may have been made is not made again.
  const isUncertain = audits[0]?.participants.some(({ outcome }) => outcome === 'UNCERTAIN');
  if (isUncertain) expect(more).toEqual({ conversationId: GENERIC_CONVERSATION });
  else expect(audits[0]).toMatchObject({ status });
  expect(new Set(audits.map((audit) => JSON.stringify(audit))).size).toBe(1);
  expect(audits[0]?.genesys_calls).toBeLessThanOrEqual(calls());
  if (isUncertain) expect(posts.length).toBeLessThanOrEqual(1);
  else expect(posts).toHaveLength(status === 'SUCCESS' && !('dryRun' in more) ? 1 : 0);
  // Its lease is free, or ends.
  adder.clock.advance(35_000);
  const next = ask({ ...more, dryRun: true });
  await adder.accept(next);
  await adder.deliver(next);
  expect(adder.records.get(next.requestId)?.waiting?.code).not.toBe('CONVERSATION_BUSY');
  return hasFailed;
}

describe.each(FAULTS)(
  'soon after a conversation that does not exist, an operation that is %s',
  (how) => {
    test.each(SCENARIOS)(
      'costs neither the result nor a second add: %s',
      async (_, status, more) => {
        let at = 1;
        while (await survive(more, status, { at, how })) {
          await adder.stop();
          at += 1;
        }
        expect(at).toBeGreaterThan(3);
      },
    );
  },
);
