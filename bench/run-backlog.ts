import { randomUUID } from 'node:crypto';
import type { SQSRecord } from 'aws-lambda';
import { readMessage } from '../functions/adder/read-message.ts';
import { reconcile } from '../lib/carry-out/reconcile.ts';
import type { AuditEvent } from '../lib/domain/audit-event.ts';
import type { Clock } from '../lib/domain/clock.ts';
import { newRecord } from '../lib/domain/record-transitions.ts';
import { isFinal, type RequestRecord } from '../lib/domain/request-record.ts';
import { FREE_USERS } from '../local/genesys/sample-organisation.ts';
import { openConversation, requestMessage, sqsEvent } from './events.ts';
import { createSeededRandom } from './seeded-random.ts';
import { createSlowTable } from './slow-table.ts';
import { ADDER_ENVIRONMENT, GENESYS_URL, runVirtualAdder } from './virtual-adder.ts';
import { createVirtualClock } from './virtual-clock.ts';
import { createVirtualGenesys } from './virtual-genesys.ts';
import { createVirtualQueue } from './virtual-queue.ts';
import { createVirtualWatches } from './virtual-watches.ts';

const MINUTE_MS = 60_000;
/** The template's. */
const BATCH = 10;
const TIMEOUT_MS = 30_000;
const VISIBILITY_MS = 180_000;
const FOLLOW_UP_TIMEOUT_MS = 50_000;
const CALLS_PER_MINUTE = 300;

export interface Senders {
  /** Requests in the queue at the start, all of one caller. */
  requests: number;
  conversations: number;
  /** The platform does not know these conversations. */
  areUnknown?: boolean;
  /** Requests of a second caller, each of its own conversation. */
  late?: number;
  /** When they are sent. Default after a minute. */
  lateAfterMs?: number;
}

export interface BacklogOptions extends Senders {
  instances: number;
  minutes: number;
  /** Deadlines are spread evenly between these, in minutes. */
  deadlineMinutes: { from: number; to: number };
  /** `GENESYS_REQUESTS_PER_SECOND`. Default 5 */
  requestsPerSecond?: number;
  /** Default false */
  watchConnections?: boolean;
  seed: number;
}

export interface BacklogRun {
  /** Calls that were let through, in percent of 300 a minute. */
  usedPercent: number;
  /** The most 429 responses within 60 s. */
  refusedInAWindow: number;
  carriedOut: number;
  expired: number;
  callsPerRequest: { firstHalf: number; secondHalf: number };
  receives: number;
  /** From the deadline to the result, at most. */
  latestResultMs: number;
  /** Requests past their deadline by more than 75 s that have no result at the end. */
  overdue: number;
  /** Seconds from sending to the result, of the second caller's requests. */
  lateWaits: number[];
  /** Calls that the results count, in percent of 300 a minute: without those of watches. */
  usedByAddsPercent: number;
  /** From the first receive to the result, of requests that were carried out. */
  addMs: number[];
  /** From the start to the last result of a request that was carried out. */
  lastResultMs: number;
  /** Share of connection events that are decided. 0 without the watch. */
  decidedPercent: number;
}

/**
 * A deep backlog in virtual time: the adder and the reconciler with everything but time, network and
 * the table real. Every instance shares the table and the budget.
 */
