import type { Participation } from '../../domain/roster.ts';
import type { ReadParticipant } from './read-participant.ts';

/**
 * The participations. The private target of a consult is listed with a live call but is not in the conference.
 *
 * The field stays after the consult. If no user is left who joined before the target, the consulting user has
 * handed the call over, and the target is in it.
 */
export function withoutConsulted(read: readonly ReadParticipant[]): Participation[] {
  const targets = consultTargets(read);
  const isTarget = ({ participation }: ReadParticipant) =>
    targets.has(participation.participationId);
  const users = read.filter(
    (one) => one.participation.inConference && one.participation.userId !== undefined,
  );
  return read.map((one) => {
    const isPrivate =
      isTarget(one) && users.some((user) => !isTarget(user) && isOlder(read, user, one));
    return isPrivate
      ? { ...one.participation, inConference: false, aside: true }
      : one.participation;
  });
}

/**
 * Ids of the targets. The vendor describes `consultParticipantId` once as the participant that is being
 * transferred and once as the target of the consult, so both are supported. If it names a participant who joined
 * later, that one is the target. Otherwise the participant that has the field is, and of several with the same
 * value all but the first.
 */
function consultTargets(read: readonly ReadParticipant[]): Set<string> {
  const targets = new Set<string>();
  for (const one of read) {
    const { consultedAbout, participation } = one;
    if (consultedAbout === undefined) continue;
    const named = read.find((other) => other.participation.participationId === consultedAbout);
    const others = read.filter((other) => other !== one && other.consultedAbout === consultedAbout);
    if (named && isOlder(read, one, named)) {
      if (!participation.ended) targets.add(consultedAbout);
    } else if (others.length === 0 || !others.every((other) => isOlder(read, one, other))) {
      targets.add(participation.participationId);
    }
  }
  return targets;
}

/** By the start times, or by the order of the list, which is the order of joining, where one is missing. */
function isOlder(
  read: readonly ReadParticipant[],
  one: ReadParticipant,
  other: ReadParticipant,
): boolean {
  const { startedAtMs } = one.participation;
  const { startedAtMs: otherMs } = other.participation;
  if (startedAtMs === undefined || otherMs === undefined || startedAtMs === otherMs) {
    return read.indexOf(one) < read.indexOf(other);
  }
  return startedAtMs < otherMs;
}
