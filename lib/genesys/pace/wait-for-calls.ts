import { AdderError } from '../../domain/adder-error.ts';
import type { Clock } from '../../domain/clock.ts';
import { SHORT_WAIT_MS } from '../../domain/retry-policy.ts';
import { OutOfTimeError } from '../api/call-budget.ts';
import type { AcquireOptions, CallAllowance, CallGrant } from './call-allowance.ts';

/**
 * Acquires calls, and waits for them if that takes only a few seconds.
 * @param startByMs no calls are acquired after this time
 * @throws AdderError `RATE_LIMITED`, to be retried, where the wait would be longer
 * @throws OutOfTimeError
 */
export async function waitForCalls(
  deps: { allowance: CallAllowance; clock: Clock },
  calls: number,
  options: AcquireOptions & { startByMs: number },
): Promise<CallGrant> {
  const { allowance, clock } = deps;
  const giveUpAtMs = clock.now() + SHORT_WAIT_MS;
  for (;;) {
    if (clock.now() > options.startByMs) throw new OutOfTimeError('a request to Genesys Cloud');
    const decision = await allowance.acquire(calls, options);
    if (decision.granted) return decision;
    if (decision.retryAtMs > giveUpAtMs) {
      const waitMs = decision.retryAtMs - clock.now();
      throw new AdderError(REASONS[decision.reason](Math.ceil(waitMs / 1_000)), {
        code: 'RATE_LIMITED',
        disposition: 'retry',
        retryAfterMs: waitMs,
      });
    }
    await clock.sleep(Math.max(1, Math.ceil(decision.retryAtMs - clock.now())));
  }
}

const REASONS = {
  budget: (seconds: number) => `The call budget is used up; the next try is in ${seconds} s`,
  share: (seconds: number) => `Other callers are served first; the next try is in ${seconds} s`,
  stopped: (seconds: number) => `Genesys Cloud asked for a pause of ${seconds} s`,
};
