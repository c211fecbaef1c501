import type { DeadLetterReason } from '../domain/dead-letter-reasons.ts';
import type { Verdict } from './delivery-outcome.ts';
import { type FailedTry, holdDelayMs, nextTryDelayMs } from './schedule.ts';

/** What becomes of an event now. `status` and `error` are those of the last try. */
export type NextStep =
  | { kind: 'done'; status: number }
  | { kind: 'again'; delayMs: number; status?: number | undefined; error: string }
  | {
      kind: 'give-up';
      reason: DeadLetterReason;
      detail: string;
      status?: number | undefined;
      error: string;
    };

type History = Omit<FailedTry, 'retryAfterMs'>;

/** Decides from the verdict on a try and the event's history what comes next (contract 5). */
export function nextStep(verdict: Verdict, history: History): NextStep {
  switch (verdict.kind) {
    case 'delivered':
      return { kind: 'done', status: verdict.status };
    case 'refused': {
      const { reason, status, error } = verdict;
      return { kind: 'give-up', reason, detail: error, status, error };
    }
    case 'failed': {
      const delayMs = nextTryDelayMs({ ...history, retryAfterMs: verdict.retryAfterMs });
      return againOrGiveUp(delayMs, verdict);
    }
  }
}

/** What becomes of an event that cannot be tried, for a reason on our side. */
export function holdStep(error: string, history: History): NextStep {
  return againOrGiveUp(holdDelayMs(history), { error });
}

function againOrGiveUp(
  delayMs: number | undefined,
  { status, error }: { status?: number | undefined; error: string },
): NextStep {
  if (delayMs !== undefined) return { kind: 'again', delayMs, status, error };
  const detail = 'three days of tries came to nothing';
  return { kind: 'give-up', reason: 'DELIVERY_GIVEN_UP', detail, status, error };
}
