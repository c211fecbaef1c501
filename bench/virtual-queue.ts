import type { SQSRecord } from 'aws-lambda';
import type { Clock } from '../lib/domain/clock.ts';

/** A FIFO queue in virtual time. A group whose message is in flight or hidden is not received. */
export interface VirtualQueue {
  send(record: SQSRecord): void;
  /** At least one message, of different groups each. */
  receive(max: number): Promise<SQSRecord[]>;
  showAgain(record: SQSRecord, delayMs: number): void;
  finish(record: SQSRecord): void;
  /** Messages received so far, again or for the first time. */
  receives(): number;
}

export function createVirtualQueue(clock: Clock): VirtualQueue {
  const groups = new Map<string, SQSRecord[]>();
  let ready: SQSRecord[][] = [];
  let first = 0;
  const waiting: (() => void)[] = [];
  let receives = 0;

  const show = (group: SQSRecord[]) => {
    ready.push(group);
    waiting.shift()?.();
  };
  const groupOf = (record: SQSRecord) => groups.get(record.attributes.MessageGroupId ?? '') ?? [];
  const next = (): SQSRecord[] | undefined => {
    const group = ready[first];
    if (!group) return undefined;
    first += 1;
    if (first > 10_000) {
      ready = ready.slice(first);
      first = 0;
    }
    return group;
  };

  return {
    send(record) {
      const id = record.attributes.MessageGroupId ?? '';
      const group = groups.get(id);
      if (group) {
        group.push(record);
        if (group.length > 1) return;
        show(group);
        return;
      }
      const created = [record];
      groups.set(id, created);
      show(created);
    },
    async receive(max) {
      const batch: SQSRecord[] = [];
      for (;;) {
        const group = batch.length < max ? next() : undefined;
        const head = group?.[0];
        if (head) {
          const { attributes } = head;
          attributes.ApproximateReceiveCount = String(
            Number(attributes.ApproximateReceiveCount) + 1,
          );
          receives += 1;
          batch.push(head);
        } else if (batch.length > 0) return batch;
        else await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    showAgain(record, delayMs) {
      const group = groupOf(record);
      void clock.sleep(delayMs).then(() => show(group));
    },
    finish(record) {
      const group = groupOf(record);
      group.shift();
      if (group.length > 0) show(group);
    },
    receives: () => receives,
  };
}
