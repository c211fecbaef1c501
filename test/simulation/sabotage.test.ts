import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { RequestRecord } from '../../lib/domain/request-record.ts';
import { FORGED } from './forge-event.ts';
import { judgeRun } from './judge-run.ts';
import type { Sabotage } from './sabotage.ts';
import { simulate } from './simulate.ts';
import { type AwsPorts, QUEUE_URLS } from './simulated-aws.ts';

/** The invariants can fail: each defect is noticed within a few seeds. */

const SEEDS = 60;

/** Announces an add without writing it, so that a crash leaves no trace of it. */
function withoutWriteAhead(ports: AwsPorts): AwsPorts {
  const stored = new Map<string, RequestRecord>();
  const isAnnouncement = ({ adds }: RequestRecord) =>
    adds.at(-1)?.fate === 'PENDING' && adds.at(-1)?.endedAtMs === undefined;
  return {
    ...ports,
    records: {
      ...ports.records,
      async replace(previous, next) {
        const last = stored.get(next.requestId) ?? previous;
        stored.delete(next.requestId);
        if (!isAnnouncement(next)) return ports.records.replace(last, next);
        stored.set(next.requestId, last);
        return true;
      },
    },
  };
}

/** Writes whatever the table holds by now. */
function withoutCondition(ports: AwsPorts): AwsPorts {
  return {
    ...ports,
    records: {
      ...ports.records,
      async replace(previous, next) {
        const current = await ports.records.get(next.requestId);
        return ports.records.replace(current ?? previous, next);
      },
    },
  };
}

/** Lets a record vouch for every body that names its request. */
const withoutDigest: Sabotage['relayPorts'] = (ports, inHand) => ({
  ...ports,
  records: {
    ...ports.records,
    async get(requestId) {
      const record = await ports.records.get(requestId);
      const bodies = inHand()
        .map(({ body }) => body)
        .filter((body) => JSON.parse(body).audit.request_id === requestId);
      const body = bodies.find((one) => one.includes(FORGED)) ?? bodies[0];
      if (!record?.result || body === undefined) return record;
      const digest = createHash('sha256').update(body).digest('hex');
      return { ...record, result: { ...record.result, digest } };
    },
  },
});

const DEFECTS: [name: string, defect: Sabotage, wrong: RegExp][] = [
  [
    'an adder that acknowledges a request without sending its result',
    {
      adderPorts: (ports) => ({
        ...ports,
        sendMessage: async (message) => {
          if (message.queueUrl !== QUEUE_URLS.audit) await ports.sendMessage(message);
        },
      }),
    },
    /has no result/,
  ],
  [
    'an adder that posts every add twice',
    {
      adderHttp: (sendHttp) => async (request) => {
        if (request.method === 'POST' && request.url.includes('/participants')) {
          await sendHttp(request).catch(() => undefined);
        }
        return sendHttp(request);
      },
    },
    /rung|rings|ring /,
  ],
  [
    'an adder that writes no write-ahead',
    { adderPorts: withoutWriteAhead },
    /without a write-ahead|rung twice|who was rung/,
  ],
  [
    'writes of the record without their condition',
    { ports: withoutCondition },
    /different texts|is cancelled and rang|cancelled, and it is not|who was rung/,
  ],
  [
    'a budget to which calls are returned twice',
    {
      ports: (ports) => ({
        ...ports,
        openCallWindow(key) {
          const item = ports.openCallWindow(key);
          return {
            ...item,
            async update(update) {
              const isReturn = update.seconds.some(([, calls]) => calls < 0);
              if (isReturn) await item.update(update);
              return item.update(update);
            },
          };
        },
      }),
    },
    /are counted/,
  ],
  [
    'a relay that does not check the digest',
    { relayPorts: withoutDigest },
    /a forged .* is delivered/,
  ],
  [
    'a relay that does not sign',
    {
      relayHttp: (sendHttp) => (request) => {
        const { 'webhook-signature': _, ...headers } = request.headers ?? {};
        return sendHttp({ ...request, headers });
      },
    },
    /is unsigned/,
  ],
];

describe('the simulation notices', () => {
  test.each(DEFECTS)('%s', async (_, defect, wrong) => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const found = judgeRun(await simulate(seed, defect));
      if (found.some((one) => wrong.test(one))) return;
    }
    throw new Error(`${SEEDS} seeds passed, or failed for another reason than ${wrong}`);
  });

  test('nothing where there is no defect', async () => {
    expect(judgeRun(await simulate(1, {}))).toEqual([]);
  });
});
