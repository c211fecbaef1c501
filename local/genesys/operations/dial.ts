import type { RingOutcome } from '../behaviour.ts';
import type { OperationCall } from '../operation.ts';
import type { Participation } from '../organisation.ts';

/** Number that `forwards` calls. */
const FORWARDED_TO = '+15559990000';
/** Milliseconds that an immediate reaction takes. */
const MOMENT_MS = 1_000;

/** How and when the ringing ends if the call is not answered. */
const ENDINGS: Record<
  Exclude<RingOutcome, 'answers'>,
  { disconnectType: string; rings: 'for long' | 'shortly' }
> = {
  'no-answer': { disconnectType: 'transfer.noanswer', rings: 'for long' },
  declines: { disconnectType: 'client', rings: 'shortly' },
  voicemail: { disconnectType: 'transfer.noanswer', rings: 'for long' },
  'not-available': { disconnectType: 'transfer.notavailable', rings: 'shortly' },
  forwards: { disconnectType: 'transfer.forward', rings: 'shortly' },
  fails: { disconnectType: 'error', rings: 'shortly' },
};

export interface WantedParty {
  userId?: string;
  address?: string;
  queueId?: string;
}

/** Rings a user, an address or a queue, and records the outcome in the conversation. */
export function dial(call: OperationCall, conversationId: string, party: WantedParty): void {
  const { organisation, behaviour, nowMs } = call;
  const media = () => [organisation.medium('calls', 'outbound')];
  if (party.queueId !== undefined) {
    dialQueue(call, conversationId, party.queueId);
    return;
  }
  const user = party.userId === undefined ? undefined : organisation.user(party.userId);
  const who = (user?.id ?? party.address ?? '').toLowerCase();
  const outcome = behaviour.ringOutcomes.get(who) ?? behaviour.ringOutcome;
  const ending = outcome === 'answers' ? undefined : ENDINGS[outcome];
  const endsAtMs = nowMs + (ending?.rings === 'for long' ? behaviour.ringTimeoutMs : MOMENT_MS);
  const answers =
    outcome === 'answers' && behaviour.answerAfterMs !== undefined && user?.presence !== 'Offline';
  const identity: Partial<Participation> = user
    ? {
        userId: user.id,
        name: user.name,
        purpose: behaviour.dialledUserPurpose,
        ringing: 'alerting',
      }
    : { address: party.address ?? '', purpose: 'external', ringing: 'contacting' };
  organisation.ring(
    conversationId,
    {
      ...identity,
      media: media(),
      answeredAtMs: answers ? nowMs + (behaviour.answerAfterMs ?? 0) : undefined,
      ...(ending ? { leftAtMs: endsAtMs, disconnectType: ending.disconnectType } : {}),
    },
    nowMs,
  );
  if (outcome === 'voicemail' && user) {
    // The voicemail box carries its owner's id.
    const box = { userId: user.id, name: `Voicemail of ${user.name}`, purpose: 'voicemail' };
    organisation.join(conversationId, { ...box, media: media(), answeredAtMs: endsAtMs }, endsAtMs);
  }
  if (outcome === 'forwards') {
    const target = { address: FORWARDED_TO, purpose: 'external', media: media() };
    organisation.join(conversationId, { ...target, answeredAtMs: endsAtMs + MOMENT_MS }, endsAtMs);
  }
}

/** A queue is listed as `acd` until it has found an agent, who is then listed instead. */
function dialQueue(call: OperationCall, conversationId: string, queueId: string): void {
  const { organisation, behaviour, nowMs } = call;
  const agent = organisation.user(behaviour.queueAgentId ?? '');
  const foundAtMs = nowMs + (behaviour.answerAfterMs ?? MOMENT_MS);
  const media = [organisation.medium('calls', 'outbound')];
  organisation.ring(
    conversationId,
    {
      queueId,
      purpose: 'acd',
      ringing: 'offering',
      media,
      answeredAtMs: undefined,
      ...(agent ? { leftAtMs: foundAtMs, disconnectType: 'transfer' } : {}),
    },
    nowMs,
  );
  if (!agent) return;
  const found = { userId: agent.id, name: agent.name, queueId, purpose: 'agent' };
  organisation.join(
    conversationId,
    { ...found, media: [organisation.medium('calls')], answeredAtMs: foundAtMs + MOMENT_MS },
    foundAtMs,
  );
}
