import type { AuditEvent } from '../../lib/domain/audit-event.ts';
import { conversationId } from './plan.ts';
import type { SimulatedQueue } from './simulated-queue.ts';
import { shortId, type World } from './world.ts';

/** In the bodies of events that no record vouches for. */
export const FORGED = 'forged by an attacker';

/** An attacker sends an event to the audit queue: a changed copy of a genuine one, or an invented one. */
export function forgeEvent(
  world: World,
  auditQueue: SimulatedQueue,
  genuine?: { eventId: string; event: AuditEvent },
): void {
  const requestId = genuine?.event.audit.request_id ?? world.newId();
  world.story.tell('attacker', `puts an event about ${shortId(requestId)} on the audit queue`);
  const event: AuditEvent = genuine
    ? { ...genuine.event, audit: { ...genuine.event.audit, error: FORGED } }
    : inventedEvent(requestId);
  auditQueue.send({
    body: JSON.stringify(event),
    attributes: { event_id: genuine?.eventId ?? `evt_${requestId}` },
  });
}

function inventedEvent(requestId: string): AuditEvent {
  return {
    event: 'participant_added',
    source: 'genesys-automated-adder',
    audit: {
      timestamp: '2026-11-22T15:00:00.000Z',
      conversation_id: conversationId(0),
      participant_ids: [],
      role: 'agent',
      latency_ms: 0,
      status: 'SUCCESS',
      error: FORGED,
      request_id: requestId,
      correlation_id: requestId,
      requested_by: 'attacker',
      participants: [],
      queued_ms: 0,
      attempts: 1,
      genesys_calls: 0,
      genesys_correlation_ids: [],
    },
  };
}
