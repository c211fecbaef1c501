import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { auditEvent } from '../../lib/domain/audit-event.ts';
import { FREE_USERS, PLATFORM_CONVERSATION } from '../../local/genesys/sample-organisation.ts';
import { type AdderUnderTest, startAdder } from '../support/start-adder.ts';
import {
  hostileId,
  hostileJson,
  hostileParticipants,
  hostileText,
  sometimes,
} from './hostile-input.ts';
import { seedOfRun } from './seed-of-run.ts';

let adder: AdderUnderTest;
afterEach(() => adder.stop());

const AUDIT = 'http://127.0.0.1/audit';
const DEAD_LETTERS = 'http://127.0.0.1/requests-dlq';

const hostileTime = fc.oneof(
  hostileText,
  fc.constantFrom('0000-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '2026-02-30T00:00:00Z'),
);

/** Never carried out: no conversation of the stand-in has such an id. */
const message = fc.oneof(
  sometimes({
    version: fc.constantFrom(1, 2, 3),
    requestId: hostileId,
    conversationId: hostileId,
    participants: hostileParticipants,
    dryRun: fc.boolean(),
    requestedAt: hostileTime,
    deadline: hostileTime,
    correlationId: hostileText,
    requestedBy: hostileText,
  }).map((value) => JSON.stringify(value)),
  hostileText,
  hostileJson.map((value) => JSON.stringify(value)),
);

const attribute = fc.oneof(
  fc.record({ dataType: fc.constant('String'), stringValue: hostileText }),
  hostileJson,
);
const messageAttributes = fc.option(
  fc.dictionary(
    fc.constantFrom('redrive', 'request_id', 'event_id', '__proto__', 'other'),
    attribute,
  ),
  { nil: undefined },
);
const attributes = fc.option(
  sometimes({
    SentTimestamp: fc.oneof(hostileText, fc.constant(String(Date.now()))),
    ApproximateReceiveCount: hostileText,
    SenderId: hostileText,
    MessageGroupId: hostileText,
    ApproximateFirstReceiveTimestamp: hostileText,
  }),
  { nil: undefined },
);

describe('hostile messages on the request queue', () => {
  test('never stop a batch, and never hold up the good message behind them', async () => {
    adder = await startAdder({ longestTimeoutMs: 10_000 });
    let batches = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(message, messageAttributes, attributes), { minLength: 1, maxLength: 4 }),
        async (hostile) => {
          batches += 1;
          // The stand-in lets 300 calls a minute through.
          adder.clock.advance(5_000);
          const sentBefore = adder.sent.length;
          const records = hostile.map(
            ([body, foreignAttributes, system]) =>
              ({
                ...adder.record(body),
                messageId: randomUUID(),
                messageAttributes: foreignAttributes,
                ...(system === undefined ? { attributes: undefined } : { attributes: system }),
              }) as unknown as SQSRecord,
          );
          const good = adder.record(
            { ...dryRun(), requestId: randomUUID() },
            { groupId: `group ${batches}` },
          );
          const { batchItemFailures } = await adder.deliverBatch([...records, good]);
          const failed = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
          expect(failed).not.toContain(good.messageId);
          const results = adder.sent
            .slice(sentBefore)
            .filter(({ queueUrl }) => queueUrl === AUDIT)
            .map(({ body }) => auditEvent.parse(JSON.parse(body)).audit);
          // A result for each message that does not come back, and none is nonsense.
          expect(results.length + failed.length).toBe(records.length + 1);
          for (const { queued_ms, latency_ms } of results) {
            expect(queued_ms).toBeGreaterThanOrEqual(0);
            expect(queued_ms).toBeLessThan(60 * 86_400_000);
            expect(latency_ms).toBeGreaterThanOrEqual(0);
          }
        },
      ),
      { numRuns: 75, seed: seedOfRun },
    );
    expect(adder.log.filter((line) => line.message === 'defect')).toEqual([]);
    expect(adder.metrics.filter(({ value }) => !Number.isFinite(value))).toEqual([]);
  }, 180_000);

  test('are refused under their own id, whatever id they claim', async () => {
    adder = await startAdder({ longestTimeoutMs: 10_000 });
    const victim = randomUUID();
    await adder.settleInTheEnd({ ...dryRun(), requestId: victim });
    const before = adder.records.get(victim);
    const junk = { requestId: victim, conversationId: PLATFORM_CONVERSATION, participants: [] };
    const audit = await adder.settleInTheEnd(junk);
    expect(audit.code).toBe('INVALID_MESSAGE');
    expect(audit.request_id).not.toBe(victim);
    expect(adder.records.get(victim)).toEqual(before);
    expect(adder.sent.find(({ queueUrl }) => queueUrl === DEAD_LETTERS)?.body).toBe(
      JSON.stringify(junk),
    );
  });

  test('name their sender as SQS does; what they claim is kept as a claim', async () => {
    adder = await startAdder({ longestTimeoutMs: 10_000 });
    const audit = await adder.settleInTheEnd({ ...dryRun(), requestedBy: 'arn:aws:iam::1:root' });
    expect(audit.requested_by).toBe('sqs:AIDA');
    const [record] = adder.records.values();
    expect(record).toMatchObject({ origin: 'queue', claimedBy: 'arn:aws:iam::1:root' });
  });

  test.each(['0000-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])(
    'requested at %s have a time that can be true',
    async (requestedAt) => {
      adder = await startAdder({ longestTimeoutMs: 10_000 });
      const deadline = new Date(adder.clock.now() + 60_000).toISOString();
      const audit = await adder.settleInTheEnd({ ...dryRun(), requestedAt, deadline });
      expect(audit.status).toBe('SUCCESS');
      expect(audit.queued_ms).toBeLessThanOrEqual(28 * 86_400_000 + 60_000);
      expect(audit.queued_ms).toBeGreaterThanOrEqual(0);
    },
  );

  test('may begin with a byte order mark, as HTTP bodies may', async () => {
    adder = await startAdder({ longestTimeoutMs: 10_000 });
    expect(await adder.settleInTheEnd(`\ufeff${JSON.stringify(dryRun())}`)).toMatchObject({
      status: 'SUCCESS',
    });
  });

  test('have errors of a bounded size', async () => {
    adder = await startAdder({ longestTimeoutMs: 10_000 });
    const name = `${'~/'.repeat(30_000)}`;
    const audit = await adder.settleInTheEnd({
      conversationId: PLATFORM_CONVERSATION,
      participants: Array.from({ length: 20 }, () => ({ [name]: 1 })),
    });
    expect(audit.code).toBe('INVALID_MESSAGE');
    expect(JSON.stringify(audit).length).toBeLessThan(65_536);
  });
});

function dryRun() {
  return {
    conversationId: PLATFORM_CONVERSATION,
    participants: [{ id: FREE_USERS[0] }],
    dryRun: true,
  };
}
