import { judgeConnection } from '../connection.ts';
import type { AddAttempt, RecordedParticipant } from '../request-record.ts';
import { isIn, newParticipationsOfAll, type Participation } from '../roster.ts';
import { requestedAt } from './open-positions.ts';
import type { ConversationSight, FlowState } from './state.ts';

/**
 * A look shows a person who was rung if it begins this long after the add ended. Reads of the
 * platform lag behind its writes (docs/genesys.md).
 */
export const READ_LAG_MS = 5_000;

type Known = Pick<FlowState, 'participants' | 'adds'>;

/**
 * Decides the outcome of unresolved adds by a look, for each person:
 * - a participation that is not in the snapshot: the person was rung, even if it has ended
 * - no such participation, and the look began late enough: not rung in the platform contract; `UNCERTAIN`
 *   in the generic contract, whose adds are never repeated without a response
 * - no such participation in an earlier look: still unknown
 * @param beganAtMs when the look began, in milliseconds since the epoch
 */
export function resolveAdds(state: Known, sight: ConversationSight, beganAtMs: number): Known {
  let { participants } = state;
  const adds = state.adds.map((add): AddAttempt => {
    if (add.unresolved.length === 0) return add;
    const found = findArrivals({ participants }, add, sight);
    participants = found.participants;
    const fate = add.fate === 'PENDING' ? ('UNKNOWN' as const) : add.fate;
    const resolved = { ...add, fate, unresolved: found.missing };
    if (beganAtMs < endOf(add) + READ_LAG_MS) return resolved;
    if (add.contract === 'generic') {
      participants = withUncertain(participants, found.missing);
      return { ...resolved, unresolved: [] };
    }
    const rung = add.positions.filter((position) => !found.missing.includes(position));
    // People who were proven not rung are removed from the add.
    if (rung.length > 0) return { ...resolved, unresolved: [], positions: rung };
    return { ...resolved, unresolved: [], fate: fate === 'MADE' ? fate : 'NOT_MADE' };
  });
  return { participants, adds };
}

/** The end of an add. If none was recorded (a crash), the time of the write-ahead. */
export function endOf({ endedAtMs, startedAtMs }: AddAttempt): number {
  return endedAtMs ?? startedAtMs;
}

/** Marks the people whom `sight` shows to have been rung by an add. `missing` are the others in it. */
export function findArrivals(
  state: Pick<FlowState, 'participants'>,
  add: AddAttempt,
  sight: ConversationSight,
): { participants: readonly RecordedParticipant[]; missing: number[] } {
  const positions = add.unresolved.filter(
    (position) => state.participants[position]?.outcome === undefined,
  );
  const asked = requestedAt(state, positions);
  const arrivals = newParticipationsOfAll(add.snapshot, sight.roster, asked);
  const participants = [...state.participants];
  const missing = positions.filter((position, index) => {
    const participant = participants[position];
    const [requested] = requestedAt(state, [position]);
    const entries = arrivals[index] ?? [];
    if (!participant || !requested) return false;
    if (entries.length === 0 && !isIn(sight.roster, requested)) return true;
    participants[position] = added(participant, entries, sight);
    return false;
  });
  return { participants, missing };
}

function added(
  participant: RecordedParticipant,
  entries: readonly Participation[],
  { roster, ended }: ConversationSight,
): RecordedParticipant {
  const [entry] = entries;
  if (!entry || roster.contract === 'generic') return { ...participant, outcome: 'ADDED' };
  const { connection, decided } = judgeConnection(entries, { callEnded: ended !== undefined });
  return {
    ...participant,
    outcome: 'ADDED',
    participantId: entry.participationId,
    ...(decided ? { connection } : {}),
  };
}

function withUncertain(
  participants: readonly RecordedParticipant[],
  missing: readonly number[],
): RecordedParticipant[] {
  return participants.map((participant, position) =>
    missing.includes(position)
      ? {
          ...participant,
          outcome: 'UNCERTAIN',
          code: 'OUTCOME_UNKNOWN',
          detail:
            'The add had no conclusive response, and the conversation does not list the user.',
        }
      : participant,
  );
}
