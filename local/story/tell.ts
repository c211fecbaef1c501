import type { AuditEvent, ParticipantResult, Status } from '../../lib/domain/audit-event.ts';
import type { Delivery } from '../webhook-receiver/start-webhook-receiver.ts';
import type { LogEntry } from './log-entry.ts';

/** One thing that happened, for a person to read. */
export interface Chapter {
  /** Milliseconds since the epoch. */
  atMs: number;
  what: string;
  text: string;
  correlationId?: string;
}

/** What every entry has, and what is told elsewhere in the line. */
const NOT_TOLD = new Set([
  'level',
  'message',
  'service',
  'timestamp',
  'sampling_rate',
  'xray_trace_id',
  'correlation_id',
  'request_id',
  'conversation_id',
]);

/**
 * Tells a log entry: what was accepted, refused, added, put off; warnings and errors of any kind.
 * @returns `undefined` for entries that are not worth a line
 */
export function tellLogEntry(entry: LogEntry): Chapter | undefined {
  const chapter = (what: string, text: string): Chapter => ({
    atMs: Date.parse(entry.timestamp),
    what,
    text,
    ...(entry.correlation_id ? { correlationId: entry.correlation_id } : {}),
  });
  switch (`${entry.service} ${entry.message}`) {
    case 'intake accepted':
      return chapter(
        'accepted',
        `${count(Number(entry.participants), 'participant')} for conversation ${entry.conversation_id}`,
      );
    case 'intake refused':
      return chapter('refused', tellRefusal(entry));
    case 'adder result':
      return tellResult(entry.event as AuditEvent, chapter);
    case 'adder deferred':
      return chapter('deferred', `${entry.cause}; again in ${seconds(Number(entry.delay_ms))}`);
  }
  if (entry.level !== 'WARN' && entry.level !== 'ERROR' && entry.level !== 'CRITICAL') {
    return undefined;
  }
  const fields = Object.entries(entry)
    .filter(([name]) => !NOT_TOLD.has(name))
    .map(([name, value]) => `${name}: ${tellValue(value)}`);
  return chapter(
    entry.level === 'WARN' ? 'warning' : 'ERROR',
    [`${entry.service}: ${entry.message}`, ...fields].join(', '),
  );
}

/** Tells the log entry by which the relay says that a receiver we cannot see took a delivery. */
export function tellRelayed(entry: LogEntry): Chapter | undefined {
  if (`${entry.service} ${entry.message}` !== 'relay relayed') return undefined;
  return {
    atMs: Date.parse(entry.timestamp),
    what: 'relayed',
    text: `${entry.event_id} taken with ${entry.status_code}, ${entry.lag_ms} ms after the result, try ${entry.tries}`,
    ...(entry.correlation_id ? { correlationId: entry.correlation_id } : {}),
  };
}

/** Tells what came in at the receiver. */
export function tellDelivery(delivery: Delivery): Chapter {
  const audit = readAudit(delivery);
  const verdict = delivery.verified
    ? 'signature verified'
    : `SIGNATURE NOT VERIFIED: ${delivery.problem}`;
  const lag = audit
    ? `, ${delivery.receivedAtMs - Date.parse(audit.timestamp)} ms after the result`
    : '';
  return {
    atMs: delivery.receivedAtMs,
    what: delivery.verified ? 'relayed' : 'ERROR',
    text: `${delivery.id || 'a delivery without an id'}${audit ? ` ${audit.status}` : ''}, ${verdict}${lag}`,
    ...(audit ? { correlationId: audit.correlation_id } : {}),
  };
}

/** The result that a delivery brought, where it is one. */
export function readAudit({ body }: Delivery): AuditEvent['audit'] | undefined {
  try {
    return (JSON.parse(body) as Partial<AuditEvent>).audit;
  } catch {
    return undefined;
  }
}

/** `18:02:11.123  accepted  …  [correlation id]` */
export function formatChapter({ atMs, what, text, correlationId }: Chapter): string {
  const time = new Date(atMs).toISOString().slice(11, 23);
  return `${time}  ${what.padEnd(8)}  ${text}${correlationId ? `  [${correlationId}]` : ''}`;
}

function tellRefusal(entry: LogEntry): string {
  const places = [entry.pointers].flat().filter((place) => place !== undefined && place !== '');
  return `with ${entry.status} ${entry.problem}${places.length > 0 ? ` (${places.join(', ')})` : ''}`;
}

const WHAT_RESULT: Record<Status, string> = {
  SUCCESS: 'added',
  PARTIAL: 'added',
  FAILED: 'failed',
  EXPIRED: 'expired',
  CANCELLED: 'cancelled',
};

function tellResult(
  { audit }: AuditEvent,
  chapter: (what: string, text: string) => Chapter,
): Chapter {
  const why = audit.code ? ` ${audit.code}: ${audit.error ?? ''}` : '';
  const outcomes = new Map<string, number>();
  for (const participant of audit.participants) {
    const outcome = tellOutcome(participant);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  const people = [...outcomes].map(([outcome, times]) => `${times} ${outcome}`).join(', ');
  const text = [
    `${audit.status}${why}`,
    ...(people ? [people] : []),
    `${count(audit.genesys_calls, 'call')} in ${audit.latency_ms} ms, after ${audit.queued_ms} ms in the queue`,
  ].join('; ');
  return chapter(WHAT_RESULT[audit.status], text);
}

/** `added`, `already present`, `added (OFFLINE)`, `rejected (UNKNOWN_USER)` */
export function tellOutcome({ outcome, warning, code }: ParticipantResult): string {
  const words = outcome.toLowerCase().replaceAll('_', ' ');
  const remark = [code, warning].filter((part) => part !== undefined).join(', ');
  return remark ? `${words} (${remark})` : words;
}

function tellValue(value: unknown): string {
  if (typeof value === 'string') return value;
  const message = (value as { message?: unknown } | null)?.message;
  return typeof message === 'string' ? message : JSON.stringify(value);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
