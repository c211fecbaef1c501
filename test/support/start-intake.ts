import { readFileSync } from 'node:fs';
import { createIntake, type IntakePorts } from '../../functions/intake/create-intake.ts';
import type { InvocationContext } from '../../lib/api/or-data-action.ts';
import type { ApiEvent } from '../../lib/aws/api-request.ts';
import type { Accepted } from '../../lib/domain/accepted.ts';
import { createAddressPolicy } from '../../lib/domain/allowed-addresses.ts';
import type { DataActionResult } from '../../lib/domain/data-action-result.ts';
import type { ProblemDocument } from '../../lib/domain/problem-document.ts';
import { createApiPorts } from './create-api-ports.ts';

export const QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/123456789012/requests.fifo';
export const ALIAS_ARN =
  'arn:aws:lambda:us-east-1:123456789012:function:genesys-automated-adder-prod-intake:data-action';

/** A parsed HTTP response of intake: the fields of a 202 or of a problem. */
export interface IntakeResponse {
  status: number;
  headers: Record<string, string>;
  body: Omit<Accepted, 'status'> & Omit<ProblemDocument, 'status'>;
}

/** Composes intake with an in-memory table and sequential UUIDs; records all effects. */
export function startIntake(overrides: Partial<IntakePorts> = {}) {
  const { ports, ...effects } = createApiPorts();
  const handler = createIntake({
    ...ports,
    requestQueueUrl: QUEUE_URL,
    addressPolicy: createAddressPolicy('+,!+1900,example.com,b.example'),
    traceHeader: () => undefined,
    ...overrides,
  });
  const send = async (event: unknown, context: InvocationContext = {}): Promise<IntakeResponse> => {
    const { statusCode, headers, body } = await handler(event as ApiEvent, context);
    return { status: statusCode, headers, body: JSON.parse(body) };
  };
  const act = (input: unknown): Promise<DataActionResult> =>
    handler(input, { invokedFunctionArn: ALIAS_ARN }) as Promise<DataActionResult>;
  return { send, act, records: ports.records, clock: ports.clock, ...effects };
}

/** A new copy of a sample event, to be modified. */
// biome-ignore lint/suspicious/noExplicitAny: a test modifies any part of it
export function readEvent(name: string): any {
  return JSON.parse(readFileSync(new URL(`../../events/${name}.json`, import.meta.url), 'utf8'));
}

/** The sample request, with another body. A string is sent as it is. */
export function eventWithBody(body: unknown, name = 'http-api-v2.three-users') {
  return { ...readEvent(name), body: typeof body === 'string' ? body : JSON.stringify(body) };
}

/** The sample request with more headers; `undefined` removes one. */
export function eventWithHeaders(headers: Record<string, string | undefined>) {
  const event = readEvent('http-api-v2.three-users');
  return { ...event, headers: { ...event.headers, ...headers } };
}
