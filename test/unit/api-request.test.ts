import { describe, expect, test } from '@jest/globals';
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda';
import { readApiRequest } from '../../lib/aws/api-request.ts';
import { readEvent } from '../support/start-intake.ts';

// Typed, so that this compiles only as long as API Gateway's events have what is read of them.
const rest = (): APIGatewayProxyEvent => readEvent('rest-api-v1.base64-body');
const http = (): APIGatewayProxyEventV2 => readEvent('http-api-v2.base64-body');

describe('an API Gateway event', () => {
  test.each([
    ['1.0', rest],
    ['2.0', http],
  ])('of payload format %s is read', (_, event) => {
    const api = readApiRequest(event());
    expect(api.method).toBe('POST');
    expect(api.pathParameter('conversationId')).toMatch(/^b0a7ca11-/);
    expect(api.header('CONTENT-type')).toMatch(/json/);
    expect(JSON.parse(api.body.toString()).participants).toHaveLength(3);
  });

  test('has a header under whatever case it is asked for', () => {
    const { header } = readApiRequest({ headers: { 'X-Correlation-ID': 'a' } });
    expect([header('x-correlation-id'), header('X-CORRELATION-ID')]).toEqual(['a', 'a']);
  });

  test('has the values of a repeated header joined, as format 2.0 has them', () => {
    const { header } = readApiRequest({
      headers: { 'Idempotency-Key': 'b', Other: 'c' },
      multiValueHeaders: { 'Idempotency-Key': ['a', 'b'] },
    });
    expect([header('idempotency-key'), header('other')]).toEqual(['a,b', 'c']);
  });

  test.each(['constructor', '__proto__', 'toString'])('has no path parameter %s', (name) => {
    expect(readApiRequest({ pathParameters: {} }).pathParameter(name)).toBeUndefined();
  });

  test('has no header constructor either', () => {
    expect(readApiRequest({ headers: {} }).header('constructor')).toBeUndefined();
  });

  test('is text unless it says that it is base64', () => {
    expect(readApiRequest({ body: 'e30=' }).body.toString()).toBe('e30=');
    expect(readApiRequest({ body: 'e30=', isBase64Encoded: true }).body.toString()).toBe('{}');
  });
});
