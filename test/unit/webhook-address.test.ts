import type { LookupAddress } from 'node:dns';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, readRelayConfig } from '../../lib/config.ts';
import { createCheckedLookup } from '../../lib/webhook/checked-lookup.ts';
import { classifyAddress } from '../../lib/webhook/classify-address.ts';
import { parseWebhookUrl } from '../../lib/webhook/webhook-url.ts';

describe('the class of an address', () => {
  test.each([
    ['public', ['8.8.8.8', '172.15.255.255', '172.32.0.1', '100.63.0.1', '192.0.1.1', '2a00::1']],
    ['public', ['2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '198.17.255.255']],
    ['loopback', ['127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1']],
    ['private', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1']],
    ['private', ['fc00::1', 'fdff::1', '::ffff:10.0.0.1', '64:ff9b::a00:1', '198.18.0.1']],
    ['forbidden', ['169.254.169.254', '169.254.170.2', '0.0.0.0', '0.1.2.3', '224.0.0.1']],
    ['forbidden', ['255.255.255.255', '240.0.0.1', '192.0.0.192', '192.0.2.1', '203.0.113.1']],
    ['forbidden', ['::', 'fe80::1', 'fe80::1%eth0', 'ff02::1', 'fec0::1', 'fd00:ec2::254']],
    ['forbidden', ['::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '64:ff9b::169.254.169.254']],
    ['forbidden', ['2001:db8::1', '2002:7f00:1::', '2001::1', '::10.0.0.1', '64:ff9b::7f00:1']],
    ['forbidden', ['64:ff9b:1::1', '100::1', '4000::1', 'not an address', '']],
  ])('is %s for %j', (kind, addresses) => {
    expect(addresses.map((address) => [address, classifyAddress(address)])).toEqual(
      addresses.map((address) => [address, kind]),
    );
  });
});

describe('EXTERNAL_WEBHOOK_URL', () => {
  test.each([
    'https://hooks.example.com/path?x=1',
    'https://8.8.8.8/',
    'http://127.0.0.1:4011/webhook',
    'http://127.1:4011/',
    'http://localhost:4011/',
    'http://[::1]:4011/',
    'https://localhost/',
  ])('may be %s', (url) => {
    expect(parseWebhookUrl(url, false).href).toBe(new URL(url).href);
  });

  test.each([
    ['http://hooks.example.com/', 'must be https, except to a loopback address'],
    ['http://10.0.0.1/', 'must be https, except to a loopback address'],
    ['http://localhost.example.com/', 'must be https'],
    ['ftp://127.0.0.1/', 'must be an https URL'],
    ['hooks.example.com', 'must be an https URL'],
    ['https://', 'must be an https URL'],
    ['https://user:pw@hooks.example.com/', 'must not contain credentials'],
    ['https://user@hooks.example.com/', 'must not contain credentials'],
    ['https://169.254.169.254/latest/meta-data', 'points to an address that is never allowed'],
    ['https://0xa9fea9fe/', 'points to an address that is never allowed'],
    ['https://[::ffff:169.254.169.254]/', 'points to an address that is never allowed'],
    ['https://0.0.0.0/', 'points to an address that is never allowed'],
    ['http://0.0.0.0/', 'must be https'],
    ['https://10.0.0.1/', 'points to a private address, which needs WEBHOOK_ALLOW_PRIVATE=true'],
    ['https://[fd12::1]/', 'points to a private address'],
  ])('may not be %s', (url, why) => {
    expect(() => parseWebhookUrl(url, false)).toThrow(why);
  });

  test('may be private where that is allowed, and link-local never', () => {
    expect(parseWebhookUrl('https://10.0.0.1/', true).hostname).toBe('10.0.0.1');
    expect(() => parseWebhookUrl('https://169.254.169.254/', true)).toThrow('never allowed');
    expect(() => parseWebhookUrl('https://[fd00:ec2::254]/', true)).toThrow('never allowed');
  });

  const queues = {
    REQUESTS_TABLE_NAME: 'requests',
    AUDIT_QUEUE_URL: 'http://127.0.0.1:1/000000000000/audit',
    AUDIT_DLQ_URL: 'http://127.0.0.1:1/000000000000/audit-dlq',
  };

  test('stops the relay at start where it is wrong, with one line that does not repeat it', () => {
    const read = () =>
      readRelayConfig({ ...queues, EXTERNAL_WEBHOOK_URL: 'http://hooks.example.com/T0/secret' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(
      /^Configuration: EXTERNAL_WEBHOOK_URL must be https, except to a loopback address$/,
    );
  });

  test('may be left empty', () => {
    expect(
      readRelayConfig({ ...queues, EXTERNAL_WEBHOOK_URL: '' }).EXTERNAL_WEBHOOK_URL,
    ).toBeUndefined();
  });
});

describe('the name resolution of the relay', () => {
  const v4 = (address: string): LookupAddress => ({ address, family: 4 });

  function lookUp(
    hostname: string,
    found: LookupAddress[] | Error,
    { allowPrivate = false, all = true } = {},
  ): Promise<unknown> {
    const lookup = createCheckedLookup({
      allowPrivate,
      resolve: (_, __, callback) => {
        if (found instanceof Error) callback(found, []);
        else callback(null, found);
      },
    });
    return new Promise((resolve, reject) => {
      lookup(hostname, { all }, (error, address, family) => {
        if (error) reject(error);
        else resolve(all ? address : [address, family]);
      });
    });
  }

  test('gives out public addresses, in the form that was asked for', async () => {
    const found = [v4('8.8.8.8'), v4('9.9.9.9')];
    expect(await lookUp('hooks.example.com', found)).toEqual(found);
    expect(await lookUp('hooks.example.com', found, { all: false })).toEqual(['8.8.8.8', 4]);
  });

  test('leaves out the addresses where webhooks may not go', async () => {
    const found = [v4('169.254.169.254'), v4('10.0.0.1'), v4('127.0.0.1'), v4('8.8.8.8')];
    expect(await lookUp('hooks.example.com', found)).toEqual([v4('8.8.8.8')]);
    expect(await lookUp('hooks.example.com', found, { allowPrivate: true })).toEqual(
      found.slice(1),
    );
  });

  test.each([
    ['10.0.0.1', 'a private address, which needs WEBHOOK_ALLOW_PRIVATE=true'],
    ['127.0.0.1', 'a loopback address, which needs WEBHOOK_ALLOW_PRIVATE=true'],
    ['169.254.169.254', 'an address that is never allowed'],
  ])('refuses a name that leads to %s', async (address, why) => {
    await expect(lookUp('hooks.example.com', [v4(address)])).rejects.toThrow(
      `hooks.example.com resolves to ${why}`,
    );
  });

  test('refuses a localhost that is not loopback', async () => {
    expect(await lookUp('localhost', [v4('127.0.0.1')])).toEqual([v4('127.0.0.1')]);
    await expect(lookUp('localhost', [v4('8.8.8.8')], { allowPrivate: true })).rejects.toThrow(
      'localhost resolves to an address that is not loopback',
    );
  });

  test('passes on what the resolver says', async () => {
    await expect(lookUp('nowhere.example', new Error('ENOTFOUND'))).rejects.toThrow('ENOTFOUND');
    await expect(lookUp('nowhere.example', [])).rejects.toThrow('resolves to no address');
  });
});
