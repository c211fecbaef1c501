import { asArray, asObject, asString, type Fields } from '../../domain/json.ts';
import type { Participation } from '../../domain/roster.ts';

/** The media arrays of a participant, by the name that an error gives them. */
export const MEDIA = {
  calls: 'voice',
  messages: 'message',
  emails: 'email',
  chats: 'chat',
  callbacks: 'callback',
  cobrowsesessions: 'cobrowse',
  videos: 'video',
  internalMessages: 'internal message',
  screenshares: 'screen share',
  socialExpressions: 'social media',
  screenMonitorings: 'screen monitoring',
} as const;
export type Medium = keyof typeof MEDIA;
const MEDIA_ARRAYS = Object.keys(MEDIA) as Medium[];

const OVER = new Set(['disconnected', 'terminated']);

/** Purposes of participants that are programs. They take no seat and do not count as a user. */
const PROGRAMS = new Set([
  'acd',
  'botflow',
  'campaign',
  'dialer',
  'dialer.system',
  'fax',
  'ivr',
  'recorder',
  'voicemail',
  'voicesurveyflow',
  'workflow',
]);

/** Roles of media that take part; `monitor`, `coach` and the like only listen or whisper. */
const FULL_ROLES = new Set(['full', 'barge']);

/** Ids are kept in records and results. Anything else in their place is not used. */
const ID = /^[\x20-\x7e]{1,128}$/;

/** One participant of a platform conversation. */
export interface ReadParticipant {
  participation: Participation;
  /** Media arrays that hold anything, and those that hold a live entry. */
  media: Medium[];
  liveMedia: Medium[];
  /** The participant of a private consult. Only the consulted or the consulting party has it. */
  consultedAbout: string | undefined;
}

interface MediaEntry {
  live: boolean;
  state: string | undefined;
  connectedTime: string | undefined;
  disconnectType: string | undefined;
  /** Of the participant's own end of it. */
  addresses: (string | undefined)[];
}

function readMediaEntry(entry: Fields): MediaEntry {
  const self = asObject(entry.self);
  const state = asString(entry.state)?.toLowerCase();
  return {
    live: state === undefined ? asString(entry.disconnectedTime) === undefined : !OVER.has(state),
    state,
    connectedTime: asString(entry.connectedTime),
    disconnectType: asString(entry.disconnectType),
    addresses: [asString(self?.addressNormalized), asString(self?.addressRaw)],
  };
}

/**
 * Reads one participant leniently; every field may be missing or of an odd type.
 * @param position its place in the list, which names it where it has no usable id
 */
export function readParticipant(participant: Fields, position: number): ReadParticipant {
  const entries = new Map(
    MEDIA_ARRAYS.map((medium) => [
      medium,
      (asArray(participant[medium]) ?? []).map(readMediaEntry),
    ]),
  );
  const hasEnded = asString(participant.endTime) !== undefined;
  const media = MEDIA_ARRAYS.filter((medium) => (entries.get(medium) ?? []).length > 0);
  const liveMedia = hasEnded
    ? []
    : media.filter((medium) => entries.get(medium)?.some(({ live }) => live));
  const calls = entries.get('calls') ?? [];
  const userId = asString(participant.userId)?.toLowerCase();
  const purpose = asString(participant.purpose)?.toLowerCase();
  const program = PROGRAMS.has(purpose ?? '');
  const mediaRoles = readRoles(participant.mediaRoles);
  const isHeard = takesPart(participant, mediaRoles);
  const id = asString(participant.id);
  const addresses = [asString(participant.address), ...calls.flatMap(({ addresses }) => addresses)];
  return {
    participation: {
      participationId: id !== undefined && ID.test(id) ? id : `position ${position}`,
      ...(userId === undefined ? {} : { userId }),
      addresses: addresses.filter((address) => address !== undefined),
      live: liveMedia.length > 0,
      ended: hasEnded || (media.length > 0 && liveMedia.length === 0),
      inConference: liveMedia.includes('calls') && !program && isHeard,
      program,
      ...(isHeard && (media.length === 0 || media.includes('calls')) ? {} : { aside: true }),
      ...(purpose === undefined ? {} : { purpose }),
      mediaRoles,
      ...readConnection(participant, calls, hasEnded),
    },
    media,
    liveMedia,
    consultedAbout: isBarging(participant) ? undefined : asString(participant.consultParticipantId),
  };
}

function readRoles(roles: unknown): string[] {
  if (!Array.isArray(roles)) return [];
  return roles.filter((role) => typeof role === 'string').map((role) => role.toLowerCase());
}

const isBarging = ({ bargedParticipantId }: Fields): boolean =>
  asString(bargedParticipantId) !== undefined;

/**
 * Whether the others hear this participant. `mediaRoles` lists all roles that the media have had, so the
 * fields for monitoring, coaching and barging in take precedence.
 */
function takesPart(participant: Fields, mediaRoles: readonly string[]): boolean {
  if (isBarging(participant)) return true;
  const { monitoredParticipantId, coachedParticipantId } = participant;
  if (asString(monitoredParticipantId) ?? asString(coachedParticipantId)) return false;
  return mediaRoles.length === 0 || mediaRoles.some((role) => FULL_ROLES.has(role));
}

/**
 * The state of the participant's call. A live call precedes an ended one; of several the last counts. The call
 * was answered if any of them was.
 */
function readConnection(participant: Fields, calls: readonly MediaEntry[], hasEnded: boolean) {
  const live = hasEnded ? [] : calls.filter((call) => call.live);
  const telling = live.find(({ state }) => state === 'connected') ?? live.at(-1) ?? calls.at(-1);
  const state = live.length === 0 && telling ? 'disconnected' : telling?.state;
  const answered = calls.find(({ connectedTime }) => connectedTime !== undefined);
  const connectedAtMs = readTime(
    telling?.connectedTime ?? answered?.connectedTime ?? participant.connectedTime,
  );
  const startedAtMs = readTime(participant.startTime);
  return {
    ...(state === undefined ? {} : { state }),
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...(connectedAtMs === undefined ? {} : { connectedAtMs }),
    ...(telling?.disconnectType === undefined ? {} : { disconnectType: telling.disconnectType }),
  };
}

/** Milliseconds since the epoch. */
function readTime(value: unknown): number | undefined {
  const timeMs = Date.parse(asString(value) ?? '');
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
