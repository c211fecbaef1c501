import type { Wait } from '../domain/wait-until.ts';
import type { InvocationContext } from './or-data-action.ts';

/**
 * A caller's wait within one invocation.
 * @param receivedAtMs when API Gateway received the request, in milliseconds since the Unix epoch
 */
export function toWait(seconds: number, context: InvocationContext, receivedAtMs?: number): Wait {
  return { seconds, receivedAtMs, remainingMs: () => context.getRemainingTimeInMillis?.() };
}
