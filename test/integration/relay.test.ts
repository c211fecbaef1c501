import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { SQSEvent } from 'aws-lambda';
import { Webhook } from 'standardwebhooks';
import { auditEvent } from '../../lib/domain/audit-event.ts';
import { createCheckedLookup } from '../../lib/webhook/checked-lookup.ts';
import { type ReceivedTry, type Receiver, startReceiver } from '../support/start-receiver.ts';
import {
  auditEventOf,
  type RelayUnderTest,
  type StartRelayOptions,
  startRelay,
} from '../support/start-relay.ts';

const KEY = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
const OTHER_KEY = `whsec_${Buffer.alloc(24, 2).toString('base64')}`;
const HOUR_MS = 3_600_000;

const toStop: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const part of toStop.splice(0)) await part.stop();
});

async function receiverThat(
  behave: (response: ServerResponse, received: ReceivedTry, index: number) => void,
): Promise<Receiver> {
  const receiver = await startReceiver(behave);
  toStop.push(receiver);
  return receiver;
}

const receiverOf = (status: number, headers: Record<string, string> = {}) =>
  receiverThat((response) => response.writeHead(status, headers).end());

async function relayTo(
  receiver: Receiver | undefined,
  options: Omit<StartRelayOptions, 'url'> = { keys: [KEY] },
): Promise<RelayUnderTest> {
  const relay = await startRelay({ url: receiver && `${receiver.url}/hook`, ...options });
  toStop.push(relay);
  return relay;
}

const event = (requestId: string) => JSON.stringify(auditEventOf(requestId));

