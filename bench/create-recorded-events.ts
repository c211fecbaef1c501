import { createHash, randomUUID } from 'node:crypto';
import { eventId } from '../lib/domain/event-id.ts';
import { eventSent } from '../lib/domain/event-transitions.ts';
import { finished, newRecord } from '../lib/domain/record-transitions.ts';
import { auditEvent } from './events.ts';
import { openRecords } from './open-records.ts';
import type { Servers } from './start-servers.ts';

const WRITES_AT_ONCE = 20;
const HOUR_MS = 3_600_000;

/**
 * Creates this number of results, each in the record of its request. The relay delivers such an event
 * once; it does not deliver an event without a record.
 */
export async function createRecordedEvents(
  servers: Pick<Servers, 'environment'>,
  userIds: readonly string[],
  count: number,
): Promise<object[]> {
  const { records, close } = openRecords(servers);
  const events = Array.from({ length: count }, () => auditEvent(userIds));
  const unwritten = [...events];
  const write = async () => {
    for (let event = unwritten.pop(); event; event = unwritten.pop()) {
      await records.create(recordOf(event, userIds));
    }
  };
  try {
    await Promise.all(Array.from({ length: WRITES_AT_ONCE }, write));
  } finally {
    close();
  }
  return events;
}

function recordOf(event: ReturnType<typeof auditEvent>, userIds: readonly string[]) {
  const { request_id: requestId, conversation_id: conversationId } = event.audit;
  const nowMs = Date.now();
  const context = { nowMs, writeId: randomUUID(), retentionMs: 24 * HOUR_MS };
  const body = JSON.stringify(event);
  const participants = userIds.map((id) => ({ id, role: 'agent' as const }));
  const record = newRecord(
    {
      requestId,
      origin: 'api',
      conversationId,
      participants,
      requestedBy: 'bench',
      callerId: 'bench',
      correlationId: requestId,
      digest: 'd'.repeat(64),
      dryRun: false,
      onlyIfReachable: false,
      requestedAtMs: nowMs,
      deadlineMs: nowMs + HOUR_MS,
    },
    context,
  );
  const result = {
    status: 'SUCCESS' as const,
    participants: participants.map((one) => ({ ...one, outcome: 'ADDED' as const })),
    event: {
      eventId: eventId(requestId),
      body,
      digest: createHash('sha256').update(body).digest('hex'),
      finishedAtMs: nowMs,
    },
  };
  const progress = { genesysCalls: 3, genesysCorrelationIds: [] };
  return eventSent(finished(record, result, [], progress, context), 'result', context);
}
