import { describe, expect, test } from '@jest/globals';
import { readCaller } from '../../lib/aws/caller.ts';

const iam = (userArn: string) => readCaller({ authorizer: { iam: { userArn } } });
const jwt = (claims: Record<string, unknown>) => readCaller({ authorizer: { jwt: { claims } } });

describe('the caller', () => {
  test('is the IAM user, in both payload formats alike', () => {
    const userArn = 'arn:aws:iam::123456789012:user/ann';
    const caller = { name: userArn, identity: ['iam', userArn] };
    expect(iam(userArn)).toEqual(caller);
    expect(readCaller({ identity: { userArn } })).toEqual(caller);
  });

  test('is known by its role and named by its session', () => {
    const session = 'arn:aws-us-gov:sts::123456789012:assumed-role/routing-service/task-1';
    expect(iam(session)).toEqual({
      name: session,
      identity: ['iam', 'arn:aws-us-gov:sts::123456789012:assumed-role/routing-service'],
    });
  });

  test.each([
    'arn:aws:sts::123456789012:federated-user/ann',
    'arn:aws:iam::123456789012:root',
    'arn:aws:iam::123456789012:user/assumed-role/x/y',
  ])('is known by its whole ARN unless that is a role session: %s', (arn) => {
    expect(iam(arn).identity).toEqual(['iam', arn]);
  });

  test('is the subject of a token, told apart by the issuer', () => {
    const one = jwt({ iss: 'https://a.example.com', sub: 'ann', client_id: 'app' });
    const other = jwt({ iss: 'https://b.example.com', sub: 'ann' });
    expect(one).toEqual({ name: 'ann', identity: ['jwt', 'https://a.example.com', 'ann'] });
    expect(other.identity).not.toEqual(one.identity);
  });

  test('is the client of a token that has no subject', () => {
    expect(jwt({ client_id: 'app' })).toEqual({ name: 'app', identity: ['jwt', '', 'app'] });
  });

  test('is the subject in the claims of payload format 1.0', () => {
    const caller = readCaller({ authorizer: { claims: { sub: 'ann', iss: 'i' } } });
    expect(caller).toEqual({ name: 'ann', identity: ['jwt', 'i', 'ann'] });
  });

  test.each([
    null,
    undefined,
    {},
    { authorizer: null, identity: null },
    { identity: { userArn: null } },
    { authorizer: { jwt: { claims: { sub: '', iss: 'i' } } } },
    { authorizer: { claims: { sub: { toString: 1 }, client_id: 7 } } },
  ])('is anonymous if no one is named: %j', (context) => {
    expect(readCaller(context)).toEqual({ name: 'anonymous', identity: ['anonymous'] });
  });

  test('has a name that fits into the queue message, whatever the subject', () => {
    expect(jwt({ sub: 'Jürgen\n' }).name).toBe('J?rgen?');
    expect(jwt({ sub: 'x'.repeat(5_000) }).name).toHaveLength(2_048);
    expect(jwt({ sub: 'Jürgen' }).identity).not.toEqual(jwt({ sub: 'Jörgen' }).identity);
  });
});
