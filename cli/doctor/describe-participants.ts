import { judgeConnection } from '../../lib/domain/connection.ts';
import type { Participation, Roster } from '../../lib/domain/roster.ts';
import type { Finding } from './finding.ts';

/** Maximum number of lines. Live participants come first. */
const MAX_LISTED = 30;

/**
 * One finding for each participant of a call: who it is, what the platform lists it as, how far its call
 * came, and whether people would be added on its behalf. Digits of addresses are masked but the last two.
 */
export function describeParticipants({
  contract,
  participations,
  actingUserIds,
}: Roster): Finding[] {
  if (contract === 'generic') return [];
  const [actingUser] = actingUserIds;
  const live = participations.filter((entry) => entry.live);
  const ended = participations.filter((entry) => !entry.live);
  return [...live, ...ended].slice(0, MAX_LISTED).map((entry) => ({
    check: 'participant',
    outcome: 'passed',
    detail: [
      nameOf(entry),
      roleOf(entry),
      entry.live
        ? (entry.state ?? 'live')
        : judgeConnection([entry], { callEnded: false }).connection,
      ...(entry.inConference && entry.userId === actingUser && actingUser !== undefined
        ? ['people are added on behalf of this user']
        : []),
    ].join(', '),
  }));
}

function nameOf({ userId, addresses, participationId }: Participation): string {
  if (userId !== undefined) return `user ${userId}`;
  const [address] = addresses;
  if (address === undefined) return `participant ${participationId}`;
  return address.replace(/\d(?=(?:\D*\d){2})/g, '•');
}

function roleOf({
  purpose = 'no purpose',
  program,
  inConference,
  live,
  mediaRoles,
}: Participation) {
  if (program) return `${purpose} (a program)`;
  if (!live || inConference) return purpose;
  const roles = mediaRoles.filter((role) => role !== 'full').join(' and ');
  return `${purpose} (${roles || 'not in the conference'})`;
}
