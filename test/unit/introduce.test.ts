import { expect, test } from '@jest/globals';
import { introduce } from '../../local/start/introduce.ts';
import type { Endpoints } from '../../local/system/endpoints-file.ts';
import { readSettings } from '../../local/system/read-settings.ts';

const endpoints: Endpoints = {
  pid: 1,
  apiUrl: 'http://127.0.0.1:65535',
  sqsEndpoint: 'http://127.0.0.1:65535',
  secretsManagerEndpoint: '',
  dynamoDbEndpoint: '',
  region: 'us-east-1',
  credentials: { accessKeyId: 'key-id', secretAccessKey: 'never-on-the-screen' },
  webhookUrl: 'http://127.0.0.1:65535/webhook',
  queues: {
    RequestQueue: {
      name: 'q',
      arn: 'arn',
      url: 'http://127.0.0.1:65535/000000000000/genesys-automated-adder-dev-requests.fifo',
    },
  },
  secrets: {},
  tables: {},
  functions: {},
};

test.each([
  ['the stand-in', {}],
  [
    'a real Genesys Cloud',
    {
      GENESYS_ENV: 'us-east-1',
      GENESYS_CLIENT_ID: 'id',
      GENESYS_CLIENT_SECRET: 'secret',
    },
  ],
])(
  'with %s, what npm start prints is at most 80 columns wide and has no secret in it',
  async (_name, environment) => {
    const lines = await introduce(endpoints, 'http://127.0.0.1:65534', readSettings(environment));

    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.join('\n')).not.toMatch(/never-on-the-screen|secret/i);
    expect(lines.find((line) => line !== '')).toContain('http://127.0.0.1:65534');
  },
);
