import type { Status } from '../domain/audit-event.ts';
import { maskAddresses } from '../domain/mask-addresses.ts';
import type { RecordedEvent } from '../domain/request-record.ts';
import type { Log } from '../logger.ts';
import type { Metric, PutMetrics } from '../metrics.ts';

/** Codes that need an operator. */
const OPERATOR_CODES = new Set(['FORBIDDEN', 'INVALID_CREDENTIALS']);

const STATUS_METRICS: Record<Status, string> = {
  SUCCESS: 'ResultsSuccess',
  PARTIAL: 'ResultsPartial',
  FAILED: 'ResultsFailed',
  EXPIRED: 'ResultsExpired',
  CANCELLED: 'ResultsCancelled',
};

interface ReportDeps {
  log: Log;
  putMetrics: PutMetrics;
  /**
   * Writes a zero for each other status too, because an alarm on a share needs all of them. Only the adder
   * needs it: every metric that a further service writes costs extra.
   */
  writesZeroes?: boolean;
}

/** Writes the log line and the metrics of a result. */
export function reportResult(
  { log, putMetrics, writesZeroes = false }: ReportDeps,
  { body }: Pick<RecordedEvent, 'body'>,
): void {
  const event = maskAddresses(body);
  const { audit } = event;
  const level = OPERATOR_CODES.has(audit.code ?? '') ? 'error' : 'info';
  log[level]('result', {
    request_id: audit.request_id,
    correlation_id: audit.correlation_id,
    conversation_id: audit.conversation_id,
    event,
  });
  const counts: Metric[] = [
    ...Object.entries(STATUS_METRICS).map(
      ([status, name]) =>
        ({ name, unit: 'Count', value: status === audit.status ? 1 : 0 }) as const,
    ),
    { name: 'GenesysCalls', unit: 'Count', value: audit.genesys_calls },
  ];
  putMetrics(...counts.filter(({ value }) => writesZeroes || value > 0));
  if (!audit.participants.some(({ outcome }) => outcome === 'ADDED')) return;
  putMetrics({
    name: 'AcceptedToAddedMs',
    unit: 'Milliseconds',
    value: audit.queued_ms + audit.latency_ms,
  });
}
