import { afterEach, describe, expect, test } from '@jest/globals';
import type { SQSEvent } from 'aws-lambda';
import fc from 'fast-check';
import { createCheckedLookup } from '../../lib/webhook/checked-lookup.ts';
import { type Receiver, startReceiver } from '../support/start-receiver.ts';
import { auditEventOf, type RelayUnderTest, startRelay } from '../support/start-relay.ts';
import { hostileJson, hostileText, sometimes } from './hostile-input.ts';
import { seedOfRun } from './seed-of-run.ts';

const KEY = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
const GENUINE = 'b0a7ca11-0000-4000-8000-00000000000a';

let relay: RelayUnderTest;
let receiver: Receiver;
afterEach(async () => {
  await relay.stop();
  await receiver.stop();
});

async function start() {
  receiver = await startReceiver((response) => response.writeHead(204).end());
  relay = await startRelay({
    url: `${receiver.url}/hook`,
    keys: [KEY],
    deps: { lookup: createCheckedLookup({ allowPrivate: true }) },
  });
}

const genuine = () => auditEventOf(GENUINE) as { event: string; audit: Record<string, unknown> };

/** The genuine event with one thing changed, as a forger would send it. */
const forged = fc.oneof(
  sometimes({ status: fc.constantFrom('SUCCESS', 'FAILED'), error: hostileText }).map((change) =>
    JSON.stringify({ ...genuine(), audit: { ...genuine().audit, ...change, forged: true } }),
  ),
  fc.uuid().map((id) => JSON.stringify(auditEventOf(id))),
  // The same content in other bytes is not what the record vouches for either.
  fc.constant(` ${JSON.stringify(genuine())}`),
  hostileText,
  hostileJson.map((value) => JSON.stringify(value)),
);
/** SQS takes no control characters and no empty body; fauxqs takes no character beyond U+FFFF either. */
const asSent = (text: string) =>
  text.replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, '?') || '{}';
const eventId = fc.oneof(fc.constantFrom(`evt_${GENUINE}`, `evt_${GENUINE}_c`), hostileText);

describe('forged events on the audit queue', () => {
  test('are never signed or posted, whatever event id they choose', async () => {
    await start();
    await relay.send(JSON.stringify(genuine()), { event_id: `evt_${GENUINE}` });
    const { event } = await relay.run();
    expect(receiver.tries).toHaveLength(1);
    const [template] = event.Records;
    if (!template) throw new Error('nothing was received');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(forged, fc.option(eventId), fc.boolean()), { maxLength: 10 }),
        async (forgeries) => {
          await relay.forge('placeholder');
          const { response } = await relay.run(
            () =>
              ({
                Records: forgeries.map(([body, id, bare], index) => ({
                  ...template,
                  messageId: `forgery ${index}`,
                  body: asSent(body),
                  ...(bare ? { attributes: undefined } : {}),
                  messageAttributes:
                    id === null ? undefined : { event_id: { dataType: 'String', stringValue: id } },
                })),
              }) as unknown as SQSEvent,
          );
          expect(response.batchItemFailures).toEqual([]);
          expect(receiver.tries).toHaveLength(1);
        },
      ),
      { numRuns: 60, seed: seedOfRun },
    );
  }, 60_000);

  test('do not keep the genuine one from being delivered', async () => {
    await start();
    const body = JSON.stringify(genuine());
    await relay.forge(body.replace('SUCCESS', 'FAILED'), { event_id: `evt_${GENUINE}` });
    await relay.run();
    expect(receiver.tries).toEqual([]);
    await relay.send(body, { event_id: `evt_${GENUINE}` });
    await relay.run();
    expect(receiver.tries.map((one) => one.body)).toEqual([body]);
  });
});
