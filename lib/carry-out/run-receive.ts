import { createCallBudget } from '../genesys/api/call-budget.ts';
import type { CarriedOut } from './carried-out.ts';
import { Receive, type ReceiveDeps, type ReceiveOptions } from './receive.ts';
import type { ReceiveEnd } from './receive-end.ts';
import type { RecordWriter } from './record-writer.ts';
import { sendResultOrDefer } from './resend-result.ts';

/**
 * Runs one receive, then sends its result and returns the calls that it did not make.
 * @param run runs the receive to its end
 * @param release releases the lease of the conversation, if the receive holds it
 * @throws what `run` throws. The lease is not released then
 */
export async function runReceive(
  deps: ReceiveDeps,
  writer: RecordWriter,
  options: ReceiveOptions,
  {
    run,
    release,
  }: { run: (receive: Receive) => Promise<ReceiveEnd>; release: () => Promise<void> },
): Promise<CarriedOut> {
  const { deadlineMs, callerId } = writer.current;
  const budget = createCallBudget({ finishByMs: options.finishByMs, deadlineMs, callerId });
  const returnCalls = async () => {
    if (budget.grant && budget.grant.calls > 0) {
      await deps.allowance.release(budget.grant, callerId);
    }
  };
  let end: ReceiveEnd;
  try {
    end = await run(new Receive(deps, writer, budget, options));
  } catch (error) {
    await returnCalls();
    throw error;
  }
  // The result is final, so that sending it needs neither the lease nor the calls.
  const [ended] = await Promise.all([
    end.kind === 'finished' ? sendResultOrDefer(deps, end) : end,
    returnCalls(),
    release(),
  ]);
  return ended;
}
