import { randomUUID } from 'node:crypto';
import type { SQSRecord } from 'aws-lambda';
import { type AdderPorts, createAdder } from '../functions/adder/create-adder.ts';
import { readAdderConfig } from '../lib/config.ts';
import type { CallWindowItem } from '../lib/domain/window-update.ts';
import { createMemoryItem } from '../lib/genesys/pace/memory-item.ts';
import { storedToken } from './stored-token.ts';
import type { VirtualGenesys } from './virtual-genesys.ts';

export const GENESYS_URL = 'http://127.0.0.1';

/** The variables of the environment that the adder requires. */
export const ADDER_ENVIRONMENT = {
  GENESYS_ENV: GENESYS_URL,
  REQUESTS_TABLE_NAME: 'requests',
  GENESYS_CREDENTIALS_SECRET_ID: 'credentials',
  GENESYS_TOKEN_SECRET_ID: 'token',
  REQUEST_QUEUE_URL: 'http://127.0.0.1/requests',
  REQUEST_DLQ_URL: 'http://127.0.0.1/dead',
  AUDIT_QUEUE_URL: 'http://127.0.0.1/audit',
};

export interface VirtualAdderOptions
  extends Pick<AdderPorts, 'clock' | 'random' | 'records' | 'leases' | 'sendMessage'> {
  environment: Record<string, string>;
  genesys: VirtualGenesys;
  /** Of all instances together. */
  budgetItem: CallWindowItem;
  queue: {
    receive(max: number): Promise<SQSRecord[]>;
    showAgain(record: SQSRecord, delayMs: number): void;
    finish(record: SQSRecord): void;
  };
  batch: number;
  timeoutMs: number;
  visibilityMs: number;
}

/** An instance of the adder, with Lambda's event source and everything but time, network and the table real. */
export async function runVirtualAdder(options: VirtualAdderOptions): Promise<never> {
  const { clock, random, genesys, budgetItem, queue, records, leases, sendMessage } = options;
  const delays = new Map<string, number>();
  const adder = createAdder({
    config: readAdderConfig(options.environment),
    sendHttp: genesys.sendHttp,
    getSecret: async () => storedToken(genesys.token, GENESYS_URL, clock.now()),
    putSecret: () => Promise.reject(new Error('the token was refused')),
    openItem: () => createMemoryItem(),
    openCallWindow: () => budgetItem,
    records,
    leases,
    clock,
    random,
    randomUuid: randomUUID,
    sendMessage,
    changeVisibility: async ({ receiptHandle, seconds }) => {
      delays.set(receiptHandle, Math.ceil(seconds) * 1_000);
    },
    log: { debug() {}, info() {}, warn() {}, error() {} },
    putMetrics: () => {},
  });
  for (;;) {
    const Records = await queue.receive(options.batch);
    delays.clear();
    const endsAtMs = clock.now() + options.timeoutMs;
    const { batchItemFailures } = await adder(
      { Records },
      { getRemainingTimeInMillis: () => endsAtMs - clock.now() },
    );
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    for (const record of Records) {
      if (failed.has(record.messageId)) {
        queue.showAgain(record, delays.get(record.receiptHandle) ?? options.visibilityMs);
      } else queue.finish(record);
    }
  }
}
