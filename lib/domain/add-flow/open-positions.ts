import type { RequestedParticipant } from '../participant.ts';
import type { RecordedParticipant } from '../request-record.ts';
import { firstMentions } from '../roster.ts';
import type { FlowState } from './state.ts';

/** A participant as it was requested. */
export function requestedOf({ id, address, role }: RecordedParticipant): RequestedParticipant {
  return {
    ...(id === undefined ? {} : { id }),
    ...(address === undefined ? {} : { address }),
    role,
  };
}

/** The participants at these positions, as they were requested. */
export function requestedAt(
  { participants }: Pick<FlowState, 'participants'>,
  positions: readonly number[],
): RequestedParticipant[] {
  return positions.flatMap((position) => {
    const participant = participants[position];
    return participant ? [requestedOf(participant)] : [];
  });
}

/** Positions that are not decided yet. A person who is named twice is decided once. */
export function openPositions({ participants }: Pick<FlowState, 'participants'>): number[] {
  return firstMentions(participants.map(requestedOf)).filter(
    (position) => participants[position]?.outcome === undefined,
  );
}

/** Open positions of people whom an add may have rung. */
export function unresolvedPositions(state: Pick<FlowState, 'participants' | 'adds'>): number[] {
  const unresolved = new Set(state.adds.flatMap((add) => add.unresolved));
  return openPositions(state).filter((position) => unresolved.has(position));
}