export async function runBacklog(options: BacklogOptions): Promise<BacklogRun> {
  const clock = createVirtualClock();
  const startMs = clock.now();
  const random = createSeededRandom(options.seed);
  const genesys = createVirtualGenesys({ clock, random, requestsPerMinute: CALLS_PER_MINUTE });
  const queue = createVirtualQueue(clock);
  const table = createSlowTable(clock);
  const finished = new Map<string, number>();

  const send = (sender: string, conversationId: string, user: number, deadlineMs: number) => {
    const message = {
      ...requestMessage(conversationId, [FREE_USERS[user % FREE_USERS.length] as string]),
      requestedAt: new Date(clock.now()).toISOString(),
      deadline: new Date(deadlineMs).toISOString(),
    };
    const [record] = sqsEvent([message]).Records as SQSRecord[];
    if (!record) throw new Error('there is no message');
    Object.assign(record.attributes, {
      SentTimestamp: String(clock.now()),
      ApproximateReceiveCount: '0',
      SenderId: sender,
    });
    const { request } = readMessage(record, clock.now());
    table.add(newRecord(request, context(clock)));
    queue.send(record);
  };

  const conversations = Array.from({ length: options.conversations }, () =>
    options.areUnknown
      ? randomUUID()
      : openConversation(genesys.state.organisation, 'platform', startMs),
  );
  const { from, to } = options.deadlineMinutes;
  for (let index = 0; index < options.requests; index += 1) {
    const minutes = from + (to - from) * random();
    const conversationId = conversations[index % conversations.length] as string;
    const user = Math.floor(index / conversations.length);
    send('first', conversationId, user, startMs + minutes * MINUTE_MS);
  }

  const events: AuditEvent[] = [];
  const sendResult = async ({ body }: { body: string }) => {
    const event = JSON.parse(body) as AuditEvent;
    const { request_id: id } = event.audit;
    events.push(event);
    if (!finished.has(id)) finished.set(id, clock.now());
  };
  const environment = {
    ...ADDER_ENVIRONMENT,
    GENESYS_REQUESTS_PER_SECOND: String(options.requestsPerSecond ?? 5),
    WATCH_QUEUE_URL: 'http://127.0.0.1/watch',
    WATCH_CONNECTIONS: String(options.watchConnections ?? false),
    REQUEST_MAX_RECEIVES: '1000',
  };
  const watches = createVirtualWatches({
    ...{ clock, random, genesys, table, environment, sendResult },
    genesysUrl: GENESYS_URL,
  });

  const startInstance = () =>
    runVirtualAdder({
      ...{ clock, random, genesys, environment, queue },
      records: table.records,
      leases: table.leases,
      budgetItem: table.budgetItem,
      sendMessage: async (message) => {
        if (message.queueUrl === environment.WATCH_QUEUE_URL) watches.send(message);
        else await sendResult(message);
      },
      batch: BATCH,
      timeoutMs: TIMEOUT_MS,
      visibilityMs: VISIBILITY_MS,
    });

  const followUp = async (): Promise<never> => {
    for (;;) {
      const nextAtMs = clock.now() + MINUTE_MS;
      await reconcile(
        {
          records: { ...table.records, listDue: table.listDue, listByConversation: never },
          leases: table.leases,
          sendResult: async (event) => {
            await sendResult(event);
            return 'sent' as const;
          },
          clock,
          newWriteId: randomUUID,
          retentionMs: 86_400_000,
        },
        clock.now() + FOLLOW_UP_TIMEOUT_MS,
      );
      await clock.sleep(nextAtMs - clock.now());
    }
  };

  const late: string[] = [];
  const lateAfterMs = options.lateAfterMs ?? MINUTE_MS;
  const secondCaller = async () => {
    await clock.sleep(lateAfterMs);
    const known = new Set(table.all().map(({ requestId }) => requestId));
    for (let count = 0; count < (options.late ?? 0); count += 1) {
      const id = openConversation(genesys.state.organisation, 'platform', clock.now());
      send('second', id, count, clock.now() + 10 * MINUTE_MS);
    }
    for (const { requestId } of table.all()) if (!known.has(requestId)) late.push(requestId);
  };

  const endless = Promise.race([
    ...Array.from({ length: options.instances }, startInstance),
    followUp(),
    ...(options.watchConnections ? [watches.run()] : []),
    ...((options.late ?? 0) > 0 ? [secondCaller().then(() => new Promise<never>(() => {}))] : []),
  ]);
  await Promise.race([endless, clock.run(options.minutes * MINUTE_MS)]);
  return judge(table.all(), finished);

  function judge(records: RequestRecord[], results: ReadonlyMap<string, number>): BacklogRun {
    const { calls } = genesys.state;
    const through = calls.filter(({ status }) => status !== undefined && status < 300).length;
    const added = records.filter(({ status }) => status === 'SUCCESS');
    const halfMs = startMs + (options.minutes * MINUTE_MS) / 2;
    const callsOf = (some: RequestRecord[]) =>
      some.reduce((sum, { genesysCalls }) => sum + genesysCalls, 0) / Math.max(1, some.length);
    const addMs = events
      .filter(({ event }) => event === 'participant_added')
      .map(({ audit }) => audit.latency_ms);
    const watched = events.filter(({ event }) => event === 'participant_connection');
    const decided = watched.filter(({ audit }) =>
      audit.participants.every(({ connection }) => connection !== 'UNKNOWN'),
    );
    const isEarly = ({ requestId }: RequestRecord) => (results.get(requestId) ?? 0) < halfMs;
    return {
      usedPercent: (100 * through) / (CALLS_PER_MINUTE * options.minutes),
      refusedInAWindow: mostInAMinute(
        calls.filter(({ status }) => status === 429).map(({ atMs }) => atMs),
      ),
      carriedOut: added.length,
      expired: records.filter(({ status }) => status === 'EXPIRED').length,
      callsPerRequest: {
        firstHalf: callsOf(added.filter(isEarly)),
        secondHalf: callsOf(added.filter((record) => !isEarly(record))),
      },
      receives: queue.receives(),
      latestResultMs: records.reduce((latest, { requestId, deadlineMs }) => {
        const resultMs = results.get(requestId);
        return resultMs === undefined ? latest : Math.max(latest, resultMs - deadlineMs);
      }, 0),
      overdue: records.filter(
        (record) => !isFinal(record) && record.deadlineMs + 75_000 < clock.now(),
      ).length,
      lateWaits: late.map(
        (id) => ((results.get(id) ?? clock.now()) - startMs - lateAfterMs) / 1_000,
      ),
      usedByAddsPercent:
        (100 * records.reduce((sum, { genesysCalls }) => sum + genesysCalls, 0)) /
        (CALLS_PER_MINUTE * options.minutes),
      addMs,
      lastResultMs: Math.max(
        0,
        ...added.map(({ requestId }) => (results.get(requestId) ?? startMs) - startMs),
      ),
      decidedPercent: (100 * decided.length) / Math.max(1, watched.length),
    };
  }
}

function mostInAMinute(times: readonly number[]): number {
  return times.reduce(
    (most, atMs) =>
      Math.max(most, times.filter((other) => other >= atMs && other < atMs + MINUTE_MS).length),
    0,
  );
}

const never = () => Promise.reject(new Error('not used'));

const context = (clock: Clock) => ({
  nowMs: clock.now(),
  writeId: randomUUID(),
  retentionMs: 86_400_000,
});
