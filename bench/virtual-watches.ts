import { randomUUID } from 'node:crypto';
import { createFollowUp } from '../functions/follow-up/create-follow-up.ts';
import type { OutgoingMessage } from '../lib/aws/send-message.ts';
import { readFollowUpConfig } from '../lib/config.ts';
import type { Clock, Random } from '../lib/domain/clock.ts';
import { createMemoryItem } from '../lib/genesys/pace/memory-item.ts';
import type { createSlowTable } from './slow-table.ts';
import { storedToken } from './stored-token.ts';
import type { VirtualGenesys } from './virtual-genesys.ts';

/** The template's. */
const BATCH = 10;
const INSTANCES = 5;
const TIMEOUT_MS = 50_000;
const VISIBILITY_MS = 300_000;
/** Interval between polls of the queue. A long poll responds about as fast. */
const POLL_MS = 50;

/** The watch queue and the instances of follow-up that read it, in virtual time. */
export interface VirtualWatches {
  send(message: OutgoingMessage): void;
  /** Starts the instances, which never end. */
  run(): Promise<never>;
}

export function createVirtualWatches(world: {
  clock: Clock;
  random: Random;
  genesys: VirtualGenesys;
  table: ReturnType<typeof createSlowTable>;
  environment: Record<string, string>;
  genesysUrl: string;
  sendResult: (message: OutgoingMessage) => Promise<void>;
}): VirtualWatches {
  const { clock, random, genesys, table, genesysUrl } = world;
  let waiting: { messageId: string; body: string; visibleAtMs: number }[] = [];

  const send = ({ body, delaySeconds = 0 }: OutgoingMessage): void => {
    const visibleAtMs = clock.now() + delaySeconds * 1_000;
    waiting.push({ messageId: randomUUID(), body, visibleAtMs });
  };

  const runInstance = async (): Promise<never> => {
    const followUp = createFollowUp({
      config: readFollowUpConfig(world.environment),
      records: { ...table.records, listDue: table.listDue, listByConversation: notUsed },
      leases: table.leases,
      openItem: () => createMemoryItem(),
      openCallWindow: () => table.budgetItem,
      sendHttp: genesys.sendHttp,
      sendMessage: async (message) => {
        if (message.queueUrl === world.environment.WATCH_QUEUE_URL) send(message);
        else await world.sendResult(message);
      },
      getSecret: async () => storedToken(genesys.token, genesysUrl, clock.now()),
      putSecret: notUsed,
      clock,
      random,
      randomUuid: randomUUID,
      log: { debug() {}, info() {}, warn() {}, error() {} },
      putMetrics: () => {},
    });
    for (;;) {
      await clock.sleep(POLL_MS);
      const batch = waiting.filter(({ visibleAtMs }) => visibleAtMs <= clock.now()).slice(0, BATCH);
      if (batch.length === 0) continue;
      waiting = waiting.filter((message) => !batch.includes(message));
      const endsAtMs = clock.now() + TIMEOUT_MS;
      const { batchItemFailures } = await followUp(
        { Records: batch },
        { getRemainingTimeInMillis: () => endsAtMs - clock.now() },
      );
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      const again = batch.filter(({ messageId }) => failed.has(messageId));
      const visibleAtMs = clock.now() + VISIBILITY_MS;
      waiting.push(...again.map((message) => ({ ...message, visibleAtMs })));
    }
  };

  return { send, run: () => Promise.race(Array.from({ length: INSTANCES }, runInstance)) };
}

const notUsed = () => Promise.reject(new Error('not used'));
