import type { RecordedParticipant } from '../request-record.ts';
import {
  isIn,
  presenceWarning,
  type Refusal,
  refuseRole,
  refuseUnreachable,
  refuseUser,
} from '../roster.ts';
import { openPositions, requestedOf } from './open-positions.ts';
import type { FlowState } from './state.ts';

/**
 * Decides the participants for whom the last look is sufficient: those who are in already, and those who
 * cannot be added. Sets the warnings of the others.
 */
export function judgeMissing(state: FlowState): FlowState {
  const { sight } = state;
  if (!sight) return state;
  const open = openPositions(state);
  const participants = state.participants.map((participant, position) => {
    if (!open.includes(position)) return participant;
    if (isIn(sight.roster, requestedOf(participant))) {
      return { ...withoutWarning(participant), outcome: 'ALREADY_PRESENT' as const };
    }
    const refusal = refusalOf(state, participant, position);
    if (!refusal) return withWarning(state, participant);
    // The warning is the reason why a person who is not reachable is not rung.
    const known =
      refusal.code === 'NOT_REACHABLE'
        ? withWarning(state, participant)
        : withoutWarning(participant);
    return { ...known, outcome: 'REJECTED' as const, ...refusal };
  });
  return { ...state, participants };
}

function refusalOf(
  { sight, refusedAddresses, users, onlyIfReachable }: FlowState,
  participant: RecordedParticipant,
  position: number,
): Refusal | undefined {
  if (!sight) return undefined;
  const asked = requestedOf(participant);
  const role = refuseRole(sight.roster.contract, asked);
  if (role) return role;
  const address = refusedAddresses.get(position);
  if (address) return address;
  if (asked.id === undefined || users === undefined || users === 'singly') return undefined;
  const facts = users.get(asked.id);
  return refuseUser(facts) ?? (onlyIfReachable ? refuseUnreachable(asked, facts) : undefined);
}

function withWarning({ users }: FlowState, participant: RecordedParticipant): RecordedParticipant {
  if (users === undefined || users === 'singly') return participant;
  const asked = requestedOf(participant);
  const warning = presenceWarning(asked, users.get(asked.id ?? ''));
  const rest = withoutWarning(participant);
  return warning === undefined ? rest : { ...rest, warning };
}

function withoutWarning({ warning: _, ...participant }: RecordedParticipant): RecordedParticipant {
  return participant;
}
