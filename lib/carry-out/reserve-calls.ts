import type { Observation } from '../domain/add-flow/state.ts';
import type { Clock } from '../domain/clock.ts';
import type { CallBudget } from '../genesys/api/call-budget.ts';
import { type CallAllowance, REFUSAL_DETAILS } from '../genesys/pace/call-allowance.ts';

/**
 * Reserves the next calls of a request. They replace those that it has reserved and not made.
 * @throws AdderError where the budget cannot be read
 */
export async function reserveCalls(
  { allowance, clock }: { allowance: Pick<CallAllowance, 'acquire'>; clock: Pick<Clock, 'now'> },
  budget: CallBudget,
  calls: number,
): Promise<Observation> {
  const { callerId, deadlineMs, grant } = budget;
  const replaces = grant && { ...grant };
  const outcome = await allowance
    .acquire(calls, { callerId, replaces, slackMs: deadlineMs - clock.now() })
    .catch((error: unknown) => {
      // The write may have been made, and then the replaced calls are free already: not returned again.
      if (grant) grant.calls = 0;
      throw error;
    });
  if (!outcome.granted) {
    const { reason, retryAtMs } = outcome;
    const stopped = reason === 'stopped';
    return { kind: 'not-reserved', retryAtMs, detail: REFUSAL_DETAILS[reason], stopped };
  }
  budget.grant = outcome;
  return { kind: 'reserved' };
}
