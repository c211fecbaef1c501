import { expect, test } from '@jest/globals';
import { createRedactor } from '../../lib/domain/redact.ts';
import { createCallBudget, OutOfTimeError } from '../../lib/genesys/api/call-budget.ts';
import { createGenesysClient } from '../../lib/genesys/api/genesys-client.ts';
import { resolveGenesysHost } from '../../lib/genesys/api/region.ts';
import type { HttpRequest } from '../../lib/http/send-http.ts';

const DEADLINE_MS = 10_000;

/** A client whose call budget takes until `grantedAtMs` to grant a call. */
function start(grantedAtMs: number) {
  let nowMs = 0;
  const sent: HttpRequest[] = [];
  const client = createGenesysClient({
    host: resolveGenesysHost('us-east-1'),
    sendHttp: async (request) => {
      sent.push(request);
      return { status: 200, headers: {}, body: '{}', truncated: false };
    },
    tokens: { get: async () => 'token', replace: async () => 'token', accepted: () => {} },
    allowance: {
      acquire: async (calls) => {
        nowMs = grantedAtMs;
        return { granted: true, calls, grantedAtMs };
      },
      wasRefusedLately: () => false,
      expectRefusal: async () => undefined,
      release: async () => {},
      observe: () => {},
      pauseUntil: async () => {},
      usedPercent: () => 0,
    },
    redactor: createRedactor(),
    clock: { now: () => nowMs, sleep: async () => {} },
    random: () => 0.5,
  });
  const budget = createCallBudget({ finishByMs: 60_000, deadlineMs: DEADLINE_MS });
  return { sent, post: () => client.post('add participants' as never, '/api/v2/x', [], budget) };
}

// Found by the simulation: the write to the budget's item was slow, and the add went out two seconds
// after the deadline.
test('posts nothing from the deadline on, where the call was granted too late', async () => {
  const { sent, post } = start(DEADLINE_MS);
  await expect(post()).rejects.toBeInstanceOf(OutOfTimeError);
  expect(sent).toEqual([]);
});

test('posts where the call is granted in time', async () => {
  const { sent, post } = start(DEADLINE_MS - 1);
  await post();
  expect(sent).toHaveLength(1);
});
