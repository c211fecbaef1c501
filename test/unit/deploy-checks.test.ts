import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { findResets } from '../../scripts/serverless/find-resets.ts';
import { givenSettings } from '../../scripts/serverless/given-settings.ts';
import { checkParameters, parameterNames } from '../../scripts/serverless/parameters.ts';
import { formatSettingChanges } from '../../scripts/serverless/setting-changes.ts';
import {
  checkConfiguration,
  checkStageSettings,
  plainSettings,
} from '../../scripts/serverless/settings.ts';
import { checkStageName } from '../../scripts/serverless/stage-name.ts';

const defaults = Object.fromEntries(parameterNames.map((name) => [name, '']));
const valid = {
  ...defaults,
  logLevel: 'INFO',
  logRetentionDays: 90,
  apiRateLimit: 50,
  apiBurstLimit: 100,
  accessLogPrefix: '/aws/http-api/',
  rolePath: '/',
  eventBus: 'default',
  auditTrailMode: 'GOVERNANCE',
  alarms: true,
  deletionProtection: true,
  allowLoopback: false,
  withoutWebhook: false,
  discardMessages: false,
  allowReset: false,
};

describe('the parameters of a deploy', () => {
  test('are accepted as serverless.yml has them', () => {
    expect(checkParameters({}, valid)).toEqual([]);
  });

  test('each have a rule, a default in serverless.yml, and a place in the documentation', async () => {
    const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
    const section = /^params:\n {2}default:\n([\s\S]*?)^ {2}dev:/m.exec(
      await read('serverless.yml'),
    );
    const names = [...(section?.[1] ?? '').matchAll(/^ {4}(\w+):/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(10);
    expect(names.sort()).toEqual([...parameterNames].sort());
    const page = await read('docs/deploy.md');
    const missing = names.filter((name) => !page.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });

  test.each([
    ['logRetention', 'logRetentionDays'],
    ['apiRatelimit', 'apiRateLimit'],
    ['kmsKey', 'kmsKeyArn'],
    ['alarmEmial', 'alarmEmail'],
  ])('%s is unknown, and %s is proposed', (name, meant) => {
    expect(checkParameters({ [name]: '1' }, valid)).toEqual([
      `--param ${name}: there is no such parameter; did you mean ${meant}?`,
    ]);
  });

  test('a name that resembles none is unknown, and nothing is proposed', () => {
    expect(checkParameters({ colour: 'blue' }, valid)).toEqual([
      '--param colour: there is no such parameter',
    ]);
  });

  test.each([
    ['apiRateLimit', 'abc'],
    ['apiRateLimit', '0'],
    ['apiRateLimit', '1.5'],
    ['apiBurstLimit', '5001'],
    ['logLevel', 'info'],
    ['logRetentionDays', '45'],
    ['alarms', 'off'],
    ['deletionProtection', 'yes'],
    ['alarmEmail', 'ann'],
    ['alarmTopicArns', 'on-call'],
    ['permissionsBoundary', 'boundary'],
    ['rolePath', 'service-roles'],
    ['kmsKeyArn', 'arn:aws:kms:us-east-1:111111111111:alias/key'],
    ['accessLogPrefix', 'vendedlogs'],
    ['senderAccounts', '2222'],
    ['operatorRoleArns', 'admin'],
    ['genesysOrganizationId', 'our-organization'],
    ['eventSource', 'aws.s3'],
    ['eventBus', 'no bus'],
  ])('%s=%s is refused by name', (name, value) => {
    const [line = '', ...more] = checkParameters({ [name]: value }, valid);
    expect(line.startsWith(`${name} `)).toBe(true);
    expect(line).toContain(`"${value}"`);
    expect(more).toEqual([]);
  });

  test.each([
    ['permissionsBoundary', 'arn:aws-us-gov:iam::111111111111:policy/team/boundary'],
    ['kmsKeyArn', 'arn:aws:kms:eu-west-1:111111111111:key/mrk-0c1d'],
    ['rolePath', '/team/service-roles/'],
    ['accessLogPrefix', '/aws/vendedlogs/http-api/'],
    ['senderAccounts', '222222222222, 333333333333'],
    ['operatorRoleArns', 'arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/*'],
    ['alarmTopicArns', 'arn:aws:sns:us-east-1:111111111111:on-call'],
    ['genesysOrganizationId', '0a1b2c3d-0000-4000-8000-000000000001'],
    ['eventSource', 'com.example.crm'],
    ['eventBus', 'arn:aws:events:us-east-1:111111111111:event-bus/crm'],
  ])('%s=%s is accepted', (name, value) => {
    expect(checkParameters({ [name]: value }, valid)).toEqual([]);
  });

  test.each([
    { jwtIssuer: 'https://issuer.example/' },
    { jwtAddScopes: 'add' },
    { customDomain: 'adder.example.com' },
    {
      alarmEmail: 'on-call@example.com',
      alarmTopicArns: 'arn:aws:sns:us-east-1:111111111111:on-call',
    },
  ])('%j is half of something', (given) => {
    expect(checkParameters(given as Record<string, string>, valid)).toHaveLength(1);
  });
});

describe('the settings of a stage', () => {
  const check = (environment: Record<string, string>, options: object = {}) =>
    checkStageSettings({
      stage: 'prod',
      environment,
      allowLoopback: false,
      withoutWebhook: false,
      ...options,
    });
  const good = { GENESYS_ENV: 'eu-west-1', EXTERNAL_WEBHOOK_URL: 'https://receiver.example/' };

  test('must name Genesys Cloud and the webhook, except for dev', () => {
    expect(check({})).toEqual([
      expect.stringMatching(/^GENESYS_ENV must be given for stage prod: .*\.env\.prod/),
      expect.stringMatching(/^EXTERNAL_WEBHOOK_URL must be given for stage prod/),
    ]);
    expect(check({}, { stage: 'dev' })).toEqual([]);
    expect(check(good)).toEqual([]);
  });

  test('may be without a webhook if the deploy says so', () => {
    expect(check({ GENESYS_ENV: 'eu-west-1' }, { withoutWebhook: true })).toEqual([]);
  });

  test.each([
    ['GENESYS_ENV', 'http://127.0.0.1:4010'],
    ['GENESYS_ENV', 'http://localhost:4010'],
    ['EXTERNAL_WEBHOOK_URL', 'http://[::1]:9000/'],
  ])('%s at %s is refused, unless an emulator is deployed to', (name, url) => {
    const settings = { ...good, [name]: url };
    expect(check(settings)).toEqual([expect.stringMatching(new RegExp(`^${name} leads to`))]);
    expect(check(settings, { allowLoopback: true })).toEqual([]);
  });
});

describe('the configuration of the functions', () => {
  const adder = { GENESYS_ENV: 'us-east-1', REQUEST_QUEUE_URL: { Ref: 'RequestQueue' } };

  test('is read by the functions’ own readers, with references taken for good', () => {
    const wrong = checkConfiguration({
      adder: { ...adder, GENESYS_ENV: 'us-esat-1', MAX_PARTICIPANTS: '-3' },
    }).join('\n');
    expect(wrong).toMatch(/^GENESYS_ENV "us-esat-1" is/m);
    expect(wrong).toMatch(/^MAX_PARTICIPANTS must be at least 1/m);
    expect(wrong).not.toMatch(/^REQUEST_QUEUE_URL/m);
  });

  test('is an error where a function has no reader', () => {
    expect(checkConfiguration({ unheard: {} })).toEqual([expect.stringMatching(/unheard/)]);
  });

  test('has plain values, without the references', () => {
    expect(plainSettings({ ...adder, MAX: 3 })).toEqual({ GENESYS_ENV: 'us-east-1', MAX: '3' });
  });
});

test('a deploy shows what it sets, and marks what differs from what is deployed', () => {
  expect(
    formatSettingChanges(
      { adder: { GENESYS_ENV: 'eu-west-1', MAX_PARTICIPANTS: '20' }, relay: { URL: '' } },
      { adder: { GENESYS_ENV: 'us-east-1', MAX_PARTICIPANTS: '20' } },
    ),
  ).toEqual([
    '* adder  GENESYS_ENV       eu-west-1  (deployed: us-east-1)',
    '  adder  MAX_PARTICIPANTS  20',
    '  relay  URL               ""',
  ]);
});

describe('a setting that the last deploy was given', () => {
  const none = { variables: {}, parameters: {} };
  const before = { variables: { MAX_PARTICIPANTS: '50' }, parameters: { jwtIssuer: 'https://i/' } };
  const defaults = { variables: { MAX_PARTICIPANTS: '20' }, parameters: { jwtIssuer: '' } };

  test('does not return to its default because it is absent', () => {
    expect(findResets('prod', before, none, defaults)).toEqual([
      'MAX_PARTICIPANTS is "50" in stage prod and is not given now, so it would become "20": set it in the environment or in .env.prod',
      'jwtIssuer is "https://i/" in stage prod and is not given now, so it would become "": give --param="jwtIssuer=VALUE"',
    ]);
  });

  test('changes to what is given, the default included', () => {
    expect(findResets('prod', before, defaults, defaults)).toEqual([]);
  });

  test('may be absent if nothing changes, or this version does not have it', () => {
    expect(findResets('prod', defaults, none, defaults)).toEqual([]);
    expect(findResets('prod', before, none, none)).toEqual([]);
  });

  test('is unknown for a stage that is not deployed', () => {
    expect(findResets('prod', undefined, none, defaults)).toEqual([]);
  });

  test('is a variable of a function, or a parameter, but not a switch of one command', () => {
    const given = givenSettings({
      variables: {
        MAX_PARTICIPANTS: '50',
        POWERTOOLS_LOG_LEVEL: 'INFO',
        WATCH_CONNECTIONS: 'true',
      },
      parameters: { allowLoopback: 'true', kmsKeyArn: 'arn' },
      environment: {
        MAX_PARTICIPANTS: '50',
        // Set in the shell, but the parameter logLevel decides.
        POWERTOOLS_LOG_LEVEL: 'DEBUG',
        JWT_ISSUER: 'https://i/',
        HOME: '/',
      },
    });
    expect(given).toEqual({
      variables: { MAX_PARTICIPANTS: '50' },
      parameters: { kmsKeyArn: 'arn', jwtIssuer: 'https://i/' },
    });
  });
});

test('a stage’s name must leave room for every name that it is part of', () => {
  const names = (stage: string) => ({
    function: [`genesys-automated-adder-${stage}-intake`],
    queue: [`genesys-automated-adder-${stage}-requests-dlq.fifo`],
    alarm: [],
  });
  const fits = 's'.repeat(33);
  expect(checkStageName(fits, names(fits))).toEqual([]);
  expect(checkStageName(`${fits}s`, names(`${fits}s`))).toEqual([
    `--stage ${fits}s has 34 characters; 33 fit into the names of AWS`,
  ]);
});
