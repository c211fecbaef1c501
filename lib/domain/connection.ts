import type { Connection } from './audit-event.ts';
import type { Participation } from './roster.ts';

/** Facts about the conversation at the time of a look. */
export interface ConnectionContext {
  /** The conversation has ended, so nothing will change. */
  callEnded: boolean;
  /** A voicemail box without an owner has joined the conversation since the add. */
  unownedVoicemail?: boolean;
}

export interface ConnectionJudgement {
  connection: Connection;
  /** Another look would not change it. */
  decided: boolean;
}

/**
 * Why an unanswered call ended, by the letters of its `disconnectType`. REST reads write
 * `transfer.noanswer`, events `NO_ANSWER_TRANSFER` or `TRANSFER_NOANSWER`.
 */
const REASONS: Record<string, Connection> = {
  transfernoanswer: 'NO_ANSWER',
  noanswertransfer: 'NO_ANSWER',
  timeout: 'NO_ANSWER',
  client: 'DECLINED',
  endpoint: 'DECLINED',
  endpointdonotdisturb: 'DECLINED',
  endpointdnd: 'DECLINED',
  transferdonotdisturb: 'DECLINED',
  transferdnd: 'DECLINED',
  dndtransfer: 'DECLINED',
  donotdisturbtransfer: 'DECLINED',
  donotdisturb: 'DECLINED',
  dnd: 'DECLINED',
  transfernotavailable: 'UNAVAILABLE',
  notavailabletransfer: 'UNAVAILABLE',
  transferforward: 'FORWARDED',
  forwardtransfer: 'FORWARDED',
  error: 'FAILED',
  transportfailure: 'FAILED',
  uncallable: 'FAILED',
  system: 'FAILED',
  spam: 'FAILED',
  peer: 'CALL_ENDED',
};

/**
 * Decides whether one person who was rung answered.
 * @param since the person's participations that the add made, voicemail boxes of that person included;
 *   in the order in which the conversation lists them
 */
export function judgeConnection(
  since: readonly Participation[],
  { callEnded, unownedVoicemail = false }: ConnectionContext,
): ConnectionJudgement {
  const legs = since.filter(({ program, aside }) => !program && !aside);
  const isAnswered = ({ live, state, connectedAtMs }: Participation) =>
    connectedAtMs !== undefined || (live && state === 'connected');
  if (legs.some(isAnswered)) return { connection: 'CONNECTED', decided: true };
  if (since.some(({ purpose }) => purpose === 'voicemail')) {
    return { connection: 'VOICEMAIL', decided: true };
  }
  // The call can be over while other media of the participant, such as a shared screen, go on.
  if (!callEnded && legs.some(({ ended, state }) => !ended && state !== 'disconnected')) {
    return { connection: 'STILL_RINGING', decided: false };
  }
  const last = legs.findLast(({ disconnectType }) => disconnectType !== undefined);
  const reason = REASONS[lettersOf(last?.disconnectType)];
  if (reason !== undefined && reason !== 'CALL_ENDED') {
    return { connection: unownedVoicemail ? 'VOICEMAIL' : reason, decided: true };
  }
  if (reason === 'CALL_ENDED' || callEnded) return { connection: 'CALL_ENDED', decided: true };
  return { connection: 'UNKNOWN', decided: false };
}

function lettersOf(disconnectType = ''): string {
  return disconnectType.toLowerCase().replace(/[^a-z]/g, '');
}
