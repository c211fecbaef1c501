import type { AddAttempt, RecordedParticipant } from '../request-record.ts';
import { RETRIES_IN_PLACE, retryInPlaceDelayMs } from '../retry-policy.ts';
import { afterStopMs, deferUntilMs } from './defer-until.ts';
import type { Cause, Failure, FlowState } from './state.ts';

/** Wait before the look that a refusal asks for, because reads lag behind. */
const LOOK_AGAIN_MS = 2_000;

/**
 * Whether a failure proves that the add was not made: it was not sent, or the response was a 4xx other than
 * 408 and 409. Those two can be the response to a second POST that a proxy sent after the first one was made.
 */
export function isProvenNotMade({ notSent, outOfTime, status }: Failure): boolean {
  if (notSent || outOfTime) return true;
  return status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 409;
}

/** The state after a failed add. The last look is no longer current. */
export function observeAddFailure(state: FlowState, failure: Failure, nowMs: number): FlowState {
  const add = state.adds.at(-1);
  if (!add) return state;
  const { code, detail } = failure;
  const known: FlowState = { ...state, failure, lastCause: { code, detail } };
  if (!isProvenNotMade(failure)) {
    const lost: FlowState = {
      ...known,
      lostAdds: state.lostAdds + 1,
      pendingRefusal: failure.disposition === 'retry' ? undefined : { code, detail },
    };
    return withLastAdd(lost, { ...add, fate: 'UNKNOWN' });
  }
  return afterRefusal(
    withLastAdd(known, { ...add, fate: 'NOT_MADE', unresolved: [] }),
    add,
    failure,
    nowMs,
  );
}

/** The state after a refused add, which rang no one. The refusal decides the next step. */
function afterRefusal(
  state: FlowState,
  add: AddAttempt,
  failure: Failure,
  nowMs: number,
): FlowState {
  const { code, detail } = failure;
  const cause: Cause = { code, detail };
  if (failure.outOfTime) return { ...state, pause: { untilMs: nowMs, elsewhere: true, ...cause } };
  if (code === 'RATE_LIMITED') return afterRateLimit(state, failure, cause, nowMs);
  if (failure.lookAgain || failure.notActive) return lookAgain(state, add, failure, nowMs);
  if (failure.disposition === 'retry') {
    const untilMs = deferUntilMs(state, nowMs, failure.retryAfterMs);
    return { ...state, pause: { untilMs, elsewhere: true, ...cause } };
  }
  if (failure.notSent) return { ...state, verdict: cause };
  // If the platform names the refused people, the others are added in the next attempt.
  const blamed = blamedPositions(state, add, failure);
  return rejectAll(state, blamed.length > 0 ? blamed : add.positions, cause);
}

function afterRateLimit(
  state: FlowState,
  { retryAfterMs }: Failure,
  cause: Cause,
  nowMs: number,
): FlowState {
  const { rateLimits, limits } = state;
  const next = { ...state, rateLimits: rateLimits + 1 };
  if (retryAfterMs !== undefined) {
    const untilMs = afterStopMs(state, nowMs, retryAfterMs);
    return { ...next, pause: { untilMs, elsewhere: true, ...cause } };
  }
  if (rateLimits >= RETRIES_IN_PLACE) {
    return { ...next, pause: { untilMs: deferUntilMs(state, nowMs), elsewhere: true, ...cause } };
  }
  const waitMs = retryInPlaceDelayMs(rateLimits, () => limits.jitter);
  return { ...next, pause: { untilMs: nowMs + waitMs, elsewhere: false, ...cause } };
}

/** The acting user has left, or a person is in already: look again, then add again. */
function lookAgain(state: FlowState, add: AddAttempt, failure: Failure, nowMs: number): FlowState {
  const { actingUserId } = add;
  const leftTheCall = failure.status === 404 || failure.notActive;
  const blamed = failure.status === 404 ? blamedPositions(state, add, failure) : [];
  const unknown: Cause = { code: 'UNKNOWN_USER', detail: failure.detail };
  return {
    ...rejectAll(state, blamed, unknown),
    refusals: state.refusals + 1,
    notActing:
      leftTheCall && actingUserId !== undefined && blamed.length === 0
        ? [...state.notActing, actingUserId]
        : state.notActing,
    pause: {
      untilMs: nowMs + Math.max(LOOK_AGAIN_MS, failure.retryAfterMs ?? 0),
      elsewhere: false,
      code: failure.code,
      detail: failure.detail,
    },
  };
}

function blamedPositions({ participants }: FlowState, add: AddAttempt, { blamed }: Failure) {
  return add.positions.filter((position) => blamed.includes(participants[position]?.id ?? ''));
}

function rejectAll(state: FlowState, positions: readonly number[], refusal: Cause): FlowState {
  const participants = state.participants.map((participant, position): RecordedParticipant => {
    if (!positions.includes(position) || participant.outcome !== undefined) return participant;
    const { warning: _, ...rest } = participant;
    return { ...rest, outcome: 'REJECTED', ...refusal };
  });
  return { ...state, participants };
}

function withLastAdd(state: FlowState, add: AddAttempt): FlowState {
  return { ...state, adds: [...state.adds.slice(0, -1), add] };
}
