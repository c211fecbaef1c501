import type { Disposition } from '../adder-error.ts';
import type { Code } from '../codes.ts';
import type { RequestedParticipant } from '../participant.ts';
import type { AddAttempt, RecordedParticipant, RequestRecord } from '../request-record.ts';
import type { Refusal, Roster, UserDirectory } from '../roster.ts';

/** A conversation as a look shows it. */
export interface ConversationSight {
  roster: Roster;
  /** Why the conversation counts as ended; absent while it is live. */
  ended?: string;
  /** Live media, none of which is voice. */
  otherMedia?: string[];
}

/** A code and its explanation: why a request waits, or why it ends. */
export interface Cause {
  code: Code;
  detail: string;
}

/** An error, reduced to what the flow needs. */
export interface Failure extends Cause {
  disposition: Disposition;
  /** The platform asks for another look before the next attempt. */
  lookAgain: boolean;
  /** HTTP status; absent where there was no response. */
  status?: number | undefined;
  retryAfterMs?: number | undefined;
  /** Ids that the platform blames, in lower case. */
  blamed: readonly string[];
  /** The acting user is no longer active in the call. */
  notActive: boolean;
  /** The invocation has too little time left. Nothing is wrong with the request. */
  outOfTime: boolean;
  /** The request was not sent: no grant, no token, or the connection was refused. */
  notSent: boolean;
}

export interface Pause extends Cause {
  /** Milliseconds since the epoch. */
  untilMs: number;
  /** Always deferred, even if the wait is short. */
  elsewhere: boolean;
}

/** The limits of one receive. */
export interface ReceiveLimits {
  /** Waits in place end by then. Milliseconds since the epoch. */
  waitByMs: number;
  /** Genesys work is over by then. Milliseconds since the epoch. */
  finishByMs: number;
  /** How often the message was received, including this time. */
  receiveCount: number;
  /** The queue's redrive limit. */
  maxReceives: number;
  /** In [0, 1): spreads deferrals of requests that failed together. */
  jitter: number;
}

/** An add of another request in this conversation, which reads may not show yet. */
export interface OtherAdd {
  participant: Pick<RequestedParticipant, 'id' | 'address'>;
  /** Milliseconds since the epoch. */
  atMs: number;
}

/** The state of a request in one receive. Immutable. */
export interface FlowState {
  readonly requestedAtMs: number;
  readonly deadlineMs: number;
  readonly run: number;
  readonly dryRun: boolean;
  readonly onlyIfReachable: boolean;
  /**
   * The conversation is likely not to exist: it is read alone, and the users only where it is found.
   * The same calls for a request that is carried out, one fewer for a refusal.
   */
  readonly conversationFirst: boolean;
  readonly actingUserId: string | undefined;
  readonly limits: ReceiveLimits;
  readonly otherAdds: readonly OtherAdd[];
  /** Why addresses are not dialled, by position. */
  readonly refusedAddresses: ReadonlyMap<number, Refusal>;

  readonly participants: readonly RecordedParticipant[];
  readonly adds: readonly AddAttempt[];
  /** An add was announced and is not posted yet: the last of `adds`. */
  readonly announced: boolean;
  /** Calls that are reserved and not made yet. */
  readonly reserved: number;
  /** The last look; absent where none is fresh enough to decide upon. */
  readonly sight: ConversationSight | undefined;
  /** When the last look that succeeded began. Milliseconds since the epoch. */
  readonly lookedAtMs: number;
  /** A look of this receive has failed. */
  readonly lookFailed: boolean;
  /** Facts about the users; `singly` where each has to be looked up by a call of its own. */
  readonly users: UserDirectory | 'singly' | undefined;
  readonly pause: Pause | undefined;
  /** The request ends with it. */
  readonly verdict: Cause | undefined;
  /** Why the request is not finished; what `EXPIRED` names. */
  readonly lastCause: Cause | undefined;
  /** The failure of the last add, if it failed. */
  readonly failure: Failure | undefined;
  /** The last add was refused but may have had an effect. People who were not rung are rejected. */
  readonly pendingRefusal: Cause | undefined;
  /** Users on whose behalf the platform refused to add. */
  readonly notActing: readonly string[];
  /** Counts of this receive. */
  readonly lostAdds: number;
  readonly refusals: number;
  readonly rateLimits: number;
}

