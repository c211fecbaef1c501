import { isFitToAct, type Roster, refuseCapacity, snapshotFor } from '../roster.ts';
import { addedByOthersJustNow, samePersonAddedByOthers } from './added-by-others.ts';
import { deferUntilMs } from './defer-until.ts';
import { openPositions, requestedAt, unresolvedPositions } from './open-positions.ts';
import {
  expired,
  finish,
  giveUp,
  LAST_LOOKS_MS,
  look,
  outOfTime,
  pauseUntil,
  reserve,
} from './pause-until.ts';
import { endOf, READ_LAG_MS } from './resolve-adds.ts';
import type { Action, Cause, FlowState } from './state.ts';

/** The first look after an add whose outcome is unknown. It usually shows who was rung. */
const FIRST_LOOK_MS = 2_000;
/** Time that an add may need in an invocation. */
const ADD_NEEDS_MS = 15_000;
/** Adds in one run that the platform accepted without listing the person. */
const MAX_ACCEPTED_ADDS = 3;
/** Adds in the first receive whose outcome was unknown at first; later ones make one each. */
const MAX_LOST_ADDS = 3;
/** Refusals in one receive after which the platform asked for another look. */
const MAX_REFUSALS = 3;

/** One row of the table: the action, if the row applies. */
type Row = (state: FlowState, nowMs: number) => Action | undefined;

/**
 * The first row that applies decides the next action. A row returns `undefined` if it does not apply.
 * observe (observe.ts) updates the state with the outcome of the action.
 */
const ROWS: readonly Row[] = [
  everyoneDecided,
  receivesExhausted,
  announcedTooLate,
  announced,
  verdictReached,
  deadlinePassed,
  lastLooksOver,
  paused,
  addUnresolved,
  addedByOthersJustNow,
  noFreshLook,
  conversationOver,
  usersUnknown,
  samePersonAddedByOthers,
  triedInVain,
  noActingUser,
  roomExceeded,
  planned,
  lostTooOften,
  tooLittleTime,
  addNotReserved,
  someoneMissing,
];

/** The next action for a request in this state. Pure: the same state and time give the same action. */
export function nextAction(state: FlowState, nowMs: number): Action {
  for (const row of ROWS) {
    const action = row(state, nowMs);
    if (action) return action;
  }
  throw new Error('No row of the flow applies');
}

function everyoneDecided(state: FlowState): Action | undefined {
  return openPositions(state).length === 0 ? { kind: 'finish' } : undefined;
}

/** The queue moves the message to the dead-letter queue after this receive, so it only sends a result. */
function receivesExhausted({ limits, lastCause }: FlowState): Action | undefined {
  if (limits.receiveCount < limits.maxReceives) return undefined;
  const cause = lastCause
    ? `${lastCause.code}: ${lastCause.detail}`
    : 'the function did not finish';
  return giveUp(limits.receiveCount, cause);
}

/** People are not rung after the deadline, even if the add was announced before it. */
function announcedTooLate(state: FlowState, nowMs: number): Action | undefined {
  const late = nowMs >= state.deadlineMs || nowMs + ADD_NEEDS_MS > state.limits.finishByMs;
  return state.announced && late ? { kind: 'withdraw' } : undefined;
}

function announced({ announced, adds }: FlowState): Action | undefined {
  const add = adds.at(-1);
  return announced && add ? { kind: 'add', add } : undefined;
}

function verdictReached({ verdict }: FlowState): Action | undefined {
  return verdict && { kind: 'finish', verdict };
}

function deadlinePassed(state: FlowState, nowMs: number): Action | undefined {
  if (nowMs < state.deadlineMs || unresolvedPositions(state).length > 0) return undefined;
  return expired(state);
}

/** The outcome of the last add could not be determined. A late receive makes at least one look. */
function lastLooksOver(state: FlowState, nowMs: number): Action | undefined {
  const over = state.lookFailed && nowMs >= state.deadlineMs + LAST_LOOKS_MS;
  return over ? expired(state) : undefined;
}

function paused(state: FlowState, nowMs: number): Action | undefined {
  const { pause } = state;
  if (!pause || (pause.untilMs <= nowMs && !pause.elsewhere)) return undefined;
  return pauseUntil(state, nowMs, pause.untilMs, pause, pause.elsewhere);
}

/** Looks for the outcome of an add: once early, and once when reads are certain to show it. */
function addUnresolved(state: FlowState, nowMs: number): Action | undefined {
  if (unresolvedPositions(state).length === 0) return undefined;
  const lookAtMs = Math.max(
    ...state.adds
      .filter(({ unresolved }) => unresolved.length > 0)
      .map((add) => nextLookMs(add, state)),
  );
  if (nowMs < lookAtMs) {
    const cause: Cause = state.failure ?? {
      code: 'OUTCOME_UNKNOWN',
      detail: 'Waiting until the conversation shows the outcome of the last add',
    };
    return pauseUntil(state, nowMs, lookAtMs, cause);
  }
  return look(state, nowMs, 1);
}

/**
 * Every add follows a look. The calls for both are reserved together, unless the conversation is likely to be
 * unknown: then the calls for the add would be returned unused.
 */
function noFreshLook(state: FlowState, nowMs: number): Action | undefined {
  if (state.sight) return undefined;
  if (state.conversationFirst) return look(state, nowMs, 1);
  const users = state.users === undefined && userIdsOf(state).length > 0 ? 1 : 0;
  return look(state, nowMs, 1 + users + (state.dryRun ? 0 : 1));
}

