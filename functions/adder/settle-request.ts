import type { AuditEvent } from '../../lib/domain/audit-event.ts';
import type { Clock, Random } from '../../lib/domain/clock.ts';
import { AdderError } from '../../lib/domain/errors.ts';
import { Ledger } from '../../lib/domain/ledger.ts';
import { type AddRequest, parseRequestMessage } from '../../lib/domain/request-message.ts';
import { buildResult, type Verdict } from '../../lib/domain/result.ts';
import { deferDelayMs, hasAnotherTry } from '../../lib/domain/retry-policy.ts';
import { createCallBudget, OutOfTimeError } from '../../lib/genesys/api/call-budget.ts';
import { type CarryOutDeps, carryOut } from '../../lib/genesys/conversation/carry-out.ts';
import { READ_LAG_MS } from '../../lib/genesys/conversation/settling-times.ts';

/** One message of the request queue, as the adder sees it. */
export interface ReceivedRequest {
  body: string;
  messageId: string;
  /** Milliseconds since the epoch. */
  sentAtMs: number;
  /** This receive included. */
  receiveCount: number;
  /** Genesys work has to be over by then. Milliseconds since the epoch. */
  finishByMs: number;
  /** Its group goes back, and the queue would give it up: it gets a result instead of a try. */
  untouched?: boolean;
}

export interface SettleDeps extends CarryOutDeps {
  clock: Clock;
  random: Random;
  /** The redrive limit of the request queue. */
  maxReceives: number;
}

/** The names of a request, for log lines and attributes. */
export interface RequestNames {
  requestId: string;
  correlationId: string;
  conversationId: string;
}

export type Settlement = RequestNames &
  (
    | { kind: 'result'; event: AuditEvent; deadLetter?: Verdict; defect?: unknown }
    | { kind: 'defer'; delayMs: number; cause: string; defect?: unknown }
  );

/** A message that was never understood still gets a result, in so far as it can be named. */
function standIn(received: ReceivedRequest, fragment: Partial<AddRequest>): AddRequest {
  const requestId = fragment.requestId ?? received.messageId;
  return {
    requestId,
    correlationId: fragment.correlationId ?? requestId,
    conversationId: fragment.conversationId ?? '',
    requestedBy: 'unknown',
    participants: [],
    dryRun: false,
    onlyIfReachable: false,
    requestedAtMs: received.sentAtMs,
    deadlineMs: Number.POSITIVE_INFINITY,
  };
}

/**
 * Settles one message: a result, or a time to try again. Never throws. A result with `deadLetter`
 * is for a message that also goes to the dead-letter queue.
 */
export async function settleRequest(
  deps: SettleDeps,
  received: ReceivedRequest,
): Promise<Settlement> {
  const { clock, maxReceives, random } = deps;
  const { receiveCount } = received;
  const startedAtMs = clock.now();
  const parsed = parseRequestMessage(received.body, received);
  const request = parsed.ok ? parsed.request : standIn(received, parsed.fragment);
  const { requestId, correlationId, conversationId, deadlineMs } = request;
  const names: RequestNames = { requestId, correlationId, conversationId };
  const ledger = new Ledger(request.participants);
  const session = createCallBudget({ finishByMs: received.finishByMs, deadlineMs });

  const conclude = (verdict?: Verdict): AuditEvent =>
    buildResult({
      ...request,
      participants: ledger.results(verdict && withDoubt(verdict, ledger)),
      verdict,
      startedAtMs,
      nowMs: clock.now(),
      attempts: receiveCount,
      genesysCalls: session.calls,
      genesysCorrelationIds: session.correlationIds,
    });
  const expired = (lastCause: string): Settlement => ({
    ...names,
    kind: 'result',
    event: conclude({
      code: 'DEADLINE_EXCEEDED',
      detail: `Not carried out before the deadline (${new Date(deadlineMs).toISOString()}): ${lastCause}`,
    }),
  });
  const giveUp = (verdict: Verdict): Settlement => ({
    ...names,
    kind: 'result',
    event: conclude(verdict),
    deadLetter: verdict,
  });

  if (!parsed.ok) {
    const detail = parsed.errors.map(
      ({ pointer, detail }) => `${pointer || 'the message'} ${detail}`,
    );
    return giveUp({ code: 'INVALID_MESSAGE', detail: detail.join('; ') });
  }
  if (clock.now() >= deadlineMs) return expired('it waited in the queue until then');
  const exhausted = (lastCause: string): Verdict => ({
    code: 'ATTEMPTS_EXHAUSTED',
    detail: `Received ${receiveCount} times without coming to an end: ${lastCause}`,
  });
  if (received.untouched) return giveUp(exhausted('it waited behind another request'));
  if (receiveCount >= maxReceives) return giveUp(exhausted('the function did not finish'));

  try {
    await carryOut(deps, conversationId, ledger, session);
    return { ...names, kind: 'result', event: conclude() };
  } catch (error) {
    const lastTry = !hasAnotherTry(receiveCount, maxReceives);
    if (error instanceof OutOfTimeError) {
      if (lastTry) return giveUp(exhausted(error.message));
      // The next look must not come so early that it misses what the last POST did.
      const delayMs = ledger.unchecked ? READ_LAG_MS : 0;
      return { ...names, kind: 'defer', delayMs, cause: error.message };
    }
    if (error instanceof AdderError && error.disposition !== 'retry') {
      return {
        ...names,
        kind: 'result',
        event: conclude({ code: error.code, detail: error.message }),
      };
    }
    const known = error instanceof AdderError;
    const cause = known ? `${error.code}: ${error.message}` : 'INTERNAL_ERROR';
    const defect = known ? {} : { defect: error };
    const delayMs = deferDelayMs({
      nowMs: clock.now(),
      deadlineMs,
      receiveCount,
      maxReceives,
      retryAfterMs: known ? error.retryAfterMs : undefined,
      random,
    });
    if (delayMs === undefined) return { ...expired(cause), ...defect };
    if (lastTry) {
      const verdict = known ? { code: error.code, detail: error.message } : exhausted(cause);
      return { ...giveUp(verdict), ...defect };
    }
    return { ...names, kind: 'defer', delayMs, cause, ...defect };
  }
}

/** Says so where it is not known whether somebody was added. */
function withDoubt(verdict: Verdict, ledger: Ledger): Verdict {
  if (!ledger.unchecked) return verdict;
  return {
    ...verdict,
    detail: `${verdict.detail} An attempt to add was made whose outcome is not known.`,
  };
}