export type Action =
  | { kind: 'reserve'; calls: number }
  | { kind: 'look'; users: readonly RequestedParticipant[] }
  | { kind: 'look-up-users'; users: readonly RequestedParticipant[]; singly: boolean }
  | {
      kind: 'decide';
      positions: readonly number[];
      outcome: 'REJECTED' | 'WOULD_BE_ADDED';
      refusal?: Refusal;
    }
  | { kind: 'announce'; add: Pick<AddAttempt, AddFields> }
  | { kind: 'add'; add: AddAttempt }
  | { kind: 'withdraw' }
  | { kind: 'wait'; untilMs: number }
  | ({ kind: 'defer'; untilMs: number } & Cause)
  | { kind: 'finish'; verdict?: Cause; deadLetter?: boolean };

type AddFields = 'contract' | 'actingUserId' | 'positions' | 'snapshot';

export type Observation =
  | { kind: 'reserved' }
  /** `stopped`: by a 429, not for lack of budget. */
  | { kind: 'not-reserved'; retryAtMs: number; detail: string; stopped?: boolean }
  | {
      kind: 'looked';
      beganAtMs: number;
      sight: ConversationSight;
      users?: UserDirectory | 'singly' | undefined;
    }
  | { kind: 'users-found'; users: UserDirectory | 'singly' }
  /** A look or a lookup failed. */
  | { kind: 'failed'; failure: Failure }
  | {
      kind: 'decided';
      positions: readonly number[];
      outcome: 'REJECTED' | 'WOULD_BE_ADDED';
      refusal?: Refusal | undefined;
    }
  | { kind: 'announced'; adds: readonly AddAttempt[] }
  /** The announced add was not posted. */
  | { kind: 'withdrawn'; cause?: Cause }
  /** `sight`: the conversation in the response. `everyone`: the response does not show that any is missing. */
  | { kind: 'added'; sight?: ConversationSight | undefined; everyone?: boolean }
  | { kind: 'add-failed'; failure: Failure }
  | { kind: 'waited' };

/**
 * The initial state of a receive. The record contains the results of earlier receives and runs.
 * @param receive `isFirst`: no receive of this run has begun before. `lastAddEndedAtMs`: the end of the last
 * add, which the record does not have if it could not be written
 */
export function startFlow(
  record: RequestRecord,
  receive: Pick<FlowState, 'limits' | 'otherAdds' | 'refusedAddresses'> & {
    isFirst: boolean;
    conversationFirst?: boolean;
    lastAddEndedAtMs?: number;
  },
): FlowState {
  const { limits, otherAdds, refusedAddresses, isFirst, conversationFirst = false } = receive;
  const unresolved = new Set(record.adds.flatMap((add) => add.unresolved));
  return {
    limits,
    otherAdds,
    refusedAddresses,
    requestedAtMs: record.requestedAtMs,
    deadlineMs: record.deadlineMs,
    run: record.run,
    dryRun: record.dryRun,
    onlyIfReachable: record.onlyIfReachable,
    conversationFirst: conversationFirst || record.lastCause?.code === 'CONVERSATION_NOT_FOUND',
    actingUserId: record.actingUserId,
    participants: record.participants.map((participant, position) =>
      // Undecided in an earlier run. This run can look again.
      participant.outcome === 'UNCERTAIN' && unresolved.has(position)
        ? undecided(participant)
        : participant,
    ),
    adds: withLastEnd(record.adds, receive.lastAddEndedAtMs ?? 0),
    announced: false,
    reserved: 0,
    sight: undefined,
    lookedAtMs: 0,
    lookFailed: false,
    users: undefined,
    pause: undefined,
    verdict: undefined,
    lastCause: (record.lastCause as Cause | undefined) ?? (isFirst ? undefined : UNFINISHED),
    failure: undefined,
    pendingRefusal: undefined,
    notActing: [],
    lostAdds: 0,
    refusals: 0,
    rateLimits: 0,
  };
}

function withLastEnd(adds: AddAttempt[], endedAtMs: number): AddAttempt[] {
  const last = adds.at(-1);
  if (last?.fate !== 'PENDING' || endedAtMs <= last.startedAtMs) return adds;
  return [...adds.slice(0, -1), { ...last, endedAtMs }];
}

/** An earlier receive recorded no cause, because it crashed or could not reach the table. */
const UNFINISHED: Cause = { code: 'INTERNAL_ERROR', detail: 'the function did not finish' };

function undecided(participant: RecordedParticipant): RecordedParticipant {
  const { outcome: _outcome, code: _code, detail: _detail, ...rest } = participant;
  return rest;
}
