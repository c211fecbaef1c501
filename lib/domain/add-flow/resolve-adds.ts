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
/** `failure`: of the last add, if it failed in this receive. */
type Observed = Known & Pick<FlowState, 'failure'>;

/**
 * Decides the outcome of unresolved adds by a look, for each person:
 * - a participation that is not in the snapshot: the person was rung, even if it has ended
 * - no such participation, and the look began late enough: not rung in the platform contract; `UNCERTAIN`
 *   in the generic contract, unless the add was refused as a whole
 * - no such participation in an earlier look: still unknown
 * @param beganAtMs when the look began, in milliseconds since the epoch
 */
export function resolveAdds(state: Observed, sight: ConversationSight, beganAtMs: number): Known {
  let { participants } = state;
  const adds = state.adds.map((add): AddAttempt => {
    if (add.unresolved.length === 0) return add;
    const found = findArrivals({ participants }, add, sight);
    participants = found.participants;
    const fate = add.fate === 'PENDING' ? ('UNKNOWN' as const) : add.fate;
    const resolved = { ...add, fate, unresolved: found.missing };
    if (beganAtMs < endOf(add) + READ_LAG_MS) return resolved;
    const rung = add.positions.filter((position) => !found.missing.includes(position));
    if (add.contract === 'generic' && !wasRefusedWhole(state, add, rung)) {
      participants = withUncertain(participants, found.missing);
      return { ...resolved, unresolved: [] };
    }
    // People who were proven not rung are removed from the add.
    if (rung.length > 0) return { ...resolved, unresolved: [], positions: rung };
    return { ...resolved, unresolved: [], fate: fate === 'MADE' ? fate : 'NOT_MADE' };
  });
  return { participants, adds };
}

/**
 * Whether a 409 of the generic endpoint is explained. That endpoint adds all or none, so if some people of the
 * add are listed and others are not, those who are listed were the reason for the refusal. A 409 alone
 * proves nothing: a proxy may have sent the POST twice, and the second one conflicts with the first.
 */
function wasRefusedWhole({ adds, failure }: Observed, add: AddAttempt, listed: number[]): boolean {
  return add === adds.at(-1) && failure?.status === 409 && listed.length > 0;
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
