import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { callerIdOf } from '../../lib/aws/caller-id.ts';
import { HttpError, type SendHttp } from '../../lib/http/send-http.ts';
import { createLogger } from '../../lib/logger.ts';
import { PLATFORM_CONVERSATION } from '../../local/genesys/sample-organisation.ts';
import { type AdderUnderTest, startAdder } from '../support/start-adder.ts';
import { eventWithBody, startIntake } from '../support/start-intake.ts';
import { auditEventOf, startRelay } from '../support/start-relay.ts';
import { httpEvent, startRequests } from '../support/start-requests.ts';

const ADDRESSES = ['+15551234567', 'sip:ann.other@b.example', '+19005551234', 'tel:+15557654321'];
/** What of them must be in no line. */
const SECRET_PARTS = /5551234567|ann\.other|9005551234|5557654321/;

const lines: string[] = [];
let restore: () => void;
beforeEach(() => {
  lines.length = 0;
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation((chunk) => {
      lines.push(String(chunk));
      return true;
    }),
  );
  restore = () => {
    for (const spy of spies) spy.mockRestore();
  };
});
afterEach(() => restore());

/** The lines about something, each without an address. */
function expectMasked(...messages: string[]) {
  restore();
  const logged = lines.filter((line) => line.startsWith('{'));
  for (const message of messages) {
    expect(logged.map((line) => JSON.parse(line).message)).toContain(message);
  }
  expect(logged.filter((line) => SECRET_PARTS.test(line))).toEqual([]);
}

const participants = (...addresses: string[]) =>
  addresses.map((address) => ({ address, role: 'customer' }));

test('intake logs no address of what it accepts, refuses or cannot queue', async () => {
  const log = createLogger('intake');
  const accepting = startIntake({ log });
  await accepting.send(eventWithBody({ participants: participants('+15551234567') }));
  await accepting.send(eventWithBody({ participants: participants(...ADDRESSES) }));
  const failing = startIntake({
    log,
    sendMessage: async ({ body }) => {
      throw new Error(`SQS refuses ${body}`);
    },
  });
  await failing.send(eventWithBody({ participants: participants('+15551234567') }));
  expectMasked('accepted', 'refused');
});

test('the adder logs no address, neither in results nor in what Genesys Cloud says about it', async () => {
  const log = createLogger('adder');
  let adder: AdderUnderTest | undefined;
  try {
    adder = await startAdder({
      logTo: log,
      sendHttp: (send) => async (request) => {
        const response = await send(request);
        if (!request.url.includes('/participants/user/')) return response;
        const message = `15551234567, +15551234567 and ${ADDRESSES[1]} cannot be dialed: ${request.body}`;
        const body = JSON.stringify({ code: 'bad.request', status: 400, message });
        return { ...response, status: 400, body };
      },
    });
    await adder.settleInTheEnd({
      conversationId: PLATFORM_CONVERSATION,
      participants: participants('+15551234567'),
    });
    await adder.settle({ conversationId: PLATFORM_CONVERSATION, participants: ADDRESSES });
  } finally {
    await adder?.stop();
  }
  expectMasked('result');
});

/** An event about people with these addresses, as the adder writes it. */
const eventAbout = (id: string, error?: string) =>
  JSON.stringify(
    auditEventOf(id, {
      ...(error === undefined ? {} : { error }),
      participants: ADDRESSES.map((address) => ({
        address,
        role: 'customer' as const,
        outcome: 'ADDED' as const,
        detail: `${address} was rung`,
      })),
    }),
  );
const EVENTS = ['a', 'b', 'c'].map((end) => `b0a7ca11-0000-4000-8000-00000000000${end}`) as [
  string,
  string,
  string,
];

test('the relay logs no address of what it delivers, cannot deliver or refuses', async () => {
  const log = createLogger('relay');
  const text = `unknown customers ${ADDRESSES.join(' ')}`;
  const responses: SendHttp[] = [
    async () => ({ status: 400, headers: { location: text }, body: text, truncated: false }),
    async () => {
      throw new HttpError('connection', text, { cause: new Error(`altnames: ${text}`) });
    },
    async () => ({ status: 204, headers: {}, body: text, truncated: false }),
  ];
  const sendHttp: SendHttp = (request) => (responses.shift() as SendHttp)(request);
  const relay = await startRelay({
    url: 'https://receiver.example/hook',
    allowUnsigned: true,
    deps: { log, sendHttp },
  });
  try {
    for (const id of EVENTS) await relay.send(eventAbout(id, text));
    await relay.forge(eventAbout('b0a7ca11-0000-4000-8000-00000000000d', text));
    await relay.forge(`not an event: ${text}`);
    await relay.run();
    expect(responses).toEqual([]);
  } finally {
    await relay.stop();
  }
  expectMasked('relay failed', 'relayed', 'dead-lettered');
  expect(lines.join('')).toContain('+15***67');
});

test('the relay logs no address where there is no webhook, or no table or queue', async () => {
  const log = createLogger('relay');
  const relay = await startRelay({ url: undefined, deps: { log } });
  const failing = await startRelay({
    url: 'https://receiver.example/hook',
    allowUnsigned: true,
    deps: {
      log,
      records: {
        get: async () => {
          throw new Error(`no item ${eventAbout(EVENTS[0])}`);
        },
        replace: async () => true,
      },
      sendMessage: async ({ body }) => {
        throw new Error(`cannot send ${body}`);
      },
    },
  });
  try {
    await relay.send(eventAbout(EVENTS[0]));
    await relay.run();
    await failing.forge(eventAbout(EVENTS[0]));
    await failing.forge(`not an event: ${ADDRESSES.join(' ')}`);
    await failing.run();
  } finally {
    await relay.stop();
    await failing.stop();
  }
  expectMasked('webhook not configured', 'record not readable', 'relay failed');
  expect(lines.join('')).toContain('was rung');
});

test('follow-up logs no address of whom it watches, nor what the platform says about it', async () => {
  const log = createLogger('follow-up');
  const adder = await startAdder({ logTo: log, watchConnections: true });
  try {
    await adder.settle({
      conversationId: PLATFORM_CONVERSATION,
      participants: participants('+15551234567'),
    });
    await adder.deliverWatches();
  } finally {
    await adder.stop();
  }
  expectMasked('result', 'connection');
  expect(lines.join('')).toContain('+15');
});

test('the requests function logs no address of what it cancels or cannot read', async () => {
  const log = createLogger('requests');
  const requests = startRequests({ log });
  const record = await requests.create({
    callerId: callerIdOf({ identity: ['iam', 'arn:aws:iam::123456789012:user/ann'] }),
    participants: [{ address: '+15551234567', role: 'customer' }],
  });
  await requests.send(httpEvent('DELETE', `/requests/${record.requestId}`));
  const broken = startRequests({
    log,
    records: {
      ...requests.records,
      get: async () => {
        throw new Error(`cannot read ${JSON.stringify(record)}`);
      },
    },
  });
  await broken.send(httpEvent('GET', `/requests/${record.requestId}`));
  expectMasked('cancelled', 'table failed');
});
