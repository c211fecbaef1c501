import { readFileSync } from 'node:fs';
import { createIntake, type IntakePorts } from '../../functions/intake/create-intake.ts';
import type { ApiEvent } from '../../lib/aws/api-request.ts';
import type { OutgoingMessage } from '../../lib/aws/send-message.ts';
import { readIntakeConfig } from '../../lib/config.ts';
import type { Accepted } from '../../lib/domain/accepted.ts';
import type { ProblemDocument } from '../../lib/domain/problem-document.ts';
import type { Metric } from '../../lib/metrics.ts';

export const NOW_MS = Date.parse('2026-11-22T15:29:40Z');
export const QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/123456789012/requests.fifo';

export interface LogLine {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

/** What an intake answered, read: the fields of a 202 or those of a problem. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Omit<Accepted, 'status'> & Omit<ProblemDocument, 'status'>;
}

/** Intake with everything around it recorded, and UUIDs that count up. */
export function startIntake(overrides: Partial<IntakePorts> = {}) {
  const sent: OutgoingMessage[] = [];
  const lines: LogLine[] = [];
  const metrics: Metric[] = [];
  let uuids = 0;
  const log =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      lines.push({ level, message, fields });
    };
  const intake = createIntake({
    config: readIntakeConfig({ REQUEST_QUEUE_URL: QUEUE_URL }),
    sendMessage: async (message) => {
      sent.push(message);
    },
    clock: { now: () => NOW_MS },
    randomUuid: () => uuidNumber(++uuids),
    traceHeader: () => undefined,
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    putMetrics: (...some) => {
      metrics.push(...some);
    },
    ...overrides,
  });
  const send = async (event: unknown): Promise<Answer> => {
    const { statusCode, headers, body } = await intake(event as ApiEvent, {});
    return { status: statusCode, headers, body: JSON.parse(body) };
  };
  return { send, sent, lines, metrics };
}

export const uuidNumber = (number: number) =>
  `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** A fresh copy of a sample event, to be altered at will. */
// biome-ignore lint/suspicious/noExplicitAny: a test alters whatever part of it it is about
export function readEvent(name: string): any {
  return JSON.parse(readFileSync(new URL(`../../events/${name}.json`, import.meta.url), 'utf8'));
}

/** The sample request, with another body. A string is sent as it is. */
export function eventWithBody(body: unknown, name = 'http-api-v2.three-users') {
  return { ...readEvent(name), body: typeof body === 'string' ? body : JSON.stringify(body) };
}

/** The sample request with more headers; `undefined` takes one away. */
export function eventWithHeaders(headers: Record<string, string | undefined>) {
  const event = readEvent('http-api-v2.three-users');
  return { ...event, headers: { ...event.headers, ...headers } };
}
