import { describe, expect, test } from '@jest/globals';
import {
  ConfigError,
  readAdderConfig,
  readFollowUpConfig,
  readIntakeConfig,
  readRelayConfig,
  readRequestsConfig,
} from '../../lib/config.ts';

const QUEUE = 'https://sqs.us-east-1.amazonaws.com/123456789012/queue';

const adder = {
  REQUESTS_TABLE_NAME: 'requests',
  GENESYS_ENV: 'us-east-1',
  GENESYS_CREDENTIALS_SECRET_ID: 'credentials',
  GENESYS_TOKEN_SECRET_ID: 'token',
  REQUEST_QUEUE_URL: QUEUE,
  REQUEST_DLQ_URL: QUEUE,
  AUDIT_QUEUE_URL: QUEUE,
};
const relay = { REQUESTS_TABLE_NAME: 'requests', AUDIT_QUEUE_URL: QUEUE, AUDIT_DLQ_URL: QUEUE };

function refusal(read: () => unknown): ConfigError {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error('the configuration was taken');
}

describe('the configuration', () => {
  test('of intake needs the queue and the table only', () => {
    const needed = { REQUEST_QUEUE_URL: QUEUE, REQUESTS_TABLE_NAME: 'requests' };
    expect(readIntakeConfig({ ...needed, PATH: '/bin' })).toEqual({
      ...needed,
      MAX_WAITING_REQUESTS: 20,
      ALLOWED_ADDRESSES: '+,!+1900,!+1976,!+870,!+881,!+882,!+883,!+888,!+979',
      CALLER_REQUESTS_PER_MINUTE: 0,
      RECORD_RETENTION_DAYS: 30,
    });
  });

  test('of the adder has defaults for what may be left out', () => {
    expect(readAdderConfig(adder)).toMatchObject({
      GENESYS_ENV: { apiUrl: 'https://api.mypurecloud.com' },
      GENESYS_REQUESTS_PER_SECOND: 5,
      MAX_PARTICIPANTS: 20,
      REQUEST_MAX_RECEIVES: 1_000,
      ALLOWED_ADDRESSES: '+,!+1900,!+1976,!+870,!+881,!+882,!+883,!+888,!+979',
      WATCH_CONNECTIONS: true,
    });
  });

  test('of requests lets all callers see all requests unless it names some', () => {
    const queues = { AUDIT_QUEUE_URL: QUEUE, REQUESTS_TABLE_NAME: 'requests' };
    expect(readRequestsConfig(queues)).toMatchObject({ READ_ALL_CALLERS: ['*'] });
    const READ_ALL_CALLERS = ' arn:aws:iam::123456789012:role/support, client-1,,';
    expect(readRequestsConfig({ ...queues, READ_ALL_CALLERS })).toMatchObject({
      READ_ALL_CALLERS: ['arn:aws:iam::123456789012:role/support', 'client-1'],
    });
  });

  test('of follow-up watches connections unless it is told not to', () => {
    const followUp = { ...adder };
    expect(readFollowUpConfig(followUp)).toMatchObject({ WATCH_CONNECTIONS: true });
    expect(readFollowUpConfig({ ...followUp, WATCH_CONNECTIONS: 'false' })).toMatchObject({
      WATCH_CONNECTIONS: false,
    });
  });

  test('of every function names the table of the records where there is one', () => {
    const environment = { ...adder, ...relay };
    for (const read of [
      readIntakeConfig,
      readAdderConfig,
      readRelayConfig,
      readRequestsConfig,
      readFollowUpConfig,
    ]) {
      expect(read(environment)).toMatchObject({ REQUESTS_TABLE_NAME: 'requests' });
    }
  });

  test('of every function is refused without the table', () => {
    const { REQUESTS_TABLE_NAME: _, ...environment } = { ...adder, ...relay };
    for (const read of [
      readIntakeConfig,
      readAdderConfig,
      readRelayConfig,
      readRequestsConfig,
      readFollowUpConfig,
    ]) {
      expect(refusal(() => read(environment)).message).toBe(
        'Configuration: REQUESTS_TABLE_NAME is missing',
      );
    }
  });

  test('of the adder has numbers where numbers are set', () => {
    expect(
      readAdderConfig({ ...adder, GENESYS_REQUESTS_PER_SECOND: '2.5', MAX_PARTICIPANTS: '7' }),
    ).toMatchObject({ GENESYS_REQUESTS_PER_SECOND: 2.5, MAX_PARTICIPANTS: 7 });
  });

  test('of the relay needs no webhook and no keys', () => {
    expect(readRelayConfig({ ...relay, EXTERNAL_WEBHOOK_URL: '' })).toEqual({
      ...relay,
      RECORD_RETENTION_DAYS: 30,
      WEBHOOK_ALLOW_PRIVATE: false,
      WEBHOOK_ALLOW_UNSIGNED: false,
    });
  });

  test.each([
    ['REQUEST_QUEUE_URL', undefined, 'is missing'],
    ['REQUEST_QUEUE_URL', '', 'is missing'],
    ['REQUEST_DLQ_URL', 'queue', 'must be an http(s) URL'],
    ['AUDIT_QUEUE_URL', 'file:///queue', 'must be an http(s) URL'],
    ['GENESYS_CREDENTIALS_SECRET_ID', undefined, 'is missing'],
    ['GENESYS_TOKEN_SECRET_ID', '', 'is missing'],
    ['GENESYS_ENV', undefined, 'is missing'],
    ['GENESYS_ENV', 'mars-north-1', '"mars-north-1" is neither a region'],
    ['GENESYS_REQUESTS_PER_SECOND', 'five', 'must be a number'],
    ['GENESYS_REQUESTS_PER_SECOND', '0', 'must be at least 0.1'],
    ['GENESYS_REQUESTS_PER_SECOND', '1e9', 'must be at most 1000'],
    ['MAX_PARTICIPANTS', '1.5', 'must be a whole number'],
    ['MAX_PARTICIPANTS', '-1', 'must be at least 1'],
    ['REQUEST_MAX_RECEIVES', 'NaN', 'must be a whole number'],
    ['REQUEST_MAX_RECEIVES', '1', 'must be at least 2'],
    ['RECORD_RETENTION_DAYS', '20', 'must be at least 21'],
    ['RECORD_RETENTION_DAYS', '3651', 'must be at most 3650'],
    ['WATCH_CONNECTIONS', 'no', 'must be true or false'],
    ['WATCH_QUEUE_URL', 'watch', 'must be an http(s) URL'],
    ['REQUESTS_TABLE_NAME', '', 'is missing'],
    ['ALLOWED_ADDRESSES', '+44,49', 'has the entry "49"'],
  ])('of the adder is refused in one line when %s is %j', (name, value, complaint) => {
    const { message } = refusal(() => readAdderConfig({ ...adder, [name]: value }));
    expect(message).toContain(`Configuration: ${name} ${complaint}`);
    expect(message).not.toContain('\n');
  });

  test.each([
    ['AUDIT_DLQ_URL', undefined, 'is missing'],
    ['WEBHOOK_ALLOW_PRIVATE', 'yes', 'must be true or false'],
    ['WEBHOOK_ALLOW_UNSIGNED', '1', 'must be true or false'],
    ['EXTERNAL_WEBHOOK_URL', 'http://example.com/hook', ''],
  ])('of the relay is refused in one line when %s is %j', (name, value, complaint) => {
    const { message } = refusal(() => readRelayConfig({ ...relay, [name]: value }));
    expect(message).toContain(`Configuration: ${name} ${complaint}`);
    expect(message).not.toContain('\n');
  });

  test('that is wrong in several places is told of all of them at once', () => {
    const { message } = refusal(() => readAdderConfig({}));
    for (const name of Object.keys(adder)) expect(message).toContain(`${name} is missing`);
  });

  test('shows no stack: the line that names the variable would drown in it', () => {
    const error = refusal(() => readIntakeConfig({}));
    expect(error.stack).toBe(error.message);
  });
});
