import { requestedAt, requestedOf } from './add-flow/open-positions.ts';
import { judgeConnection } from './connection.ts';
import type { AddAttempt, RecordedParticipant, RequestRecord } from './request-record.ts';
import { firstMentions, isUnownedBox, newParticipationsOfAll, type Roster } from './roster.ts';

const WATCHED = new Set(['ADDED', 'UNCERTAIN']);

type Rung = Pick<RequestRecord, 'participants' | 'adds'>;

/** What a look at the conversation showed. */
export interface WatchedConversation {
  roster: Roster;
  /** Absent while it goes on. */
  ended?: string | undefined;
}

/** Positions of the people who are watched. */
export function watchedPositions(record: Rung): number[] {
  return record.participants.flatMap((_, position) => (addOf(record, position) ? [position] : []));
}

/** Whether another look could tell nothing more. */
export function isEveryoneDecided(record: Rung): boolean {
  return watchedPositions(record).every((position) => isDecided(record.participants[position]));
}

/**
 * The participants with what a look tells about them. What was decided before stays; a person about
 * whom the look tells nothing stays as before.
 */
export function observeConnections(
  record: Rung,
  { roster, ended }: WatchedConversation,
): RecordedParticipant[] {
  const participants = [...record.participants];
  for (const add of record.adds) {
    const positions = watchedPositions(record).filter((at) => addOf(record, at) === add);
    const arrivals = newParticipationsOfAll(add.snapshot, roster, requestedAt(record, positions));
    const judge = (boxIsTheirs: boolean) =>
      arrivals.map((entries, index) => {
        const known = participants[positions[index] ?? -1]?.participantId;
        const own = roster.participations.filter(
          (entry) => entry.participationId === known && !entries.includes(entry),
        );
        return judgeConnection([...own, ...entries], {
          callEnded: ended !== undefined,
          unownedVoicemail: boxIsTheirs,
        });
      });
    // A voicemail box without an owner is theirs who did not answer, if there is one for each.
    const taken = new Set(arrivals.flat());
    const boxes = roster.participations.filter(
      (entry) =>
        isUnownedBox(entry) &&
        entry.live &&
        !taken.has(entry) &&
        !add.snapshot.includes(entry.participationId),
    ).length;
    const unanswered = judge(false).filter(
      ({ connection, decided }) => decided && !ANSWERED.has(connection),
    ).length;
    const judged = judge(boxes > 0 && boxes >= unanswered);
    for (const [index, position] of positions.entries()) {
      const participant = participants[position];
      const { connection = 'UNKNOWN' } = judged[index] ?? {};
      if (!participant || isDecided(participant) || connection === 'UNKNOWN') continue;
      const participationId = arrivals[index]?.[0]?.participationId;
      participants[position] = {
        ...participant,
        ...(participationId === undefined ? {} : { participantId: participationId }),
        ...(participant.participantId === undefined
          ? {}
          : { participantId: participant.participantId }),
        connection,
      };
    }
  }
  return participants;
}

const ANSWERED: ReadonlySet<string> = new Set(['CONNECTED', 'VOICEMAIL', 'CALL_ENDED']);

/** The participants at the end of a watch: of whom nothing was learned, `UNKNOWN`. */
export function concludeConnections(record: Rung): RecordedParticipant[] {
  const watched = new Set(watchedPositions(record));
  return record.participants.map((participant, position) =>
    watched.has(position) && participant.connection === undefined
      ? { ...participant, connection: 'UNKNOWN' }
      : participant,
  );
}

/** The add that rang a watched person; `undefined` for all others. */
export function addOf({ participants, adds }: Rung, position: number): AddAttempt | undefined {
  const participant = participants[position];
  if (!participant || !WATCHED.has(participant.outcome ?? '')) return undefined;
  const naming = adds.filter(
    ({ contract, positions }) =>
      contract === 'platform' &&
      positions.some((other) => other === position || isSame(participants[other], participant)),
  );
  return naming.find(({ fate }) => fate !== 'NOT_MADE') ?? naming[0];
}

function isSame(one: RecordedParticipant | undefined, other: RecordedParticipant): boolean {
  return one !== undefined && firstMentions([requestedOf(one), requestedOf(other)]).length === 1;
}

function isDecided(participant: RecordedParticipant | undefined): boolean {
  const { connection } = participant ?? {};
  return connection !== undefined && connection !== 'STILL_RINGING' && connection !== 'UNKNOWN';
}
