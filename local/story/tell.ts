import type { AuditEvent, ParticipantResult, Status } from '../../lib/domain/audit-event.ts';
import type { Delivery } from '../webhook-receiver/start-webhook-receiver.ts';
import type { Chapter } from './chapter.ts';
import type { LogEntry } from './log-entry.ts';
import { nameOf } from './name-of.ts';

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
  'function_request_id',
]);

/**
 * Tells a log entry: what was accepted, refused, added, deferred; warnings and errors of any kind.
 * @returns `undefined` for entries that are not worth a line
 */
export function tellLogEntry(entry: LogEntry): Chapter | undefined {
  const chapter = (what: string, text: string): Chapter => ({
    atMs: Date.parse(entry.timestamp),
    what,
    text,
    ...idsOf(entry),
  });
  switch (`${entry.service} ${entry.message}`) {
    case 'intake accepted':
    case 'intake replayed':
      return chapter(
        entry.message,
        `${count(Number(entry.participants), 'person', 'people')} for ${nameOf(String(entry.conversation_id))}${entry.message === 'replayed' ? ': known already, carried out once' : ''}`,
      );
    case 'intake refused':
    case 'requests refused':
      return chapter('refused', tellRefusal(entry));
    case 'requests cancelled':
      return chapter('cancelled', 'by its caller, before anyone was rung');
    case 'adder deferred':
      return chapter('deferred', `${entry.cause}; again in ${seconds(Number(entry.delay_ms))}`);
  }
  const event = eventOf(entry);
  if (event) {
    const { audit } = event;
    return {
      ...chapter(
        entry.message === 'connection' ? 'connection' : WHAT_RESULT[audit.status],
        tellResult(event),
      ),
      // The log line is written after the result was sent, and may come after its delivery.
      atMs: Date.parse(audit.timestamp),
      ...idsOf(audit),
    };
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
    what: 'delivered',
    text: `webhook accepted with ${entry.status_code}, ${entry.lag_ms} ms after the result`,
    ...idsOf(entry),
  };
}

/** Tells what arrived at the receiver. */
export function tellDelivery(delivery: Delivery): Chapter {
  const audit = readAudit(delivery);
  const lag = audit
    ? ` (+${Math.max(0, delivery.receivedAtMs - Date.parse(audit.timestamp))} ms)`
    : '';
  const verdict = delivery.verified
    ? 'signature verified'
    : `SIGNATURE NOT VERIFIED: ${delivery.problem}`;
  return {
    atMs: delivery.receivedAtMs,
    what: delivery.verified ? 'delivered' : 'ERROR',
    text: `webhook${audit ? ` ${audit.status}` : ''}, ${verdict}${lag}`,
    ...(audit ? idsOf(audit) : {}),
  };
}

/** The result that a delivery brought, where it is one. */
export function readAudit({ body }: Pick<Delivery, 'body'>): AuditEvent['audit'] | undefined {
  return readEvent(parse(body))?.audit;
}

/** The event that a log entry reports: a result, or later whether people answered. */
export function eventOf(entry: LogEntry): AuditEvent | undefined {
  if (entry.message !== 'result' && entry.message !== 'connection') return undefined;
  return readEvent(typeof entry.event === 'string' ? parse(entry.event) : entry.event);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An event of the service, read leniently: it comes from a log or over HTTP. */
export function readEvent(value: unknown): AuditEvent | undefined {
  const event = value as Partial<AuditEvent> | null | undefined;
  const isEvent = typeof event === 'object' && Array.isArray(event?.audit?.participants);
  return isEvent ? (event as AuditEvent) : undefined;
}

function idsOf(
  ids: Partial<Record<'request_id' | 'correlation_id' | 'conversation_id', unknown>>,
): Pick<Chapter, 'requestId' | 'correlationId' | 'conversationId'> {
  return {
    ...(ids.request_id ? { requestId: String(ids.request_id) } : {}),
    ...(ids.correlation_id ? { correlationId: String(ids.correlation_id) } : {}),
    ...(ids.conversation_id ? { conversationId: String(ids.conversation_id) } : {}),
  };
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

/** `SUCCESS: hana added, dov added (OFFLINE), ada already present; 3 calls, 245 ms` */
function tellResult({ audit }: AuditEvent): string {
  const why = audit.code ? `${audit.code}: ${audit.error ?? ''}` : '';
  const people = audit.participants.map(
    (participant) => `${nameOf(participant.id ?? participant.address)} ${tellOutcome(participant)}`,
  );
  return [
    `${audit.status}${people.length > 0 ? `: ${people.join(', ')}` : ''}`,
    ...(why ? [why] : []),
    `${count(audit.genesys_calls, 'call', 'calls')}, ${audit.latency_ms} ms`,
  ].join('; ');
}

/** `added`, `already present`, `added (OFFLINE)`, `rejected (UNKNOWN_USER)` */
export function tellOutcome(participant: ParticipantResult): string {
  const { outcome, warning, code, connection } = participant;
  const words = outcome.toLowerCase().replaceAll('_', ' ');
  const remark = [code, warning, connection].filter((part) => part !== undefined).join(', ');
  return remark ? `${words} (${remark})` : words;
}

function tellValue(value: unknown): string {
  if (typeof value === 'string') return value;
  const message = (value as { message?: unknown } | null)?.message;
  return typeof message === 'string' ? message : JSON.stringify(value);
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
