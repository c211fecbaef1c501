import { received } from '../domain/record-transitions.ts';
import type { RequestRecord } from '../domain/request-record.ts';
import { busyDeferral } from './busy-deferral.ts';
import type { CarriedOut } from './carried-out.ts';
import { createConversationHold } from './conversation-hold.ts';
import { deferOnError } from './defer-on-error.ts';
import { writeContext } from './finish-request.ts';
import type { Receive, ReceiveDeps } from './receive.ts';
import type { ReceiveEnd } from './receive-end.ts';
import type { ReceivedRequest } from './received-request.ts';
import { RecordWriter } from './record-writer.ts';
import { runReceive } from './run-receive.ts';
import { TableError } from './table-error.ts';

/**
 * Carries out one receive of a request whose conversation is likely not to exist: it looks for the conversation
 * first, and acquires its lease only if it is there. Without the lease, each write of the record still needs the
 * version that this receive has read or written, so that of two receives only one goes on. Never throws.
 * @param stored the record, for which mayWait holds
 */
export function lookFirst(
  deps: ReceiveDeps,
  stored: RequestRecord,
  job: ReceivedRequest,
): Promise<CarriedOut> {
  const hold = createConversationHold(deps, stored.conversationId, job.finishByMs);
  return deferOnError(deps, stored.requestId, job, async () => {
    const begun = received(stored, writeContext(deps));
    const writer = new RecordWriter(deps.records, stored, begun);
    const run = async (receive: Receive): Promise<ReceiveEnd> => {
      const end = await receive.lookFirst();
      if (end) return end;
      const lease = await hold.acquire().catch((error: unknown) => {
        throw new TableError(error);
      });
      return lease ? receive.run(lease) : receive.defer(busyDeferral(deps, writer.current, job));
    };
    try {
      const options = { ...job, isFirst: begun.receives === 1 };
      return await runReceive(deps, writer, options, { run, release: hold.release });
    } finally {
      await hold.release();
    }
  });
}
