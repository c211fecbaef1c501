import { readFileSync } from 'node:fs';
import { createIntake, type IntakePorts } from '../../functions/intake/create-intake.ts';
import type { ApiEvent } from '../../lib/aws/api-request.ts';
import type { OutgoingMessage } from '../../lib/aws/send-message.ts';
import type { Accepted } from '../../lib/domain/accepted.ts';
import { createAddressPolicy } from '../../lib/domain/allowed-addresses.ts';
import type { DataActionResult } from '../../lib/domain/data-action-result.ts';
import type { ProblemDocument } from '../../lib/domain/problem-document.ts';
import type { RequestRecord } from '../../lib/domain/request-record.ts';
import type { Metric } from '../../lib/metrics.ts';
import { createWaitForResult } from '../../lib/records/wait-for-result.ts';
import { createSimulatedTable } from '../simulation/simulated-records.ts';

export const NOW_MS = Date.parse('2026-11-22T15:29:40Z');
export const QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/123456789012/requests.fifo';
export const ALIAS_ARN =
  'arn:aws:lambda:us-east-1:123456789012:function:genesys-automated-adder-prod-intake:data-action';

export interface LogLine {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

/** A parsed HTTP response of intake: the fields of a 202 or of a problem. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Omit<Accepted, 'status'> & Omit<ProblemDocument, 'status'>;
}

/** A clock that only a sleep advances. */
export function createTestClock(nowMs = NOW_MS) {
  let now = nowMs;
  return {
    now: () => now,
    sleep: async (delayMs: number) => {
      now += delayMs;
    },
  };
}

/** Composes intake with an in-memory table and sequential UUIDs; records all effects. */
export function startIntake(overrides: Partial<IntakePorts> = {}) {
  const sent: OutgoingMessage[] = [];
  const lines: LogLine[] = [];
  const metrics: Metric[] = [];
  const clock = createTestClock();
  const table = createSimulatedTable();
  const { records } = table.portsOf({ call: async (_, effect) => effect(), now: clock.now });
  let uuids = 0;
  let writes = 0;
  const log =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      lines.push({ level, message, fields });
    };
  const slots = { acquire: async () => async () => {} };
  const handler = createIntake({
    requestQueueUrl: QUEUE_URL,
    retentionMs: 30 * 86_400_000,
    addressPolicy: createAddressPolicy('+,!+1900,example.com,b.example'),
    records,
    waitForResult: createWaitForResult({ records, slots, clock }),
    sendMessage: async (message) => {
      sent.push(message);
    },
    clock,
    randomUuid: () => uuidNumber(++uuids),
    newWriteId: () => `write-${++writes}`,
    traceHeader: () => undefined,
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    putMetrics: (...some) => {
      metrics.push(...some);
    },
    ...overrides,
  });
  const send = async (event: unknown): Promise<Answer> => {
    const { statusCode, headers, body } = await handler(event as ApiEvent, {});
    return { status: statusCode, headers, body: JSON.parse(body) };
  };
  const act = (input: unknown): Promise<DataActionResult> =>
    handler(input, { invokedFunctionArn: ALIAS_ARN }) as Promise<DataActionResult>;
  /** Replaces a record in the table by a later state. */
  const store = async (previous: RequestRecord, next: RequestRecord) => {
    if (!(await records.replace(previous, next))) throw new Error('the record has changed');
  };
  return { send, act, store, sent, lines, metrics, records, table: table.records, clock };
}

export const uuidNumber = (number: number) =>
  `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

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
