import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { FunctionSlot } from './function-slot.ts';
import { requestIdOf } from './request-of.ts';
import type { SimulatedQueue } from './simulated-queue.ts';
import { shortId, type World } from './world.ts';

/** The template's. */
const BATCH = 10;

/** One poller of an event source mapping, with partial batch responses. */
export interface SimulatedMapping {
  /** It has messages that it has received and not finished with. */
  isBusy(): boolean;
}

export function startMapping(
  world: World,
  name: string,
  queue: SimulatedQueue,
  slot: FunctionSlot<SQSEvent, SQSBatchResponse>,
): SimulatedMapping {
  const { time, random, story, plan } = world;
  let isBusy = false;

  async function poll(): Promise<void> {
    if (isBusy) return;
    isBusy = true;
    for (;;) {
      const records = queue.receive(BATCH);
      if (records.length === 0) break;
      story.tell(name, `receives ${records.map(describe).join(', ')}`);
      await time.wait(1 + random() * 20);
      await handOver(records);
    }
    isBusy = false;
  }

  async function handOver(Records: SQSRecord[]): Promise<void> {
    let failed: Set<string>;
    try {
      const { batchItemFailures } = await slot.invoke({ Records });
      failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    } catch (error) {
      const { message } = error as Error;
      story.tell(name, `the invocation failed: ${message}`);
      // What is kept back for the last calls is enough where they do not take seconds each.
      if (message.includes('timed out') && plan.weather.latencyMs < 1_000) {
        world.object(`${name} runs out of its time instead of handing back`);
      }
      return;
    }
    for (const { messageId, receiptHandle } of Records) {
      if (failed.has(messageId)) continue;
      if (random() >= world.weather.awsFails) queue.delete(receiptHandle);
      else story.tell(name, '✗ a message cannot be deleted and will come back');
    }
  }

  queue.watch(() => void poll());
  return { isBusy: () => isBusy };
}

function describe(record: SQSRecord): string {
  const { ApproximateReceiveCount: count } = record.attributes;
  return `${shortId(requestIdOf(record))}${count === '1' ? '' : ` (time ${count})`}`;
}
