import { afterEach, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { startReceiver } from '../support/start-receiver.ts';
import { auditEventOf, startRelay } from '../support/start-relay.ts';

const KEY = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;

const toStop: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const part of toStop.splice(0)) await part.stop();
});

test('the relay posts a result from a real queue, signed, to a real receiver', async () => {
  const receiver = await startReceiver((response) => response.writeHead(204).end());
  toStop.push(receiver);
  const relay = await startRelay({ url: `${receiver.url}/hook`, keys: [KEY] });
  toStop.push(relay);
  const body = JSON.stringify(auditEventOf('r-1'));
  await relay.send(body);
  expect((await relay.run()).response).toEqual({ batchItemFailures: [] });

  expect(receiver.tries.map((received) => received.body)).toEqual([body]);
  const headers = receiver.tries[0]?.headers as Record<string, string>;
  expect(new Webhook(KEY).verify(body, headers)).toEqual(JSON.parse(body));
});
