import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RequestedParticipant } from '../../lib/domain/participant.ts';
import { createRedactor } from '../../lib/domain/redact.ts';
import { type CallBudget, createCallBudget } from '../../lib/genesys/api/call-budget.ts';
import { createGenesysClient, type GenesysClient } from '../../lib/genesys/api/genesys-client.ts';
import { resolveGenesysHost } from '../../lib/genesys/api/region.ts';
import { addToCall } from '../../lib/genesys/conversation/add-to-call.ts';
import { readConversation } from '../../lib/genesys/conversation/read-conversation.ts';
import { createCallAllowance } from '../../lib/genesys/pace/create-call-allowance.ts';
import { createMemoryCallWindow } from '../../lib/genesys/pace/memory-call-window.ts';
import { createRequestToken } from '../../lib/genesys/token/request-token.ts';
import { createUserLookup } from '../../lib/genesys/users/user-lookup.ts';
import { createSendHttp } from '../../lib/http/send-http.ts';
import { systemClock as clock } from '../../lib/system-clock.ts';
import type { Call } from '../../local/genesys/create-genesys.ts';
import {
  FREE_USERS,
  PLATFORM_CONVERSATION,
  SAMPLE_CLIENT,
  SAMPLE_USERS,
  UNKNOWN_USER,
} from '../../local/genesys/sample-organisation.ts';
import { type RunningGenesys, startGenesys } from '../../local/genesys/start-genesys.ts';
import { describeWithVendor, type VendorDescription } from './vendor-description.ts';

/** What the product sends to the live platform's operations, held to the vendor's description. */

const asked: RequestedParticipant[] = [
  { id: FREE_USERS[0] as string, role: 'agent' },
  { address: '+15551234567', role: 'customer' },
];

let genesys: RunningGenesys;
let client: GenesysClient;
let session: CallBudget;

beforeEach(async () => {
  genesys = await startGenesys();
  const sendHttp = createSendHttp();
  const redactor = createRedactor();
  const allowance = createCallAllowance({
    item: createMemoryCallWindow(),
    requestsPerSecond: 5,
    clock,
    random: Math.random,
  });
  const host = resolveGenesysHost(genesys.url);
  const requestToken = createRequestToken({ host, sendHttp, allowance, redactor, clock });
  const { accessToken } = await requestToken({ ...SAMPLE_CLIENT, versionId: '' });
  const tokens = {
    get: async () => accessToken,
    replace: async () => accessToken,
    accepted: () => {},
  };
  client = createGenesysClient({
    host,
    sendHttp,
    tokens,
    allowance,
    redactor,
    clock,
    random: Math.random,
  });
  session = createCallBudget({
    finishByMs: clock.now() + 60_000,
    deadlineMs: clock.now() + 60_000,
  });
  genesys.state.calls.length = 0;
});
afterEach(() => genesys.stop());

/** What of a request the vendor does not describe. */
function undescribed(vendor: VendorDescription, { method, path, query, body }: Call): string[] {
  const operation = vendor.findOperation(method, path);
  if (!operation) return [`there is no ${method} ${path}`];
  const parameters = operation.parameters ?? [];
  const strange = [...new URLSearchParams(query)].flatMap(([name, value]) => {
    const parameter = parameters.find((each) => each.in === 'query' && each.name === name);
    if (!parameter) return [`${path} has no parameter ${name}`];
    const allowed = parameter.enum ?? parameter.items?.enum;
    return value
      .split(',')
      .filter((item) => allowed && !allowed.includes(item))
      .map((item) => `${path} takes no ${name}=${item}`);
  });
  if (body === undefined) return strange;
  // The type of the body is one for reading and writing; what it requires is set by the platform.
  const whole = { startTime: new Date(0).toISOString(), ...(body as object) };
  return [...strange, ...vendor.check('Conversation', whole)];
}

describeWithVendor("each of our requests holds to the vendor's description", (vendor) => {
  const calls: [string, () => Promise<unknown>][] = [
    ['reading a conversation', () => readConversation(client, PLATFORM_CONVERSATION, 20, session)],
    ['reading users in bulk', () => createUserLookup(client).inBulk(asked, session)],
    ['reading users one by one', () => createUserLookup(client).singly(asked, 'platform', session)],
    [
      'adding to a call',
      () => addToCall(client, PLATFORM_CONVERSATION, SAMPLE_USERS.ada, asked, session),
    ],
  ];

  test.each(calls)('%s', async (_, call) => {
    await call();
    expect(genesys.state.calls.flatMap((sent) => undescribed(vendor, sent))).toEqual([]);
    expect(genesys.state.calls.map(({ status }) => status)).toEqual([200]);
  });

  test('a parameter, a value and a field that the vendor does not describe are noticed', () => {
    const call = { atMs: 0, method: 'GET', authentication: 'bearer' } as const;
    const found = [
      { ...call, path: '/api/v2/users', query: 'state=asleep&sort=up' },
      { ...call, path: `/api/v2/users/${UNKNOWN_USER}/mood`, query: '' },
      {
        ...call,
        method: 'POST',
        path: `/api/v2/conversations/calls/${PLATFORM_CONVERSATION}/participants/user/x`,
        query: '',
        body: { participants: [{ userId: 'x', role: 'agent' }] },
      },
    ].map((sent) => undescribed(vendor, sent).length);
    expect(found).toEqual([2, 1, 1]);
  });
});
