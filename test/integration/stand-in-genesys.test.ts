import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  FREE_USERS,
  PLATFORM_CONVERSATION,
  SAMPLE_USERS,
} from '../../local/genesys/sample-organisation.ts';
import { type RunningGenesys, startGenesys } from '../../local/genesys/start-genesys.ts';
import { type GenesysClient, logIn } from '../contract/genesys-client.ts';

/** Behaviour of its sockets. The rules are tested in test/unit. */

const CONVERSATION = `/api/v2/conversations/${PLATFORM_CONVERSATION}`;
const ADD = `/api/v2/conversations/calls/${PLATFORM_CONVERSATION}/participants/user/${SAMPLE_USERS.ada}`;

let genesys: RunningGenesys;
let client: GenesysClient;

beforeEach(async () => {
  genesys = await startGenesys();
  client = await logIn(genesys.url);
});
afterEach(() => genesys.stop());

const causeOf = async (call: Promise<unknown>): Promise<string | undefined> => {
  try {
    await call;
    return undefined;
  } catch (error) {
    return ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code;
  }
};

test('a reset breaks the connection of the caller', async () => {
  genesys.state.faults.push({ fault: { response: 'reset' } });
  expect(await causeOf(client.get(CONVERSATION))).toBe('ECONNRESET');
});

test('a response that is cut off fails while its body is read', async () => {
  genesys.state.faults.push({ fault: { response: 'cut' } });
  expect(await causeOf(client.get(CONVERSATION))).toBe('UND_ERR_SOCKET');
});

test('a request that hangs ends when the stand-in stops', async () => {
  const arrival = Promise.withResolvers<void>();
  const hanging = await startGenesys({
    onEvent: (event) =>
      event.kind === 'response' && event.call.delivery === 'hang' && arrival.resolve(),
    faults: [{ path: '/api/v2', fault: { response: 'hang' } }],
  });
  const pending = causeOf((await logIn(hanging.url)).get(CONVERSATION));
  await arrival.promise;
  await hanging.stop();
  expect(await pending).toBe('UND_ERR_SOCKET');
});

test('a delayed request is carried out even if the caller has disconnected', async () => {
  const waiting = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const rung = Promise.withResolvers<void>();
  const sleep = () => {
    waiting.resolve();
    return goOn.promise;
  };
  const slow = await startGenesys({
    clock: { now: () => Date.now(), sleep },
    onEvent: ({ kind }) => kind === 'ring' && rung.resolve(),
    faults: [{ path: '/participants', fault: { waitMs: 1 } }],
  });
  const { post } = await logIn(slow.url);
  const givenUp = new AbortController();
  const lost = causeOf(
    post(ADD, { participants: [{ userId: FREE_USERS[0] }] }, {}, givenUp.signal),
  );
  await waiting.promise;
  givenUp.abort();
  await lost;
  goOn.resolve();
  await rung.promise;
  expect(slow.state.organisation.rings).toHaveLength(1);
  await slow.stop();
});

test('two stand-ins run side by side with separate state', async () => {
  const other = await startGenesys();
  genesys.state.revokeToken();
  expect((await client.get(CONVERSATION)).status).toBe(401);
  expect((await (await logIn(other.url)).get(CONVERSATION)).status).toBe(200);
  await other.stop();
});

test('a port in use is reported', async () => {
  await expect(startGenesys({ port: genesys.port })).rejects.toThrow('EADDRINUSE');
});
