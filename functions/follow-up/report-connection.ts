import { maskAddresses } from '../../lib/domain/mask-addresses.ts';
import type { RecordedEvent, RequestRecord } from '../../lib/domain/request-record.ts';
import { WATCH_ENDS_MS } from '../../lib/domain/start-watch.ts';
import type { Log } from '../../lib/logger.ts';
import type { PutMetrics } from '../../lib/metrics.ts';

/** Writes the log line of a connection event, and counts it if it is late. */
export function reportConnection(
  { log, putMetrics }: { log: Log; putMetrics: PutMetrics },
  record: RequestRecord,
  { body, finishedAtMs }: RecordedEvent,
): void {
  const { requestId, correlationId, conversationId, result } = record;
  log.info('connection', {
    request_id: requestId,
    correlation_id: correlationId,
    conversation_id: conversationId,
    event: maskAddresses(body),
  });
  if (result && finishedAtMs > result.finishedAtMs + WATCH_ENDS_MS) {
    putMetrics({ name: 'ConnectionEventsLate', unit: 'Count', value: 1 });
  }
}
