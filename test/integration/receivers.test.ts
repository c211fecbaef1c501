import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { auditEventOf, type RelayUnderTest, startRelay } from '../support/start-relay.ts';

const KEY = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
const OTHER_KEY = `whsec_${Buffer.alloc(24, 2).toString('base64')}`;

const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) {
  process.stderr.write('SKIPPED: the receiver in Python is not tested, there is no python3 here\n');
}
const receivers = [
  ['TypeScript', [process.execPath, 'docs/receivers/receiver.ts']],
  ...(hasPython ? [['Python', ['python3', 'docs/receivers/receiver.py']] as const] : []),
] as const;

interface ReceiverProcess {
  url: string;
  lines: string[];
  child: ChildProcess;
}

let receiver: ReceiverProcess | undefined;
let relay: RelayUnderTest | undefined;

afterEach(async () => {
  const child = receiver?.child;
  receiver = undefined;
  if (child && child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;
  }
  await relay?.stop();
  relay = undefined;
});

/** The receiver of the documentation, in its own process. */
async function start([command, file]: readonly [string, string], key: string): Promise<string> {
  const child = spawn(command, [file], {
    env: { PATH: process.env.PATH, WEBHOOK_KEY: key, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  receiver = { url: '', lines, child };
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('close', (code) => reject(new Error(`the receiver ended with ${code}: ${errors}`)));
    let out = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
      const whole = out.split('\n');
      out = whole.pop() ?? '';
      lines.push(...whole);
      const url = lines[0]?.replace('listening on ', '');
      if (url) resolve(url);
    });
  });
}

async function deliver(url: string, keys: string[], ...requestIds: string[]): Promise<number[]> {
  relay = await startRelay({ url, keys, allowUnsigned: keys.length === 0 });
  const failures: number[] = [];
  for (const requestId of requestIds) {
    await relay.send(JSON.stringify(auditEventOf(requestId, { error: 'é 日本' })));
    failures.push((await relay.run()).response.batchItemFailures.length);
  }
  return failures;
}

/** The receiver's output, once it has so many lines: they arrive later than its responses. */
async function linesOf(count: number): Promise<string[]> {
  while ((receiver?.lines.length ?? 0) < count) await delay(10);
  return receiver?.lines ?? [];
}

const statusOfLastFailure = () =>
  relay?.log.findLast(({ message }) => message === 'relay failed')?.status_code;

describe.each(receivers)('the receiver in %s that the documentation has', (language, command) => {
  test('handles a signed event once and accepts its second delivery', async () => {
    const url = await start(command, KEY);
    expect(await deliver(url, [KEY], 'r-1', 'r-1', 'r-2')).toEqual([0, 0, 0]);
    expect(await linesOf(4)).toEqual([
      expect.stringMatching(/^listening on /),
      'evt_r-1 participant_added SUCCESS conversation 2e8c2d0b-5a1f-4f3e-9a53-6f0f5c1e7a01',
      'evt_r-1 again',
      'evt_r-2 participant_added SUCCESS conversation 2e8c2d0b-5a1f-4f3e-9a53-6f0f5c1e7a01',
    ]);
  });

  test('accepts events during a key rotation, whichever side changes first', async () => {
    const url = await start(command, OTHER_KEY);
    expect(await deliver(url, [KEY, OTHER_KEY], 'r-1')).toEqual([0]);
  });

  test('refuses events that are signed with another key or unsigned', async () => {
    const url = await start(command, KEY);
    expect(await deliver(url, [OTHER_KEY], 'r-1')).toEqual([1]);
    expect(statusOfLastFailure()).toBe(401);
    await relay?.stop();
    expect(await deliver(url, [], 'r-1')).toEqual([1]);
    expect(statusOfLastFailure()).toBe(401);
    expect(await linesOf(1)).toHaveLength(1);
  });

  test('refuses a replayed old delivery and one without a timestamp', async () => {
    const url = await start(command, KEY);
    const post = async (timestamp: string) => {
      const signature = createHmac('sha256', Buffer.alloc(24, 1))
        .update(`evt_1.${timestamp}.{}`)
        .digest('base64');
      const response = await fetch(url, {
        method: 'POST',
        body: '{}',
        headers: {
          'webhook-id': 'evt_1',
          'webhook-timestamp': timestamp,
          'webhook-signature': `v1,${signature}`,
        },
      });
      return response.status;
    };
    expect(await post(String(Math.floor(Date.now() / 1000) - 301))).toBe(400);
    expect(await post(String(Math.floor(Date.now() / 1000) + 301))).toBe(400);
    expect(await post('soon')).toBe(400);
  });

  test('reads a body that is sent in chunks', async () => {
    const url = await start(command, KEY);
    const body = JSON.stringify(auditEventOf('r-1', { error: 'é 日本' }));
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac('sha256', Buffer.alloc(24, 1))
      .update(`evt_r-1.${timestamp}.${body}`)
      .digest('base64');

    const response = await fetch(url, {
      method: 'POST',
      // A stream has no length, so fetch sends it in chunks.
      body: new Blob([body.slice(0, 100), body.slice(100)]).stream(),
      duplex: 'half',
      headers: {
        'webhook-id': 'evt_r-1',
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      },
    } as RequestInit);

    expect(response.status).toBe(204);
  });

  test.each(language === 'Python' ? ['whpk_AAAA', 'whsk_AAAA'] : ['whsk_AAAA'])(
    'refuses %s, a key that it cannot verify with, by name',
    async (key) => {
      await expect(start(command, `${KEY} ${key}`)).rejects.toThrow(
        new RegExp(`${key.slice(0, 5)}.*whsec_`, 's'),
      );
    },
  );

  if (language === 'TypeScript') {
    test('verifies ed25519 signatures with the public key', async () => {
      const { privateKey } = generateKeyPairSync('ed25519');
      const { d = '', x = '' } = privateKey.export({ format: 'jwk' });
      const standard = (text: string) => Buffer.from(text, 'base64url').toString('base64');
      const url = await start(command, `whpk_${standard(x)}`);
      expect(await deliver(url, [KEY, `whsk_${standard(d)}`], 'r-1')).toEqual([0]);
      await relay?.stop();
      expect(await deliver(url, [KEY], 'r-2')).toEqual([1]);
    });
  }
});
