import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { signWebhook } from '../../lib/webhook/sign-webhook.ts';
import { parseSigningKeys, type SigningKey } from '../../lib/webhook/signing-keys.ts';

// In two parts, so that secret scanners do not take the published key for one of ours.
const GOLDEN_KEY = ['whsec', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'].join('_');

/** RFC 8032, section 7.1, test 1: a seed, its public key, and the signature of the empty message. */
const RFC_8032 = {
  seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
  publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
};

function keysOf(...values: string[]): SigningKey[] {
  const { keys, problems } = parseSigningKeys(JSON.stringify({ keys: values }));
  expect(problems).toEqual([]);
  return keys;
}

const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');

describe('signing a webhook', () => {
  test('gives the golden vector of Standard Webhooks', () => {
    const content = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampSeconds: 1614265330,
      body: '{"test": 2432232314}',
    };
    expect(signWebhook(content, keysOf(GOLDEN_KEY))).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  test('is accepted by the standardwebhooks package, whatever the body', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.uint8Array({ minLength: 24, maxLength: 64 }),
        (text, secret) => {
          const key = `whsec_${Buffer.from(secret).toString('base64')}`;
          const timestampSeconds = Math.floor(Date.now() / 1000);
          const body = JSON.stringify({ text });
          const signature = signWebhook({ id: 'evt_1', timestampSeconds, body }, keysOf(key));
          expect(
            new Webhook(key).verify(body, {
              'webhook-id': 'evt_1',
              'webhook-timestamp': String(timestampSeconds),
              'webhook-signature': signature,
            }),
          ).toEqual({ text });
        },
      ),
    );
  });

  test('signs once with each key, so that a receiver with any one of them can verify', () => {
    const other = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
    const asymmetric = `whsk_${base64(RFC_8032.seed)}`;
    const content = { id: 'evt_1', timestampSeconds: 1, body: '{}' };
    const signatures = signWebhook(content, keysOf(GOLDEN_KEY, asymmetric, other)).split(' ');
    expect(signatures).toEqual([
      signWebhook(content, keysOf(GOLDEN_KEY)),
      signWebhook(content, keysOf(asymmetric)),
      signWebhook(content, keysOf(other)),
    ]);
    expect(signatures.map((signature) => signature.split(',')[0])).toEqual(['v1', 'v1a', 'v1']);
  });

  test('signs v1a with ed25519 over the same content, for the public key that RFC 8032 gives', () => {
    const content = { id: 'evt_1', timestampSeconds: 1614265330, body: '{"é":1}' };
    const [scheme, signature] = signWebhook(content, keysOf(`whsk_${base64(RFC_8032.seed)}`)).split(
      ',',
    );
    const publicKey = createPublicKey({
      format: 'jwk',
      key: {
        kty: 'OKP',
        crv: 'Ed25519',
        x: Buffer.from(RFC_8032.publicKey, 'hex').toString('base64url'),
      },
    });
    expect(scheme).toBe('v1a');
    const signed = Buffer.from('evt_1.1614265330.{"é":1}');
    expect(verify(null, signed, publicKey, Buffer.from(signature ?? '', 'base64'))).toBe(true);
    expect(
      verify(
        null,
        Buffer.concat([signed, Buffer.from(' ')]),
        publicKey,
        Buffer.from(signature ?? '', 'base64'),
      ),
    ).toBe(false);
  });
});

