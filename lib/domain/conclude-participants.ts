import type { Verdict } from './build-result.ts';
import type { AddAttempt, RecordedParticipant, RequestRecord } from './request-record.ts';
import { firstMentions } from './roster.ts';

const OUTCOME_UNKNOWN = {
  outcome: 'UNCERTAIN',
  code: 'OUTCOME_UNKNOWN',
  detail: 'An add was sent for this participant, and its effect could not be determined.',
} as const;

/** Positions of people for whom it is unknown whether an add rang them. */
function unresolvedPositions(adds: readonly AddAttempt[]): Set<number> {
  return new Set(adds.flatMap(({ unresolved }) => unresolved));
}

/**
 * The outcome of every participant at the end of a request. A person in an add whose effect is not
 * known is `UNCERTAIN`, never `NOT_ATTEMPTED`. Other undecided people are `NOT_ATTEMPTED`, with the
 * verdict's reason. A person who is named twice has the outcome of the first entry. In a cancelled request,
 * people who were found present and were not rung are `NOT_ATTEMPTED`, so that its status is `CANCELLED`.
 */
export function concludeParticipants(
  { participants, adds }: Pick<RequestRecord, 'participants' | 'adds'>,
  verdict?: Verdict,
): RecordedParticipant[] {
  const unresolved = unresolvedPositions(adds);
  const concluded = participants.map((participant, position): RecordedParticipant => {
    if (isKept(participant, verdict)) return participant;
    if (unresolved.has(position)) return { ...participant, ...OUTCOME_UNKNOWN };
    return { ...asRequested(participant), outcome: 'NOT_ATTEMPTED', ...verdict };
  });
  const first = firstMentions(participants as Parameters<typeof firstMentions>[0]);
  return concluded.map((participant, position) => {
    if (first.includes(position)) return participant;
    const original = first.find(
      (earlier) => isSamePerson(participants[earlier], participant) && earlier < position,
    );
    const told = original === undefined ? undefined : concluded[original];
    if (!told) return participant;
    const { id: _id, address: _address, role: _role, ...outcome } = told;
    return { ...asRequested(participant), ...outcome };
  });
}

function isKept({ outcome }: RecordedParticipant, verdict?: Verdict): boolean {
  if (outcome === undefined) return false;
  return verdict?.code !== 'CANCELLED' || outcome !== 'ALREADY_PRESENT';
}

function isSamePerson(one: RecordedParticipant | undefined, other: RecordedParticipant): boolean {
  const pair = [one, other] as Parameters<typeof firstMentions>[0];
  return one !== undefined && firstMentions(pair).length === 1;
}

/** Without anything that was found out about the person. */
function asRequested({ id, address, role }: RecordedParticipant): RecordedParticipant {
  return {
    ...(id === undefined ? {} : { id }),
    ...(address === undefined ? {} : { address }),
    role,
  };
}
