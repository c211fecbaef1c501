import { WAIT_FOR_STOP_MS } from '../retry-policy.ts';
import { afterStopMs, deferUntilMs, stoppedUntilMs } from './defer-until.ts';
import { judgeMissing } from './judge-missing.ts';
import { observeAddFailure } from './observe-add-failure.ts';
import { unresolvedPositions } from './open-positions.ts';
import { findArrivals, resolveAdds } from './resolve-adds.ts';
import type { Cause, Failure, FlowState, Observation } from './state.ts';

/** A longer wait for the budget goes back to the queue, so that waiting requests hold no instance. */
const WAIT_FOR_BUDGET_MS = 1_000;
/**
 * A new conversation can return 404 at first, so it is read again when the request has this age. For
 * an older request the first 404 is final.
 */
const NOT_FOUND_LOOKS_MS = [3_000, 10_000];

/** Updates the state with the outcome of an action. Pure, like nextAction. */
export function observe(state: FlowState, observation: Observation, nowMs: number): FlowState {
  switch (observation.kind) {
    case 'reserved':
      return state;
    case 'not-reserved':
      return observeRefusedCalls(state, observation, nowMs);
    case 'looked':
      return observeLook(state, observation);
    case 'users-found':
      return judgeMissing({ ...state, users: observation.users });
    case 'failed':
      return observeReadFailure({ ...state, lookFailed: true }, observation.failure, nowMs);
    case 'decided':
      return decide(state, observation);
    case 'announced':
      return { ...state, adds: observation.adds, announced: true };
    case 'withdrawn':
      return withdraw(state, observation.cause, nowMs);
    case 'added':
      return observeAdd(state, observation, nowMs);
    case 'add-failed':
      return observeAddFailure(endLastAdd(state, nowMs), observation.failure, nowMs);
    case 'waited':
      return { ...state, pause: undefined, sight: undefined };
  }
}

function observeRefusedCalls(
  state: FlowState,
  { retryAtMs, detail, stopped }: Extract<Observation, { kind: 'not-reserved' }>,
  nowMs: number,
): FlowState {
  const untilMs = stopped ? stoppedUntilMs(state, nowMs, retryAtMs) : retryAtMs;
  // After a look the request waits in place, because a deferral discards what it has read.
  const longestMs = stopped ? WAIT_FOR_STOP_MS : WAIT_FOR_BUDGET_MS;
  const elsewhere = !state.sight && untilMs - nowMs > longestMs;
  const lookFailed = state.lookFailed || (elsewhere && unresolvedPositions(state).length > 0);
  return pausedFor({ ...state, lookFailed }, untilMs, { code: 'RATE_LIMITED', detail }, elsewhere);
}

function observeLook(
  state: FlowState,
  { sight, users, beganAtMs }: Extract<Observation, { kind: 'looked' }>,
): FlowState {
  const resolved: FlowState = {
    ...state,
    ...resolveAdds(state, sight, beganAtMs),
    lookedAtMs: beganAtMs,
    // A later look is needed before anything is decided about people who may have been rung.
    sight,
    users: users ?? state.users,
  };
  if (unresolvedPositions(resolved).length > 0) return { ...resolved, sight: undefined };
  return judgeMissing(rejectRefused(resolved));
}

/** The look has shown that an add which was refused had no effect. */
function rejectRefused(state: FlowState): FlowState {
  const { pendingRefusal: refusal, adds } = state;
  if (!refusal) return state;
  const positions = adds.at(-1)?.positions ?? [];
  return {
    ...decide(state, { positions, outcome: 'REJECTED', refusal }),
    pendingRefusal: undefined,
  };
}

function observeReadFailure(state: FlowState, failure: Failure, nowMs: number): FlowState {
  const { code, detail } = failure;
  const cause: Cause = { code, detail };
  if (failure.outOfTime) return pausedFor(state, nowMs, cause, true);
  if (code === 'CONVERSATION_NOT_FOUND') {
    const ageMs = nowMs - state.requestedAtMs;
    const nextAgeMs = NOT_FOUND_LOOKS_MS.find((lookMs) => lookMs > ageMs);
    const nextLookMs = nextAgeMs === undefined ? undefined : state.requestedAtMs + nextAgeMs;
    // By the queue: requests for unknown conversations must not hold instances.
    if (nextLookMs !== undefined && nextLookMs < state.deadlineMs) {
      return pausedFor(state, nextLookMs, cause, true);
    }
  }
  if (failure.disposition !== 'retry') return { ...state, verdict: cause };
  return pausedFor(state, nextReadMs(state, failure, nowMs), cause, true);
}

function nextReadMs(
  state: FlowState,
  { code, status, retryAfterMs }: Failure,
  nowMs: number,
): number {
  if (status === 429 && retryAfterMs !== undefined) return afterStopMs(state, nowMs, retryAfterMs);
  const untilMs = deferUntilMs(state, nowMs, retryAfterMs);
  return code === 'RATE_LIMITED' ? stoppedUntilMs(state, nowMs, untilMs) : untilMs;
}

function decide(
  state: FlowState,
  {
    positions,
    outcome,
    refusal,
  }: Pick<Extract<Observation, { kind: 'decided' }>, 'positions' | 'outcome' | 'refusal'>,
): FlowState {
  const participants = state.participants.map((participant, position) => {
    if (!positions.includes(position) || participant.outcome !== undefined) return participant;
    const { warning, ...rest } = participant;
    const kept = outcome === 'WOULD_BE_ADDED' && warning !== undefined ? { warning } : {};
    return { ...rest, ...kept, outcome, ...refusal };
  });
  return { ...state, participants };
}

function withdraw(state: FlowState, cause: Cause | undefined, nowMs: number): FlowState {
  const { adds, ...rest } = endLastAdd(state, nowMs);
  const withdrawn = adds.map((add, index) =>
    index === adds.length - 1 ? { ...add, fate: 'NOT_MADE' as const, unresolved: [] } : add,
  );
  const next: FlowState = { ...rest, adds: withdrawn };
  return cause ? pausedFor(next, nowMs, cause, true) : next;
}

function observeAdd(
  state: FlowState,
  { sight, everyone = false }: Extract<Observation, { kind: 'added' }>,
  nowMs: number,
): FlowState {
  const ended = endLastAdd(state, nowMs);
  const add = ended.adds.at(-1);
  if (!add) return ended;
  const { participants, missing } = everyone
    ? {
        participants: ended.participants.map((participant, position) =>
          add.positions.includes(position) && participant.outcome === undefined
            ? { ...participant, outcome: 'ADDED' as const }
            : participant,
        ),
        missing: [],
      }
    : sight
      ? findArrivals(ended, add, sight)
      : { participants: ended.participants, missing: add.positions };
  return {
    ...ended,
    participants,
    adds: [...ended.adds.slice(0, -1), { ...add, fate: 'MADE', unresolved: missing }],
    failure: undefined,
    lostAdds: ended.lostAdds + (missing.length > 0 ? 1 : 0),
  };
}

/** Ends the announced add. The caller decides its outcome. A new look is needed. */
function endLastAdd(state: FlowState, nowMs: number): FlowState {
  const add = state.adds.at(-1);
  if (!add) return state;
  return {
    ...state,
    adds: [...state.adds.slice(0, -1), { ...add, endedAtMs: nowMs }],
    announced: false,
    sight: undefined,
  };
}

function pausedFor(state: FlowState, untilMs: number, cause: Cause, elsewhere = false): FlowState {
  return { ...state, pause: { untilMs, elsewhere, ...cause }, lastCause: cause };
}