function conversationOver({ sight }: FlowState): Action | undefined {
  if (sight?.ended !== undefined) {
    return finish('CONVERSATION_ENDED', `The conversation has ended: ${sight.ended}`);
  }
  if (sight?.otherMedia) {
    return finish(
      'MEDIA_NOT_SUPPORTED',
      `The conversation is live on ${sight.otherMedia.join(', ')}; participants can be added to voice calls only`,
    );
  }
  return undefined;
}

/** Looks up users who were not looked up with the look. One call each if there is no bulk lookup. */
function usersUnknown(state: FlowState): Action | undefined {
  if (state.users !== 'singly' && state.users !== undefined) return undefined;
  const users = requestedAt(state, openPositions(state)).filter(({ id }) => id !== undefined);
  if (users.length === 0) return undefined;
  const singly = state.users === 'singly';
  // The call for the add stays reserved.
  const calls = (singly ? users.length : 1) + (state.dryRun ? 0 : 1);
  return reserve(state, calls) ?? { kind: 'look-up-users', users, singly };
}

/** The platform accepted the add, or asked for another look, too often. */
function triedInVain(state: FlowState): Action | undefined {
  const open = openPositions(state);
  if (state.refusals >= MAX_REFUSALS && state.failure) {
    const { code, detail } = state.failure;
    return { kind: 'decide', positions: open, outcome: 'REJECTED', refusal: { code, detail } };
  }
  const positions = open.filter((position) => acceptedAdds(state, position) >= MAX_ACCEPTED_ADDS);
  if (positions.length === 0) return undefined;
  return {
    kind: 'decide',
    positions,
    outcome: 'REJECTED',
    refusal: {
      code: 'GENESYS_REJECTED',
      detail: `Genesys Cloud accepted the add ${MAX_ACCEPTED_ADDS} times and never listed this participant.`,
    },
  };
}

function noActingUser({ sight, actingUserId, notActing }: FlowState): Action | undefined {
  if (sight?.roster.contract !== 'platform') return undefined;
  if (actingUserId !== undefined) {
    const fit = isFitToAct(sight.roster, actingUserId) && !notActing.includes(actingUserId);
    if (fit) return undefined;
    return finish(
      'ACTING_USER_NOT_IN_CALL',
      `The acting user ${actingUserId} is not a full, live participant of the call`,
    );
  }
  if (sight.roster.actingUserIds.length > 0) return undefined;
  return finish(
    'NO_ACTING_USER',
    'No Genesys Cloud user is in the call, and people can be added only on behalf of one',
  );
}

function roomExceeded(state: FlowState): Action | undefined {
  const positions = openPositions(state);
  const refusal =
    state.sight && refuseCapacity(state.sight.roster, positions.length, state.participants.length);
  return refusal && { kind: 'decide', positions, outcome: 'REJECTED', refusal };
}

function planned(state: FlowState): Action | undefined {
  if (!state.dryRun) return undefined;
  return { kind: 'decide', positions: openPositions(state), outcome: 'WOULD_BE_ADDED' };
}

/** Defers, so that adds with unknown outcomes do not follow each other immediately. */
function lostTooOften(state: FlowState, nowMs: number): Action | undefined {
  const { limits, lostAdds, lastCause } = state;
  if (lostAdds < (limits.receiveCount > 1 ? 1 : MAX_LOST_ADDS)) return undefined;
  const cause: Cause = lastCause ?? {
    code: 'GENESYS_UNAVAILABLE',
    detail: 'Not everyone is in yet',
  };
  return pauseUntil(state, nowMs, deferUntilMs(state, nowMs), cause, true);
}

function tooLittleTime(state: FlowState, nowMs: number): Action | undefined {
  return outOfTime(state, nowMs, ADD_NEEDS_MS, 'an add');
}

function addNotReserved(state: FlowState): Action | undefined {
  return reserve(state, 1);
}

function someoneMissing(state: FlowState): Action | undefined {
  const { sight } = state;
  if (!sight) return undefined;
  const { roster } = sight;
  const positions = openPositions(state);
  const actingUserId = actingUserOf(state, roster);
  return {
    kind: 'announce',
    add: {
      contract: roster.contract,
      ...(actingUserId === undefined ? {} : { actingUserId }),
      positions,
      snapshot: snapshotFor(roster, requestedAt(state, positions)),
    },
  };
}

function actingUserOf({ actingUserId, notActing }: FlowState, roster: Roster): string | undefined {
  if (roster.contract === 'generic') return undefined;
  const { actingUserIds } = roster;
  return actingUserId ?? actingUserIds.find((id) => !notActing.includes(id)) ?? actingUserIds[0];
}

/** Adds of this run that the platform accepted and that are proven not to have rung the person. */
function acceptedAdds({ adds, run }: FlowState, position: number): number {
  return adds.filter(
    (add) => add.run === run && add.fate === 'MADE' && add.positions.includes(position),
  ).length;
}

function nextLookMs(add: FlowState['adds'][number], { lookedAtMs, failure }: FlowState): number {
  const endMs = endOf(add);
  const namedMs = failure?.retryAfterMs === undefined ? 0 : endMs + failure.retryAfterMs;
  const firstMs = endMs + FIRST_LOOK_MS;
  return Math.max(namedMs, lookedAtMs < firstMs ? firstMs : endMs + READ_LAG_MS);
}

function userIdsOf(state: FlowState): string[] {
  return requestedAt(state, openPositions(state)).flatMap(({ id }) => id ?? []);
}
