import { describe, expect, test } from '@jest/globals';
import { readSettings } from '../../local/system/read-settings.ts';

const LIVE = { GENESYS_ENV: 'us-east-1', GENESYS_CLIENT_ID: 'id', GENESYS_CLIENT_SECRET: 'secret' };

const keyOf = (text: string) => `whsec_${Buffer.from(text.repeat(6)).toString('base64')}`;
const ONE = keyOf('one ');
const TWO = keyOf('two ');

describe('with nothing set', () => {
  test('the stand-in and our receiver are used, with a key that the reference package takes', () => {
    const settings = readSettings({});

    expect(settings).toEqual({
      ports: { api: 3000, sqs: 0, secretsManager: 0, dynamoDb: 0, genesys: 0, webhook: 0 },
      signingKeys: [expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/)],
      isSigningKeyGenerated: true,
      auth: 'none',
      folder: '.local',
    });
    expect(readSettings({}).signingKeys).not.toEqual(settings.signingKeys);
  });

  test('a variable that is empty counts as one that is not set', () => {
    const empty = Object.fromEntries(
      [...Object.keys(LIVE), 'PORT', 'EXTERNAL_WEBHOOK_URL', 'WEBHOOK_SIGNING_KEY'].map((name) => [
        name,
        ' ',
      ]),
    );

    expect(readSettings(empty)).toMatchObject({
      ports: { api: 3000 },
      isSigningKeyGenerated: true,
      auth: 'none',
    });
    expect(readSettings(empty)).not.toHaveProperty('genesys');
    expect(readSettings(empty)).not.toHaveProperty('webhookUrl');
  });
});

describe('what is set is used', () => {
  test('ports, Genesys Cloud, the receiver and several signing keys', () => {
    expect(
      readSettings({
        ...LIVE,
        PORT: '0',
        SQS_PORT: '4566',
        SECRETS_PORT: '4567',
        DYNAMODB_PORT: '4570',
        GENESYS_PORT: '4568',
        WEBHOOK_PORT: '4569',
        EXTERNAL_WEBHOOK_URL: 'https://example.com/hook',
        WEBHOOK_SIGNING_KEY: `${ONE}, ${TWO}`,
        LOCAL_FOLDER: '.local/two',
      }),
    ).toEqual({
      ports: {
        api: 0,
        sqs: 4566,
        secretsManager: 4567,
        dynamoDb: 4570,
        genesys: 4568,
        webhook: 4569,
      },
      genesys: { environment: 'us-east-1', clientId: 'id', clientSecret: 'secret' },
      webhookUrl: 'https://example.com/hook',
      signingKeys: [ONE, TWO],
      isSigningKeyGenerated: false,
      auth: 'none',
      folder: '.local/two',
    });
  });

  test.each(['mypurecloud.ie', 'http://127.0.0.1:4010'])('Genesys Cloud at %s', (environment) => {
    expect(readSettings({ ...LIVE, GENESYS_ENV: environment }).genesys?.environment).toBe(
      environment,
    );
  });
});

describe('what cannot be used is refused in one line that names the variable', () => {
  test.each([
    ['PORT', { PORT: 'http' }],
    ['SQS_PORT', { SQS_PORT: '65536' }],
    ['GENESYS_ENV', { ...LIVE, GENESYS_ENV: 'mars-1' }],
    ['GENESYS_CLIENT_ID and GENESYS_CLIENT_SECRET', { GENESYS_ENV: 'us-east-1' }],
    ['GENESYS_CLIENT_SECRET', { ...LIVE, GENESYS_CLIENT_SECRET: '' }],
    ['EXTERNAL_WEBHOOK_URL', { EXTERNAL_WEBHOOK_URL: 'http://example.com/hook' }],
    ['LOCAL_AUTH', { LOCAL_AUTH: 'basic' }],
    ['EXTERNAL_WEBHOOK_URL', { EXTERNAL_WEBHOOK_URL: 'https://10.0.0.1/hook' }],
  ])('%s', (name, environment) => {
    const read = () => readSettings(environment);

    expect(read).toThrow(expect.objectContaining({ name: 'UserError' }));
    expect(read).toThrow(new RegExp(`^${name} [^\n]*$`));
  });

  test('a private receiver is taken where that is allowed', () => {
    const environment = {
      EXTERNAL_WEBHOOK_URL: 'https://10.0.0.1/hook',
      WEBHOOK_ALLOW_PRIVATE: 'true',
    };

    expect(readSettings(environment).webhookUrl).toBe('https://10.0.0.1/hook');
  });
});

test('a signing key that cannot be used is refused at start, without its value', () => {
  const settings = () => readSettings({ WEBHOOK_SIGNING_KEY: 'hunter2' });
  expect(settings).toThrow(/^WEBHOOK_SIGNING_KEY: key 1 of 1 /);
  expect(settings).not.toThrow(/hunter2/);
});

test('a port that is asked for twice is refused, and any free one may be asked for as often', () => {
  expect(() => readSettings({ PORT: '4000', SQS_PORT: '4000' })).toThrow(
    /^Port 4000 is asked for twice/,
  );
  expect(readSettings({ PORT: '0', SQS_PORT: '0' }).ports).toMatchObject({ api: 0, sqs: 0 });
});
