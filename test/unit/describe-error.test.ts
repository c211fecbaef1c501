import { SQSServiceException } from '@aws-sdk/client-sqs';
import { describe, expect, test } from '@jest/globals';
import { UserError } from '../../lib/user-error.ts';
import { describeError } from '../../scripts/describe-error.ts';

describe('an error that ends a command is one line if the user can fix it:', () => {
  test('ours', () => {
    expect(describeError(new UserError('--stage NAME is required'))).toBe(
      '--stage NAME is required',
    );
  });

  test('a response of AWS', () => {
    const error = new SQSServiceException({
      name: 'AccessDenied',
      message: 'User: deployer is not authorized to perform: sqs:ReceiveMessage',
      $fault: 'client',
      $metadata: {},
    });
    expect(describeError(error)).toBe(
      'AWS responded with AccessDenied: User: deployer is not authorized to perform: sqs:ReceiveMessage',
    );
  });

  test('no credentials', () => {
    const error = Object.assign(new Error('Could not load credentials from any providers'), {
      name: 'CredentialsProviderError',
    });
    expect(describeError(error)).toMatch(/^No AWS credentials: .*--profile NAME\.$/);
  });

  test('no connection', () => {
    const refused = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
    expect(describeError(refused)).toBe('ECONNREFUSED: no connection');
    const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND nowhere.example'), {
      code: 'ENOTFOUND',
    });
    expect(describeError(unknown)).toBe('getaddrinfo ENOTFOUND nowhere.example');
  });
});

test('an error that the user cannot fix has its stack', () => {
  const error = new TypeError('x is not a function');
  expect(describeError(error)).toBe(error.stack);
  // Node's own codes are of mistakes in a program.
  const misuse = Object.assign(new TypeError('wrong type'), { code: 'ERR_INVALID_ARG_TYPE' });
  expect(describeError(misuse)).toBe(misuse.stack);
});
