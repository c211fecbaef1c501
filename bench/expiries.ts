import { randomUUID } from 'node:crypto';
import { newRecord } from '../lib/domain/record-transitions.ts';
import { systemClock as clock } from '../lib/system-clock.ts';
import type { Figure, Row } from './figure.ts';
import { packagedFunction } from './function-modules.ts';
import { openRecords } from './open-records.ts';
import { startCountingProxy } from './start-counting-proxy.ts';
import { startFunction } from './start-function.ts';
import { type Servers, startServers } from './start-servers.ts';

/** Requests that are past their deadline when the reconciler starts. */
const EXPIRED = 2_000;
const WRITES_AT_ONCE = 50;
const HOUR_MS = 3_600_000;

/** What the reconciler needs to end requests that nothing has received by their deadline. */
export const expiries: Figure = {
  name: 'expiries',
  title: `Expiries in bulk: ${EXPIRED} requests past their deadline, one run of the reconciler`,
  async measure({ repetitions, onProgress }) {
    const servers = await startServers();
    const [dynamoDb, sqs] = await Promise.all([
      startCountingProxy(servers.environment.AWS_ENDPOINT_URL_DYNAMODB ?? ''),
      startCountingProxy(servers.sqs.endpoint),
    ]);
    const followUp = await startFunction(await packagedFunction('follow-up'), {
      ...servers.environment,
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
      // The SDK sends to the address of the queue.
      AUDIT_QUEUE_URL: servers.queues.audit.url.replace(/^http:..[^/]+/, sqs.url),
      // Without a queue for it, the function does not ask other instances for help.
      WATCH_CONNECTIONS: 'false',
    });
    const perSecond: number[] = [];
    const cpuMs: number[] = [];
    let rows: Row[] = [];
    try {
      // The first run warms up.
      for (let repetition = -1; repetition < repetitions; repetition += 1) {
        onProgress(`${repetition + 1} of ${repetitions}`);
        await addExpired(servers);
        const eventsBefore = eventsOf(servers);
        for (const proxy of [dynamoDb, sqs]) proxy.takeCounts();
        const run = await followUp.call({});
        const events = eventsOf(servers) - eventsBefore;
        if (events !== EXPIRED) throw new Error(`${events} results, not ${EXPIRED}`);
        if (repetition < 0) continue;
        perSecond.push((1_000 * EXPIRED) / run.wallMs);
        cpuMs.push(run.cpuMs / EXPIRED);
        const counts = { ...dynamoDb.takeCounts(), ...sqs.takeCounts() };
        rows = Object.entries(counts).map(([operation, count]) => ({
          what: operation,
          unit: 'calls/expiry',
          ours: [count / EXPIRED],
        }));
      }
      return [
        { what: 'expired, with the local emulators', unit: 'requests/s', ours: perSecond },
        { what: 'CPU of the function', unit: 'ms CPU/expiry', ours: cpuMs },
        ...rows,
      ];
    } finally {
      await followUp.stop();
      await Promise.all([dynamoDb.stop(), sqs.stop()]);
      await servers.stop();
    }
  },
};

const eventsOf = ({ sqs }: Servers) => sqs.inspect('audit').ready.length;

/** Records of requests of an hour ago, each of its own conversation. */
async function addExpired(servers: Servers): Promise<void> {
  const { records, close } = openRecords(servers);
  const requestedAtMs = clock.now() - HOUR_MS;
  const context = { nowMs: requestedAtMs, retentionMs: 24 * HOUR_MS };
  let left = EXPIRED;
  const write = async () => {
    while (left > 0) {
      left -= 1;
      await records.create(
        newRecord(
          {
            requestId: randomUUID(),
            origin: 'api',
            conversationId: randomUUID(),
            participants: [{ id: randomUUID(), role: 'agent' }],
            requestedBy: 'bench',
            callerId: 'bench',
            correlationId: randomUUID(),
            digest: 'd'.repeat(64),
            dryRun: false,
            onlyIfReachable: false,
            requestedAtMs,
            deadlineMs: requestedAtMs + 600_000,
          },
          { ...context, writeId: randomUUID() },
        ),
      );
    }
  };
  await Promise.all(Array.from({ length: WRITES_AT_ONCE }, write));
  close();
}
