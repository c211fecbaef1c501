import { describe, expect, test } from '@jest/globals';
import { judgeRun } from './judge-run.ts';
import { type Sabotage, simulate } from './simulate.ts';
import { QUEUE_URLS } from './simulated-aws.ts';

/** The invariants can fail: each defect is noticed within a few seeds. */

const SEEDS = 20;

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
