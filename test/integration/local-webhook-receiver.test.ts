import { afterEach, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import {
  startWebhookReceiver,
  type WebhookReceiver,
} from '../../local/webhook-receiver/start-webhook-receiver.ts';

const OLD_KEY = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
const NEW_KEY = `whsec_${Buffer.alloc(24, 2).toString('base64')}`;

let receiver: WebhookReceiver | undefined;
afterEach(() => receiver?.stop());

async function deliver(key: string, body: string, signedBody = body) {
  const now = new Date();
  return fetch(receiver?.url ?? '', {
    method: 'POST',
    headers: {
      'webhook-id': 'evt_1',
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(key).sign('evt_1', now, signedBody),
    },
    body,
  });
}

test('a delivery signed with one of the keys is accepted and verified', async () => {
  receiver = await startWebhookReceiver({ keys: [NEW_KEY, OLD_KEY] });

  const response = await deliver(OLD_KEY, '{"a":1}');

  expect(response.status).toBe(204);
  expect(receiver.deliveries).toEqual([
    expect.objectContaining({ id: 'evt_1', body: '{"a":1}', verified: true }),
  ]);
});

test('a delivery with a changed body or another key is refused', async () => {
  receiver = await startWebhookReceiver({ keys: [OLD_KEY] });

  expect((await deliver(OLD_KEY, '{"a":2}', '{"a":1}')).status).toBe(401);
  expect((await deliver(NEW_KEY, '{"a":1}')).status).toBe(401);
  expect(receiver.deliveries.map(({ verified }) => verified)).toEqual([false, false]);
  expect(receiver.deliveries[0]?.problem).toEqual(expect.any(String));
});

test('changed keys apply from the next delivery', async () => {
  const keys = [OLD_KEY];
  receiver = await startWebhookReceiver({ keys });
  keys[0] = NEW_KEY;

  expect((await deliver(NEW_KEY, '{}')).status).toBe(204);
});

test('a test can wait for a delivery and choose the response', async () => {
  receiver = await startWebhookReceiver({
    keys: [OLD_KEY],
    respond: () => ({ status: 429, headers: { 'retry-after': '7' } }),
  });

  const coming = receiver.waitFor(({ id }) => id === 'evt_1');
  const response = await deliver(OLD_KEY, '{}');

  expect((await coming).body).toBe('{}');
  expect(response.status).toBe(429);
  expect(response.headers.get('retry-after')).toBe('7');
});

test('a look with a browser is no delivery, and says what the address is for', async () => {
  receiver = await startWebhookReceiver({ keys: [OLD_KEY] });

  const response = await fetch(receiver.url);

  expect(response.status).toBe(405);
  expect(await response.text()).toContain('webhooks');
  expect(receiver.deliveries).toEqual([]);
});
