import type { ConversationLeases } from '../../lib/records/conversation-lease.ts';
import { createDynamoConversationLeases } from '../../lib/records/dynamo-conversation-leases.ts';
import { createDynamoRecordStore } from '../../lib/records/dynamo-record-store.ts';
import type { RecordStore } from '../../lib/records/record-store.ts';
import { createSimulatedTable } from '../simulation/simulated-records.ts';
import { startRequestsTable } from './start-requests-table.ts';

/**
 * Fault of one of the three attempts of the AWS client:
 * - `throttled`, `unavailable`: the request is not carried out
 * - `response-lost`: it is carried out, but the response is lost
 */
export type Fault = 'throttled' | 'unavailable' | 'response-lost';

export interface RecordTable {
  records: RecordStore;
  leases: ConversationLeases;
  /** Time of the stores, in milliseconds since the epoch. */
  clock: { nowMs: number };
  /** Faults of the next attempts, in order. */
  faults: Fault[];
  stop(): Promise<void>;
}

const MAX_ATTEMPTS = 3;

const toError = (fault: Fault) =>
  Object.assign(new Error(fault), {
    name: fault === 'throttled' ? 'ThrottlingException' : 'TimeoutError',
  });

/** The stores over the AWS client and a local DynamoDB. */
export async function startDynamoTable(nowMs: number): Promise<RecordTable> {
  const clock = { nowMs };
  const faults: Fault[] = [];
  const { client, tableName, stop } = await startRequestsTable();
  client.middlewareStack.add(
    (next) => async (args) => {
      const fault = faults.shift();
      if (fault === undefined) return next(args);
      if (fault === 'response-lost') await next(args).catch(() => {});
      throw toError(fault);
    },
    // Inside the step that repeats a request.
    { step: 'deserialize', priority: 'high' },
  );
  return {
    records: createDynamoRecordStore(client, { tableName, clock: { now: () => clock.nowMs } }),
    leases: createDynamoConversationLeases(client, { tableName }),
    clock,
    faults,
    stop,
  };
}

/** The stores of the simulation, with as many attempts as the AWS client. */
export async function startMemoryTable(nowMs: number): Promise<RecordTable> {
  const clock = { nowMs };
  const faults: Fault[] = [];
  const ports = createSimulatedTable().portsOf({
    now: () => clock.nowMs,
    async call(_, effect) {
      for (let attempt = 1; ; attempt += 1) {
        const fault = faults.shift();
        const outcome = fault === 'throttled' || fault === 'unavailable' ? undefined : effect();
        if (fault === undefined) return outcome as ReturnType<typeof effect>;
        if (attempt === MAX_ATTEMPTS) throw toError(fault);
      }
    },
  });
  return { ...ports, clock, faults, stop: async () => {} };
}
