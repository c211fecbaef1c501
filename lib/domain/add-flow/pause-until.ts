import { hasAnotherTry, SHORT_WAIT_MS } from '../retry-policy.ts';
import { openPositions, requestedAt, unresolvedPositions } from './open-positions.ts';
import type { Action, Cause, FlowState } from './state.ts';

/** Time that a look may need in an invocation. */
const LOOK_NEEDS_MS = 10_000;

/** After the deadline, looks for the outcome of an add may continue for this long. */
export const LAST_LOOKS_MS = 20_000;

/** When the request ends: at its deadline, or after the last looks for the outcome of an add. */
export function endsAtMs(state: FlowState): number {
  const mayLook = unresolvedPositions(state).length > 0;
  return mayLook ? state.deadlineMs + LAST_LOOKS_MS : state.deadlineMs;
}

/** A look, together with the users if they are not known yet and people can still be added. */
export function look(state: FlowState, nowMs: number, calls: number): Action {
  const late = outOfTime(state, nowMs, LOOK_NEEDS_MS, 'a look at the conversation');
  if (late) return late;
  const wanted =
    state.users === undefined &&
    !state.conversationFirst &&
    unresolvedPositions(state).length === 0;
  const users = wanted ? requestedAt(state, openPositions(state)) : [];
  return (
    reserve(state, calls) ?? {
      kind: 'look',
      users: users.filter(({ id }) => id !== undefined),
    }
  );
}

/** Calls are reserved before they are made. */
export function reserve({ reserved }: FlowState, calls: number): Action | undefined {
  return reserved < calls ? { kind: 'reserve', calls } : undefined;
}

/** A deferral, if the invocation does not have enough time for the next step. */
export function outOfTime(
  state: FlowState,
  nowMs: number,
  needsMs: number,
  what: string,
): Action | undefined {
  if (nowMs + needsMs <= state.limits.finishByMs) return undefined;
  const detail = `Not enough time left in this invocation for ${what}`;
  return pauseUntil(state, nowMs, nowMs, { code: 'INTERNAL_ERROR', detail }, true);
}

/**
 * A short wait in the function, else a deferral. A pause that is longer than the request may last ends
 * when the request ends, not before: until then it can be cancelled, and nothing else is known about it.
 */
export function pauseUntil(
  state: FlowState,
  nowMs: number,
  wantedMs: number,
  { code, detail }: Cause,
  elsewhere = false,
): Action {
  const { limits } = state;
  const cause = { code, detail };
  const endMs = endsAtMs(state);
  const mayStillLook = unresolvedPositions(state).length > 0 && !state.lookFailed;
  if (nowMs >= endMs && !mayStillLook) return expired({ ...state, lastCause: cause });
  const untilMs = nowMs < endMs ? Math.min(wantedMs, endMs) : wantedMs;
  const inPlace =
    !elsewhere &&
    untilMs - nowMs <= SHORT_WAIT_MS &&
    untilMs <= limits.waitByMs &&
    untilMs + LOOK_NEEDS_MS <= limits.finishByMs;
  if (inPlace) return { kind: 'wait', untilMs };
  if (hasAnotherTry(limits.receiveCount, limits.maxReceives)) {
    return { kind: 'defer', untilMs, ...cause };
  }
  const known = code !== 'INTERNAL_ERROR' && code !== 'CONVERSATION_BUSY';
  return known
    ? { kind: 'finish', verdict: cause, deadLetter: true }
    : giveUp(limits.receiveCount, detail);
}

/** The end of a request whose receives are used up. Its message goes to the dead-letter queue. */
export function giveUp(receiveCount: number, cause: string): Action {
  return {
    kind: 'finish',
    verdict: {
      code: 'ATTEMPTS_EXHAUSTED',
      detail: `Received ${receiveCount} times without finishing: ${cause}`,
    },
    deadLetter: true,
  };
}

/** The end of a request whose deadline has passed, with the last cause. */
export function expired({ deadlineMs, lastCause, lookedAtMs }: FlowState): Action {
  const withoutCause =
    lookedAtMs > 0 ? 'preparing the add took until then' : 'it waited in the queue until then';
  const cause = lastCause ? `${lastCause.code}: ${lastCause.detail}` : withoutCause;
  const deadline = new Date(deadlineMs).toISOString();
  return finish('DEADLINE_EXCEEDED', `Not carried out before the deadline (${deadline}): ${cause}`);
}

export function finish(code: Cause['code'], detail: string): Action {
  return { kind: 'finish', verdict: { code, detail } };
}
