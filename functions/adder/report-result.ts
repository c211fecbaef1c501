import type { Status } from '../../lib/domain/audit-event.ts';
import { maskAddresses } from '../../lib/domain/mask-addresses.ts';
import type { RecordedEvent } from '../../lib/domain/request-record.ts';
import type { Log } from '../../lib/logger.ts';
import type { PutMetrics } from '../../lib/metrics.ts';

/** Codes that need an operator. */
const OPERATOR_CODES = new Set(['FORBIDDEN', 'INVALID_CREDENTIALS']);

const STATUS_METRICS: Record<Status, string> = {
  SUCCESS: 'ResultsSuccess',
  PARTIAL: 'ResultsPartial',
  FAILED: 'ResultsFailed',
  EXPIRED: 'ResultsExpired',
  CANCELLED: 'ResultsCancelled',
};

/** Writes the log line and the metrics of a result, once for each result. */
export function reportResult(
  { log, putMetrics }: { log: Log; putMetrics: PutMetrics },
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
  putMetrics(
    // Including zeroes, because an alarm on a share needs all of them.
    ...Object.entries(STATUS_METRICS).map(
      ([status, name]) =>
        ({ name, unit: 'Count', value: status === audit.status ? 1 : 0 }) as const,
    ),
    { name: 'GenesysCalls', unit: 'Count', value: audit.genesys_calls },
  );
  if (!audit.participants.some(({ outcome }) => outcome === 'ADDED')) return;
  putMetrics({
    name: 'AcceptedToAddedMs',
    unit: 'Milliseconds',
    value: audit.queued_ms + audit.latency_ms,
  });
}
