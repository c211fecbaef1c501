import type { SQSRecord } from 'aws-lambda';
import type { Clock } from '../lib/domain/clock.ts';
import type { Organisation } from '../local/genesys/organisation.ts';
import { freeUsers, openConversation, requestMessage, sqsEvent } from './events.ts';

/** A queue that is never empty: for each request that is done another one comes. */
export interface Backlog {
  /** At least one, as soon as there is one to be seen. Hides them from other readers. */
  receive(max: number): Promise<SQSRecord[]>;
  /** Shows a received message again after this time. */
  showAgain(record: SQSRecord, delayMs: number): void;
  finish(record: SQSRecord): void;
  done(): number;
}

/** Interval between polls of the queue. A long poll responds about as fast. */
const POLL_MS = 20;
const DAY_MS = 24 * 3_600_000;

/** @param length requests that wait at any time, each for a conversation of its own */
export function createBacklog(options: {
  clock: Clock;
  organisation: Organisation;
  length: number;
  usersPerRequest: number;
}): Backlog {
  const { clock, organisation, length, usersPerRequest } = options;
  let waiting: { record: SQSRecord; visibleAtMs: number }[] = [];
  let done = 0;

  function arrive(): void {
    const nowMs = clock.now();
    const conversationId = openConversation(organisation, 'platform', nowMs);
    const message = {
      ...requestMessage(conversationId, freeUsers(usersPerRequest)),
      requestedAt: new Date(nowMs).toISOString(),
      deadline: new Date(nowMs + DAY_MS).toISOString(),
    };
    for (const record of sqsEvent([message]).Records as SQSRecord[]) {
      record.attributes.SentTimestamp = String(nowMs);
      record.attributes.ApproximateReceiveCount = '0';
      waiting.push({ record, visibleAtMs: nowMs });
    }
  }
  for (let count = 0; count < length; count++) arrive();

  return {
    async receive(max) {
      for (;;) {
        await clock.sleep(POLL_MS);
        const batch = waiting.filter(({ visibleAtMs }) => visibleAtMs <= clock.now()).slice(0, max);
        if (batch.length === 0) continue;
        waiting = waiting.filter((message) => !batch.includes(message));
        return batch.map(({ record }) => {
          const { attributes } = record;
          attributes.ApproximateReceiveCount = String(
            Number(attributes.ApproximateReceiveCount) + 1,
          );
          return record;
        });
      }
    },
    showAgain(record, delayMs) {
      waiting.push({ record, visibleAtMs: clock.now() + delayMs });
    },
    finish() {
      done += 1;
      arrive();
    },
    done: () => done,
  };
}