function verifies(key: string, { body, headers }: ReceivedTry): boolean {
  try {
    new Webhook(key).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

describe('a delivery', () => {
  test('posts the very bytes of the queue, signed, and acknowledges them', async () => {
    const receiver = await receiverOf(204);
    const relay = await relayTo(receiver);
    // Not as JSON.stringify would write it again.
    const body = `{ "event":"participant_added",  "source":"genesys-automated-adder",
      "audit": {"request_id":"r-1", "correlation_id":"c-1", "note":"\\u00e9 é 日本", "n": 1.0} }`;
    await relay.send(body);
    const { response } = await relay.run();

    expect(response).toEqual({ batchItemFailures: [] });
    expect(relay.sqs.inspect('audit')).toEqual({ ready: [], inFlight: [] });
    expect(receiver.tries).toHaveLength(1);
    const [received] = receiver.tries as [ReceivedTry];
    expect(received.body).toBe(body);
    expect(received.url).toBe('/hook');
    expect(received.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': 'evt_r-1',
      'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
    });
    expect(verifies(KEY, received)).toBe(true);
    expect(verifies(OTHER_KEY, received)).toBe(false);
  });

  test('is logged with what identifies it, and counted', async () => {
    const relay = await relayTo(await receiverOf(200));
    await relay.send(event('r-1'));
    await relay.run();
    expect(relay.log.filter((line) => line.message === 'relayed')).toEqual([
      {
        level: 'info',
        message: 'relayed',
        request_id: 'r-1',
        correlation_id: 'correlation of r-1',
        event_id: 'evt_r-1',
        tries: 1,
        status_code: 200,
        lag_ms: expect.any(Number),
      },
    ]);
    expect(relay.metrics).toEqual([
      { name: 'WebhookTries', unit: 'Count', value: 1 },
      { name: 'WebhookFailures', unit: 'Count', value: 0 },
      { name: 'WebhookLagMs', unit: 'Milliseconds', value: expect.any(Number) },
    ]);
  });

  test('keeps its id over several tries, and signs each try anew', async () => {
    const receiver = await receiverThat((response, _, index) =>
      response.writeHead(index < 2 ? 500 : 200).end(),
    );
    let nowMs = Date.now();
    const relay = await relayTo(receiver, {
      keys: [KEY],
      deps: { clock: { now: () => nowMs, sleep: async () => {} } },
    });
    await relay.send(event('r-1'));
    const waits: number[] = [];
    for (let run = 0; run < 3; run++) {
      nowMs += 2_000;
      const { hiddenForSeconds, response } = await relay.run();
      waits.push(...hiddenForSeconds);
      expect(response.batchItemFailures).toHaveLength(run < 2 ? 1 : 0);
    }
    expect(waits).toEqual([5, 300]);
    expect(receiver.tries.map(({ headers }) => headers['webhook-id'])).toEqual(
      Array(3).fill('evt_r-1'),
    );
    expect(new Set(receiver.tries.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(3);
    expect(receiver.tries.every((received) => verifies(KEY, received))).toBe(true);
    expect(relay.log.filter(({ message }) => message === 'relay failed')).toEqual([
      expect.objectContaining({
        level: 'warn',
        correlation_id: 'correlation of r-1',
        status_code: 500,
        tries: 1,
        retry_in_s: 5,
      }),
      expect.objectContaining({ status_code: 500, tries: 2, retry_in_s: 300 }),
    ]);
  });

  test('of a redriven request has the id that the message names', async () => {
    const receiver = await receiverOf(200);
    const relay = await relayTo(receiver);
    await relay.send(event('r-1'), { event_id: 'evt_r-1_r2' });
    await relay.run();
    expect(receiver.tries.map(({ headers }) => headers['webhook-id'])).toEqual(['evt_r-1_r2']);
  });

  test('of one event does not wait for a slow response to another', async () => {
    let respondToFirst = () => {};
    const receiver = await receiverThat((response, received, index) => {
      const respond = () => response.writeHead(200).end();
      // The first gets its response only once the last has been delivered.
      if (index === 0) respondToFirst = respond;
      else {
        respond();
        if (index === 9) respondToFirst();
      }
      expect(received.body).not.toBe('');
    });
    const relay = await relayTo(receiver);
    for (let index = 0; index < 10; index++) await relay.send(event(`r-${index}`));
    const { response } = await relay.run();
    expect(response).toEqual({ batchItemFailures: [] });
    expect(receiver.tries).toHaveLength(10);
  });

  test('uses a connection again, and a new one where it was closed meanwhile', async () => {
    const receiver = await receiverThat((response, { socket }, index) => {
      if (index === 2) socket.destroy();
      else response.writeHead(200).end('thanks');
    });
    const relay = await relayTo(receiver);
    for (const id of ['r-1', 'r-2', 'r-3']) {
      await relay.send(event(id));
      expect((await relay.run()).response).toEqual({ batchItemFailures: [] });
    }
    const [first, second, broken, fresh] = receiver.tries;
    expect(second?.socket).toBe(first?.socket);
    expect(broken?.socket).toBe(first?.socket);
    expect(fresh?.socket).not.toBe(first?.socket);
    expect(fresh?.headers['webhook-id']).toBe('evt_r-3');
    expect(relay.log.filter(({ message }) => message === 'relay failed')).toEqual([]);
  });
});

describe('a receiver that does not take an event', () => {
  test.each([400, 401, 404, 500, 503])('by %i gets it again', async (status) => {
    const relay = await relayTo(await receiverOf(status));
    await relay.send(event('r-1'));
    const { response, hiddenForSeconds, event: batch } = await relay.run();
    expect(response.batchItemFailures).toEqual([{ itemIdentifier: batch.Records[0]?.messageId }]);
    expect(hiddenForSeconds).toEqual([5]);
  });

  test('but redirects is not followed', async () => {
    const elsewhere = await receiverOf(200);
    for (const status of [301, 302, 303, 307, 308]) {
      const relay = await relayTo(await receiverOf(status, { location: elsewhere.url }));
      await relay.send(event('r-1'));
      expect((await relay.run()).hiddenForSeconds).toEqual([5]);
    }
    expect(elsewhere.tries).toEqual([]);
  });

  test('and names a wait gets that wait, in seconds or as a date, up to what SQS allows', async () => {
    const date = new Date(Math.floor(Date.now() / 1000) * 1000 + HOUR_MS).toUTCString();
    const waits: Record<string, number> = {};
    for (const value of ['2', '120', '999999', date]) {
      const relay = await relayTo(await receiverOf(429, { 'retry-after': value }));
      await relay.send(event('r-1'));
      waits[value] = (await relay.run()).hiddenForSeconds[0] ?? 0;
    }
    expect(waits['2']).toBe(5);
    expect(waits['120']).toBe(120);
    expect(waits['999999']).toBeGreaterThan(11.8 * 3600);
    expect(waits['999999']).toBeLessThan(12 * 3600);
    expect(waits[date]).toBeGreaterThan(3500);
    expect(waits[date]).toBeLessThanOrEqual(3600);
  });

  test.each([
    ['never responds', (_: ServerResponse) => {}],
    [
      'sends its headers drop by drop',
      (response: ServerResponse) => {
        response.socket?.write('HTTP/1.1 200 OK\r\n');
        const drip = setInterval(() => response.socket?.write('x: y\r\n'), 10);
        response.socket?.on('close', () => clearInterval(drip));
      },
    ],
    ['closes before its response', (response: ServerResponse) => response.destroy()],
    [
      'closes in the middle of its response',
      (response: ServerResponse) => {
        response.writeHead(200, { 'content-length': '100' }).write('half', () => {
          response.destroy();
        });
      },
    ],
    [
      'does not speak HTTP',
      (response: ServerResponse) => {
        response.socket?.end('SSH-2.0-OpenSSH_9.6\r\n');
      },
    ],
    [
      'switches protocols',
      (response: ServerResponse) => {
        response.socket?.write(
          'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
        );
      },
    ],
  ])('because it %s gets it again', async (_, behave) => {
    const receiver = await receiverThat(behave);
    const relay = await relayTo(receiver, { keys: [KEY], deps: { tryLimitMs: 300 } });
    await relay.send(event('r-1'));
    expect((await relay.run()).hiddenForSeconds).toEqual([5]);
    expect(receiver.tries).toHaveLength(1);
    expect(relay.log.at(-1)).toMatchObject({
      message: 'relay failed',
      error: expect.stringMatching(/^no response/),
    });
  });

  test('because it cannot be reached is tried again', async () => {
    const receiver = await receiverOf(200);
    await receiver.stop();
    const relay = await relayTo(receiver);
    await relay.send(event('r-1'));
    expect((await relay.run()).hiddenForSeconds).toEqual([5]);
    expect(relay.log.at(-1)).toMatchObject({ error: expect.stringContaining('ECONNREFUSED') });
  });
});

describe('a 2xx with a body that never ends', () => {
  test.each([
    ['pours', 64 * 1024, 1],
    ['drips', 1, 10],
  ])(
    'and %s is taken for the yes that it is, and the connection is closed',
    async (_, size, ms) => {
      let closed = () => {};
      const isClosed = new Promise<void>((resolve) => {
        closed = resolve;
      });
      const receiver = await receiverThat((response) => {
        response.writeHead(200);
        const pour = setInterval(() => response.write(Buffer.alloc(size)), ms);
        response.on('close', () => {
          clearInterval(pour);
          closed();
        });
      });
      const relay = await relayTo(receiver, { keys: [KEY], deps: { tryLimitMs: 500 } });
      await relay.send(event('r-1'));
      expect((await relay.run()).response).toEqual({ batchItemFailures: [] });
      await isClosed;
    },
  );
});

describe('a dead letter', () => {
  test.each([
    ['RECEIVER_GONE', 410, {}],
    ['RECEIVER_ABORTED', 422, { 'webhook-delivery': 'abort-message' }],
  ])('is made at once, with its reason: %s', async (reason, status, headers) => {
    const relay = await relayTo(await receiverOf(status, headers));
    const body = event('r-1');
    await relay.send(body, { event_id: 'evt_r-1_r1' });
    expect((await relay.run()).response).toEqual({ batchItemFailures: [] });
    expect(relay.sqs.inspect('audit')).toEqual({ ready: [], inFlight: [] });
    expect(await relay.deadLetters()).toEqual([
      {
        body,
        attributes: {
          reason,
          detail: expect.stringContaining(String(status)),
          tries: '1',
          first_received_at: expect.stringMatching(/^\d{4}-.*Z$/),
          last_received_at: expect.stringMatching(/^\d{4}-.*Z$/),
          request_id: 'r-1',
          correlation_id: 'correlation of r-1',
          // Which a redrive has to keep.
          event_id: 'evt_r-1_r1',
          last_status: String(status),
          last_error: expect.stringContaining(String(status)),
        },
      },
    ]);
    expect(relay.log.at(-1)).toMatchObject({
      level: 'error',
      message: 'dead-lettered',
      reason,
      request_id: 'r-1',
      correlation_id: 'correlation of r-1',
      status_code: status,
    });
    expect(relay.metrics).toContainEqual({ name: 'WebhookDeadLetters', unit: 'Count', value: 1 });
  });

  test('is made when three days of tries have failed', async () => {
    const relay = await relayTo(await receiverOf(503));
    await relay.send(event('r-1'));
    const aged = (batch: SQSEvent): SQSEvent => {
      const copy = structuredClone(batch);
      for (const { attributes } of copy.Records) {
        attributes.SentTimestamp = String(Date.now() - 72 * HOUR_MS);
        attributes.ApproximateFirstReceiveTimestamp = String(Date.parse('2026-11-22T15:29:40Z'));
        attributes.ApproximateReceiveCount = '13';
      }
      return copy;
    };
    expect((await relay.run(aged)).response).toEqual({ batchItemFailures: [] });
    expect(await relay.deadLetters()).toMatchObject([
      {
        attributes: {
          reason: 'DELIVERY_GIVEN_UP',
          tries: '13',
          first_received_at: '2026-11-22T15:29:40.000Z',
          last_status: '503',
          last_error: 'the receiver responded with 503',
        },
      },
    ]);
  });

  test.each([
    '',
    'hello',
    '[]',
    '{}',
    'null',
    '{"version":1,"conversationId":"x"}',
    '{"event":"other","audit":{"request_id":"r-1"}}',
    '{"event":"participant_added","audit":{"request_id":"r.1"}}',
    '{"event":"participant_added","audit":{"request_id":"r-1","correlation_id":7}}',
    '{"event":"participant_added","audit":{"request_id":"r-1","correlation_id":null}}',
  ])('is made of %j, which is no audit event, its bytes untouched', async (text) => {
    const receiver = await receiverOf(200);
    const relay = await relayTo(receiver);
    const body = text || ' ';
    await relay.send(body);
    await relay.send(event('r-2'));
    expect((await relay.run()).response).toEqual({ batchItemFailures: [] });
    expect(receiver.tries).toHaveLength(1);
    expect(await relay.deadLetters()).toEqual([
      { body, attributes: expect.objectContaining({ reason: 'NOT_AN_AUDIT_EVENT', tries: '1' }) },
    ]);
  });

  test('that cannot be sent leaves the event on the queue', async () => {
    const relay = await relayTo(await receiverOf(410), {
      keys: [KEY],
      deps: {
        sendMessage: async () => {
          throw new Error('SQS is down');
        },
      },
    });
    await relay.send(event('r-1'));
    expect((await relay.run()).response.batchItemFailures).toHaveLength(1);
    expect(relay.sqs.inspect('audit').inFlight).toHaveLength(1);
    expect(relay.log.at(-1)).toMatchObject({
      level: 'error',
      message: 'relay failed',
      correlation_id: 'correlation of r-1',
    });
  });
});

describe('the signing keys', () => {
  test('can be rotated while events flow', async () => {
    const receiver = await receiverOf(200);
    let nowMs = Date.now();
    const relay = await relayTo(receiver, {
      keys: [KEY],
      deps: { clock: { now: () => nowMs, sleep: async () => {} } },
    });
    const deliver = async (id: string) => {
      await relay.send(event(id));
      await relay.run();
      const received = receiver.tries.at(-1) as ReceivedTry;
      return [KEY, OTHER_KEY].map((key) => verifies(key, received));
    };
    expect(await deliver('r-1')).toEqual([true, false]);
    relay.setKeys(OTHER_KEY, KEY);
    // Within the five minutes that a receiver's library tolerates of a clock.
    nowMs += 4 * 60_000;
    expect(await deliver('r-2')).toEqual([true, true]);
    relay.setKeys(OTHER_KEY);
    relay.coldStart();
    expect(await deliver('r-3')).toEqual([false, true]);
  });

  test('may be ed25519 keys', async () => {
    const receiver = await receiverOf(200);
    const { privateKey } = generateKeyPairSync('ed25519');
    const { d = '' } = privateKey.export({ format: 'jwk' });
    const seed = Buffer.from(d, 'base64url').toString('base64');
    const relay = await relayTo(receiver, { keys: [KEY, `whsk_${seed}`] });
    await relay.send(event('r-1'));
    await relay.run();
    const [{ headers, body } = {} as never] = receiver.tries;
    const [v1, v1a] = String(headers['webhook-signature']).split(' ');
    expect(v1).toMatch(/^v1,/);
    expect(v1a).toMatch(/^v1a,/);
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    expect(
      verify(
        null,
        Buffer.from(signed),
        createPublicKey(privateKey),
        Buffer.from(v1a?.slice(4) ?? '', 'base64'),
      ),
    ).toBe(true);
  });

  test('that cannot be read hold the events back, and nothing goes out unsigned', async () => {
    const receiver = await receiverOf(200);
    let isDown = true;
    const relay = await relayTo(receiver, {
      deps: {
        getSecret: async () => {
          if (isDown) throw new Error('not authorized to perform secretsmanager:GetSecretValue');
          return { value: JSON.stringify({ keys: [KEY] }), versionId: '1', stages: [] };
        },
      },
    });
    await relay.send(event('r-1'));
    const { response, hiddenForSeconds } = await relay.run();
    expect(response.batchItemFailures).toHaveLength(1);
    expect(hiddenForSeconds).toEqual([30]);
    expect(receiver.tries).toEqual([]);
    isDown = false;
    expect((await relay.run()).response).toEqual({ batchItemFailures: [] });
    expect(verifies(KEY, receiver.tries[0] as ReceivedTry)).toBe(true);
  });

  test('that are all malformed hold the events back, and are named without their value', async () => {
    const receiver = await receiverOf(200);
    const relay = await relayTo(receiver, { keys: ['whsec_not*base64', 'letmein'] });
    await relay.send(event('r-1'));
    expect((await relay.run()).response.batchItemFailures).toHaveLength(1);
    expect(receiver.tries).toEqual([]);
    const log = JSON.stringify(relay.log);
    expect(log).toContain('key 1 of 2 is not base64');
    expect(log).toContain('key 2 of 2 begins with neither');
    expect(log).not.toMatch(/not\*base64"|letmein/);
  });

  const withoutKey: [string, Omit<StartRelayOptions, 'url'>][] = [
    ['no secret is configured', { secretId: undefined }],
    ['the secret has no value', {}],
    ['the secret has an empty list', { keys: [] }],
    ['the only key is too short', { keys: [`whsec_${Buffer.alloc(8, 1).toString('base64')}`] }],
  ];
  test.each(withoutKey)('hold the events back if %s', async (_, options) => {
    const receiver = await receiverOf(200);
    const relay = await relayTo(receiver, options);
    await relay.send(event('r-1'));
    const { response, hiddenForSeconds } = await relay.run();
    expect(response.batchItemFailures).toHaveLength(1);
    expect(hiddenForSeconds).toEqual([30]);
    expect(receiver.tries).toEqual([]);
    expect(relay.metrics).toContainEqual({
      name: 'EventsWaitingForKey',
      unit: 'Count',
      value: 1,
    });
    expect(relay.records.get('r-1')?.delivery).toMatchObject({ status: 'PENDING', attempts: 0 });
  });

  test.each(withoutKey.slice(0, 3))(
    'are not needed if %s and unsigned delivery is allowed',
    async (_, options) => {
      const receiver = await receiverOf(200);
      const relay = await relayTo(receiver, { ...options, allowUnsigned: true });
      await relay.send(event('r-1'));
      expect((await relay.run()).response).toEqual({ batchItemFailures: [] });
      expect(receiver.tries[0]?.headers).not.toHaveProperty('webhook-signature');
      expect(receiver.tries[0]?.headers['webhook-id']).toBe('evt_r-1');
    },
  );
});

describe('an event that no record vouches for', () => {
  test.each([
    ['its request has no record', async (relay: RelayUnderTest) => relay.forge(event('r-1'))],
    [
      'one byte was changed',
      async (relay: RelayUnderTest) => {
        await relay.send(event('r-2'));
        await relay.run();
        await relay.forge(event('r-2').replace('SUCCESS', 'PARTIAL'));
      },
    ],
    [
      'it has another event id',
      async (relay: RelayUnderTest) => {
        await relay.send(event('r-3'));
        await relay.run();
        await relay.forge(event('r-3'), { event_id: 'evt_r-4' });
      },
    ],
  ])('is neither signed nor posted because %s', async (_, send) => {
    const receiver = await receiverOf(200);
    const relay = await relayTo(receiver);
    await send(relay);
    const before = receiver.tries.length;
    expect((await relay.run()).response).toEqual({ batchItemFailures: [] });
    expect(receiver.tries).toHaveLength(before);
    expect(await relay.deadLetters()).toMatchObject([{ attributes: { reason: 'FORGED_EVENT' } }]);
    expect(relay.metrics).toContainEqual({ name: 'ForgedEvents', unit: 'Count', value: 1 });
  });

  test('waits while the table cannot be read', async () => {
    const receiver = await receiverOf(200);
    const relay = await relayTo(receiver, {
      keys: [KEY],
      deps: {
        records: {
          get: async () => {
            throw new Error('ProvisionedThroughputExceeded');
          },
          replace: async () => false,
        },
      },
    });
    await relay.send(event('r-1'));
    const { response, hiddenForSeconds } = await relay.run();
    expect(response.batchItemFailures).toHaveLength(1);
    expect(hiddenForSeconds).toEqual([30]);
    expect(receiver.tries).toEqual([]);
    expect(await relay.deadLetters()).toEqual([]);
  });
});

describe('the record', () => {
  test('shows each try and the delivery', async () => {
    const receiver = await receiverThat((response, _, index) =>
      response.writeHead(index < 1 ? 503 : 200).end(),
    );
    const relay = await relayTo(receiver);
    await relay.send(event('r-1'));
    await relay.run();
    expect(relay.records.get('r-1')?.delivery).toEqual({
      status: 'PENDING',
      attempts: 1,
      lastStatus: 503,
      lastError: 'the receiver responded with 503',
      nextAttemptAtMs: expect.any(Number),
    });
    await relay.run();
    expect(relay.records.get('r-1')?.delivery).toEqual({
      status: 'DELIVERED',
      attempts: 2,
      lastStatus: 200,
      deliveredAtMs: expect.any(Number),
    });
  });

  test('that says delivered spares the receiver a second copy of the message', async () => {
    const receiver = await receiverOf(200);
    const relay = await relayTo(receiver);
    await relay.send(event('r-1'));
    await relay.run();
    await relay.forge(event('r-1'));
    expect((await relay.run()).response).toEqual({ batchItemFailures: [] });
    expect(receiver.tries).toHaveLength(1);
  });

  test('shows that the event was given up', async () => {
    const relay = await relayTo(await receiverOf(410));
    await relay.send(event('r-1'));
    await relay.run();
    expect(relay.records.get('r-1')?.delivery).toMatchObject({
      status: 'GIVEN_UP',
      attempts: 1,
      lastStatus: 410,
    });
  });

  test('shows that there is no webhook', async () => {
    const relay = await relayTo(undefined);
    await relay.send(event('r-1'));
    await relay.run();
    expect(relay.records.get('r-1')?.delivery).toEqual({ status: 'NONE', attempts: 0 });
  });
});

describe('the relay', () => {
  test('without a webhook logs the results and acknowledges them', async () => {
    const relay = await relayTo(undefined);
    await relay.send(event('r-1'));
    expect((await relay.run()).response).toEqual({ batchItemFailures: [] });
    expect(relay.sqs.inspect('audit')).toEqual({ ready: [], inFlight: [] });
    expect(relay.log.at(-1)).toMatchObject({
      level: 'info',
      message: 'webhook not configured',
      request_id: 'r-1',
      correlation_id: 'correlation of r-1',
      result: auditEventOf('r-1').audit,
    });
    expect(relay.secretsManager.operations).toEqual([]);
  });

  test('hands a message back at once where its time would not do for a whole try', async () => {
    const receiver = await receiverOf(200);
    const relay = await relayTo(receiver);
    await relay.send(event('r-1'));
    const short = await relay.run(undefined, { getRemainingTimeInMillis: () => 17_000 });
    expect(short.response.batchItemFailures).toHaveLength(1);
    expect(short.hiddenForSeconds).toEqual([0]);
    expect(receiver.tries).toEqual([]);
    const long = await relay.run(undefined, { getRemainingTimeInMillis: () => 29_000 });
    expect(long.response).toEqual({ batchItemFailures: [] });
  });

  test('does not connect to a name that leads where webhooks may not go', async () => {
    const receiver = await receiverOf(200);
    const { port } = new URL(receiver.url);
    const relay = await startRelay({
      url: `https://hooks.example.com:${port}/hook`,
      keys: [KEY],
      deps: {
        lookup: createCheckedLookup({
          allowPrivate: false,
          resolve: (_, __, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
        }),
      },
    });
    toStop.push(relay);
    await relay.send(event('r-1'));
    expect((await relay.run()).hiddenForSeconds).toEqual([5]);
    expect(receiver.tries).toEqual([]);
    expect(relay.log.at(-1)).toMatchObject({
      message: 'relay failed',
      error:
        'no response: hooks.example.com resolves to a loopback address, which needs WEBHOOK_ALLOW_PRIVATE=true',
    });
  });

  test('connects to the address that was checked', async () => {
    const receiver = await receiverOf(200);
    const { port } = new URL(receiver.url);
    const asked: string[] = [];
    const relay = await startRelay({
      url: `http://localhost:${port}/hook`,
      keys: [KEY],
      deps: {
        lookup: createCheckedLookup({
          allowPrivate: false,
          resolve: (hostname, _, callback) => {
            asked.push(hostname);
            // A second query would get another response.
            const address = asked.length === 1 ? '127.0.0.1' : '169.254.169.254';
            callback(null, [{ address, family: 4 }]);
          },
        }),
      },
    });
    toStop.push(relay);
    await relay.send(event('r-1'));
    expect((await relay.run()).response).toEqual({ batchItemFailures: [] });
    expect(asked).toEqual(['localhost']);
    expect(receiver.tries).toHaveLength(1);
  });

  test('writes neither keys, nor signatures, nor the path of the webhook into its log', async () => {
    const receiver = await receiverThat((response, _, index) =>
      index % 2 === 0 ? response.destroy() : response.writeHead(500).end('very personal'),
    );
    const relay = await startRelay({
      url: `${receiver.url}/T0KEN-in-path?token=T0KEN-in-query`,
      keys: [KEY, 'whsec_T0KEN'],
    });
    toStop.push(relay);
    await relay.send(event('r-1'));
    await relay.run();
    await relay.run();
    expect(receiver.tries).toHaveLength(2);
    const log = JSON.stringify(relay.log);
    expect(log).toContain('relay failed');
    expect(log).not.toMatch(/T0KEN|v1,|very personal/);
    expect(log).not.toContain(KEY.slice(6));
  });
});

describe('the sample events', () => {
  const sample = (name: string): SQSEvent =>
    JSON.parse(readFileSync(new URL(`../../events/${name}`, import.meta.url), 'utf8'));

  test('of a batch are audit events, and are delivered', async () => {
    const receiver = await receiverOf(204);
    const relay = await relayTo(receiver);
    const batch = sample('sqs.audit-batch.json');
    for (const { body } of batch.Records) auditEvent.parse(JSON.parse(body));
    relay.vouchFor(batch);
    expect((await relay.run(() => batch)).response).toEqual({ batchItemFailures: [] });
    expect(receiver.tries.map(({ body }) => body).sort()).toEqual(
      batch.Records.map(({ body }) => body).sort(),
    );
    expect(receiver.tries.every((received) => verifies(KEY, received))).toBe(true);
  });

  test('of a last try end in the dead-letter queue where that fails too', async () => {
    const now = () => Date.parse('2026-11-22T15:29:40.120Z');
    const relay = await relayTo(await receiverOf(500), {
      keys: [KEY],
      deps: { clock: { now, sleep: async () => {} } },
    });
    const batch = sample('sqs.audit-last-try.json');
    relay.vouchFor(batch);
    expect((await relay.run(() => batch)).response).toEqual({ batchItemFailures: [] });
    const [letter] = await relay.deadLetters();
    expect(letter).toMatchObject({
      body: batch.Records[0]?.body,
      attributes: { reason: 'DELIVERY_GIVEN_UP', tries: '13' },
    });
  });

  test('with a message that is not ours sort it out, and deliver the redriven event beside it', async () => {
    const receiver = await receiverOf(204);
    const relay = await relayTo(receiver);
    const batch = sample('sqs.audit-not-an-event.json');
    relay.vouchFor(batch);
    expect((await relay.run(() => batch)).response).toEqual({ batchItemFailures: [] });
    expect(receiver.tries.map(({ headers }) => headers['webhook-id'])).toEqual([
      expect.stringMatching(/^evt_.*_r1$/),
    ]);
    expect((await relay.deadLetters()).map(({ body }) => body)).toEqual([batch.Records[0]?.body]);
  });
});

describe('a 204 with chunked framing', () => {
  test('counts as delivered, and the next event is delivered as well', async () => {
    const receiver = await receiverThat((response) => {
      response.socket?.write(
        'HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      );
    });
    const relay = await relayTo(receiver);
    for (const id of ['r-1', 'r-2']) {
      await relay.send(event(id));
      expect((await relay.run()).response).toEqual({ batchItemFailures: [] });
    }
    expect(new Set(receiver.tries.map(({ headers }) => headers['webhook-id']))).toEqual(
      new Set(['evt_r-1', 'evt_r-2']),
    );
  });
});
