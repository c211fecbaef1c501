import type { OutgoingMessage } from '../../lib/aws/send-message.ts';
import type { RequestRecord } from '../../lib/domain/request-record.ts';
import type { Metric } from '../../lib/metrics.ts';
import { createWaitForResult } from '../../lib/records/wait-for-result.ts';
import { createSimulatedTable } from '../simulation/simulated-records.ts';

export const NOW_MS = Date.parse('2026-11-22T15:29:40Z');
export const RETENTION_MS = 30 * 86_400_000;

export interface LogLine {
  level: string;
  message: string;
  fields: Record<string, unknown>;
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

export const uuidNumber = (number: number) =>
  `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** The ports of the functions behind the API: an in-memory table, sequential ids, and records of all effects. */
export function createApiPorts() {
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
  const ports = {
    records,
    waitForResult: createWaitForResult({ records, slots, clock }),
    sendMessage: async (message: OutgoingMessage) => {
      sent.push(message);
    },
    retentionMs: RETENTION_MS,
    clock,
    randomUuid: () => uuidNumber(++uuids),
    newWriteId: () => `write-${++writes}`,
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    putMetrics: (...some: Metric[]) => {
      metrics.push(...some);
    },
  };
  /** Replaces a record in the table by a later state. */
  const store = async (previous: RequestRecord, next: RequestRecord) => {
    if (!(await records.replace(previous, next))) throw new Error('the record has changed');
    return next;
  };
  return { ports, store, sent, lines, metrics, table: table.records };
}
