import type { Clock } from '../domain/clock.ts';

/** SQS accepts this many entries in one call. */
export const MAX_BATCH_ENTRIES = 10;
/** An entry waits this long for others. */
const LINGER_MS = 5;

/**
 * Collects entries for the same queue for a few milliseconds.
 * @param options.hasRoom whether the next entry fits into a batch, besides the limit of ten. Default: always
 * @param options.send gets each batch once. Must not reject
 * @returns adds an entry
 */
export function batchByQueue<Entry>({
  clock,
  hasRoom = () => true,
  send,
}: {
  clock: Pick<Clock, 'sleep'>;
  hasRoom?: (batch: readonly Entry[], next: Entry) => boolean;
  send: (queueUrl: string, batch: Entry[]) => Promise<void>;
}): (queueUrl: string, entry: Entry) => void {
  /** The batch of each queue that still takes entries. */
  const open = new Map<string, Entry[]>();

  function close(queueUrl: string, batch: Entry[]): void {
    if (open.get(queueUrl) !== batch) return;
    open.delete(queueUrl);
    void send(queueUrl, batch);
  }

  function start(queueUrl: string): Entry[] {
    const batch: Entry[] = [];
    open.set(queueUrl, batch);
    void clock.sleep(LINGER_MS).then(() => close(queueUrl, batch));
    return batch;
  }

  return (queueUrl, entry) => {
    const current = open.get(queueUrl);
    if (current && !hasRoom(current, entry)) close(queueUrl, current);
    const batch = open.get(queueUrl) ?? start(queueUrl);
    batch.push(entry);
    if (batch.length === MAX_BATCH_ENTRIES) close(queueUrl, batch);
  };
}
