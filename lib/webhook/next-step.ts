import type { DeadLetterReason } from '../domain/dead-letter-reasons.ts';
import type { DeliveryOutcome } from './delivery-outcome.ts';
import { deferredDelayMs, type FailedTry, nextTryDelayMs } from './next-try-delay.ts';

/** What happens to an event now. `status` and `error` are those of the last try. */
export type NextStep =
  | { kind: 'done'; status: number }
  | { kind: 'retry'; delayMs: number; status?: number | undefined; error: string }
  | {
      kind: 'give-up';
      reason: DeadLetterReason;
      detail: string;
      status?: number | undefined;
      error: string;
    };

type History = Omit<FailedTry, 'retryAfterMs'>;

/** Decides from the outcome of a try and the event's history what happens next. */
export function nextStep(outcome: DeliveryOutcome, history: History): NextStep {
  switch (outcome.kind) {
    case 'delivered':
      return { kind: 'done', status: outcome.status };
    case 'refused': {
      const { reason, status, error } = outcome;
      return { kind: 'give-up', reason, detail: error, status, error };
    }
    case 'failed': {
      const delayMs = nextTryDelayMs({ ...history, retryAfterMs: outcome.retryAfterMs });
      return retryOrGiveUp(delayMs, outcome);
    }
  }
}

/** What happens to an event that could not be posted for a reason on our side. */
export function deferStep(error: string, history: History): NextStep {
  return retryOrGiveUp(deferredDelayMs(history), { error });
}

function retryOrGiveUp(
  delayMs: number | undefined,
  { status, error }: { status?: number | undefined; error: string },
): NextStep {
  if (delayMs !== undefined) return { kind: 'retry', delayMs, status, error };
  const detail = 'not delivered within three days';
  return { kind: 'give-up', reason: 'DELIVERY_GIVEN_UP', detail, status, error };
}