describe('the keys of the signing secret', () => {
  test('are whsec_ and whsk_ keys, the latter with or without their public half', () => {
    const seed = base64(RFC_8032.seed);
    const both = base64(RFC_8032.seed + RFC_8032.publicKey);
    expect(keysOf(GOLDEN_KEY, `whsk_${seed}`, `whsk_${both}`).map((key) => key.scheme)).toEqual([
      'v1',
      'v1a',
      'v1a',
    ]);
  });

  test('may be an empty list', () => {
    expect(parseSigningKeys('{"keys": []}')).toEqual({ keys: [], problems: [] });
  });

  test('of 64 bytes sign as the same keys of 32 do', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const { d = '', x = '' } = privateKey.export({ format: 'jwk' });
    const seed = Buffer.from(d, 'base64url');
    const both = Buffer.concat([seed, Buffer.from(x, 'base64url')]);
    const content = { id: 'evt_1', timestampSeconds: 1, body: '{}' };
    expect(signWebhook(content, keysOf(`whsk_${both.toString('base64')}`))).toBe(
      signWebhook(content, keysOf(`whsk_${seed.toString('base64')}`)),
    );
  });

  test.each([
    ['not a string', 42, 'is not a string'],
    ['no prefix', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'begins with neither whsec_ nor whsk_'],
    ['a public key', 'whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'is a public key'],
    ['no base64', 'whsec_Mf*Q9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'is not base64 after whsec_'],
    ['a blank at its end', `${GOLDEN_KEY}\n`, 'is not base64'],
    ['nothing', 'whsec_', 'is not base64 after whsec_'],
    ['a short private key', `whsk_${Buffer.alloc(31).toString('base64')}`, 'has 31 bytes'],
    [
      'halves that do not match',
      `whsk_${Buffer.alloc(64, 1).toString('base64')}`,
      'carries a public key that does not belong to its private key',
    ],
  ])('with %s: named by position, without the value, and the others are kept', (_, bad, why) => {
    const parsed = parseSigningKeys(JSON.stringify({ keys: [GOLDEN_KEY, bad] }));
    expect(parsed.keys).toHaveLength(1);
    expect(parsed.problems).toEqual([expect.stringMatching(/^key 2 of 2 /)]);
    expect(parsed.problems[0]).toContain(why);
    if (typeof bad === 'string' && bad.length > 8) {
      expect(parsed.problems[0]).not.toContain(bad.slice(6, 20));
    }
  });

  test('shorter than the standard requires are not used', () => {
    const parsed = parseSigningKeys(
      JSON.stringify({ keys: [`whsec_${Buffer.alloc(8, 1).toString('base64')}`] }),
    );
    expect(parsed).toEqual({
      keys: [],
      problems: ['key 1 of 1 has 8 bytes; at least 24 are needed'],
    });
  });

  test.each(['', 'null', '[]', '{}', '{"keys": "whsec_x"}', GOLDEN_KEY])(
    'cannot be read from %j, which is not repeated',
    (text) => {
      expect(parseSigningKeys(text)).toEqual({
        keys: [],
        problems: ['it is not {"keys": ["whsec_…", …]}'],
      });
    },
  );
});

test('the lines in docs/delivery.md that verify ed25519 accept our signature, and no other', async () => {
  const page = await readFile(new URL('../../docs/delivery.md', import.meta.url), 'utf8');
  const [, lines = ''] = /^```js\n(.*?)^```$/ms.exec(page) ?? [];
  const folder = await mkdtemp(join(tmpdir(), 'verify-'));
  try {
    await writeFile(join(folder, 'verify.mjs'), lines);
    const { verifyEd25519 } = await import(join(folder, 'verify.mjs'));
    const body = Buffer.from('{"event":"participant_added","name":"Zoë"}');
    const content = { id: 'evt_1', timestampSeconds: 1_795_361_380, body: body.toString() };
    const keys = keysOf(GOLDEN_KEY, `whsk_${base64(RFC_8032.seed)}`);
    const headers = {
      'webhook-id': content.id,
      'webhook-timestamp': String(content.timestampSeconds),
      'webhook-signature': signWebhook(content, keys),
    };
    const key = `whpk_${base64(RFC_8032.publicKey)}`;
    expect(verifyEd25519(key, headers, body)).toBe(true);
    expect(verifyEd25519(key, headers, Buffer.from('{}'))).toBe(false);
    expect(verifyEd25519(key, { ...headers, 'webhook-id': 'evt_2' }, body)).toBe(false);
    expect(verifyEd25519(key, { ...headers, 'webhook-signature': 'v1,AAAA' }, body)).toBe(false);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
