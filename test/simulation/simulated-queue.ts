import type { SQSRecord } from 'aws-lambda';
import type { OutgoingMessage } from '../../lib/aws/send-message.ts';
import type { Random } from '../../lib/domain/clock.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { VirtualTime } from './virtual-time.ts';

const DEDUPLICATION_MS = 5 * 60_000;

export interface QueueOptions {
  url: string;
  time: VirtualTime;
  random: Random;
  newId: () => string;
  visibilityTimeoutMs: number;
  maxReceiveCount: number;
  deadLetterQueue?: SimulatedQueue;
  /** Standard queues: how likely a message is handed out to a second receiver at the same time. */
  duplicateProbability?: () => number;
}

/** A message that is in a queue, or was. */
export interface StoredMessage {
  messageId: string;
  body: string;
  attributes: Record<string, string>;
  groupId?: string | undefined;
  /** Its place in the queue. */
  sequence: number;
  sentAtMs: number;
  receiveCount: number;
  receivedAtMs: number[];
  visibleAtMs: number;
  /** The operator has sent this dead letter again. */
  isSentAgain?: boolean;
  /** Of the latest receive. */
  receiptHandle?: string;
}

/** SQS in memory and virtual time: one queue, FIFO where its URL ends in `.fifo`. */
export class SimulatedQueue {
  readonly url: string;
  /** What is in it, oldest first; received messages too until they are deleted. */
  messages: StoredMessage[] = [];
  /** Everything that was ever sent to it, duplicates left out. */
  readonly sent: StoredMessage[] = [];
  /** Told of every message that comes in, and of the process that sent it. */
  onSend: (message: StoredMessage, sender: SimulatedProcess | undefined) => void = () => {};
  readonly #options: QueueOptions;
  readonly #isFifo: boolean;
  readonly #sentBefore = new Map<string, number>();
  readonly #watchers: (() => void)[] = [];

  constructor(options: QueueOptions) {
    this.url = options.url;
    this.#options = options;
    this.#isFifo = options.url.endsWith('.fifo');
  }

  /** Tells whenever a message becomes visible. */
  watch(watcher: () => void): void {
    this.#watchers.push(watcher);
  }

  /** @returns the message's id, that of the first one where this is a duplicate */
  send(message: Omit<OutgoingMessage, 'queueUrl'>, sender?: SimulatedProcess): string {
    const { time, newId } = this.#options;
    if (this.#isFifo) {
      if (!message.groupId || !message.deduplicationId) {
        throw new Error('a FIFO queue needs a group and a deduplication id');
      }
      // The scope is the group, as the template has it.
      const key = `${message.groupId} ${message.deduplicationId}`;
      const before = this.#sentBefore.get(key);
      if (before !== undefined && time.nowMs - before < DEDUPLICATION_MS) return 'a duplicate';
      this.#sentBefore.set(key, time.nowMs);
    }
    const stored: StoredMessage = {
      messageId: newId(),
      body: message.body,
      attributes: message.attributes ?? {},
      groupId: message.groupId,
      sequence: this.sent.length,
      sentAtMs: Math.floor(time.nowMs),
      receiveCount: 0,
      receivedAtMs: [],
      visibleAtMs: time.nowMs + 1000 * (message.delaySeconds ?? 0),
    };
    this.sent.push(stored);
    this.messages.push(stored);
    this.onSend(stored, sender);
    this.#tellAt(stored.visibleAtMs);
    return stored.messageId;
  }

  receive(max: number): SQSRecord[] {
    return this.#visible()
      .slice(0, max)
      .flatMap((message) => this.#handOut(message) ?? []);
  }

  /** A FIFO queue takes no receipt whose visibility timeout has passed. */
  delete(receiptHandle: string): boolean {
    const message = this.#holderOf(receiptHandle);
    const isExpired = message !== undefined && message.visibleAtMs <= this.#options.time.nowMs;
    if (!message || (this.#isFifo && isExpired)) return false;
    this.messages = this.messages.filter((other) => other !== message);
    // The next one of its group may be received now.
    this.#tellAt(this.#options.time.nowMs);
    return true;
  }

  changeVisibility(receiptHandle: string, seconds: number): void {
    const { nowMs } = this.#options.time;
    const message = this.#holderOf(receiptHandle);
    if (!message || message.visibleAtMs <= nowMs) throw new Error('MessageNotInflight');
    message.visibleAtMs = nowMs + Math.ceil(seconds) * 1000;
    this.#tellAt(message.visibleAtMs);
  }

  #visible(): StoredMessage[] {
    const { nowMs } = this.#options.time;
    const { random } = this.#options;
    const visible = this.messages.filter((message) => message.visibleAtMs <= nowMs);
    if (!this.#isFifo) return visible.sort(() => random() - 0.5);
    const locked = new Set(
      this.messages.filter((message) => message.visibleAtMs > nowMs).map(({ groupId }) => groupId),
    );
    return visible
      .filter(({ groupId }) => !locked.has(groupId))
      .sort((one, other) => one.sequence - other.sequence);
  }

  #handOut(message: StoredMessage): SQSRecord | undefined {
    const { time, newId, visibilityTimeoutMs, maxReceiveCount, deadLetterQueue, random } =
      this.#options;
    message.receiveCount += 1;
    if (deadLetterQueue && message.receiveCount > maxReceiveCount) {
      this.messages = this.messages.filter((other) => other !== message);
      deadLetterQueue.messages.push(message);
      return undefined;
    }
    message.receivedAtMs.push(Math.floor(time.nowMs));
    const isDuplicate = random() < (this.#options.duplicateProbability?.() ?? 0);
    const hiddenMs = isDuplicate ? 1 + random() * 3_000 : visibilityTimeoutMs;
    message.visibleAtMs = time.nowMs + hiddenMs;
    this.#tellAt(message.visibleAtMs);
    // Receipts of earlier receives still name the message, as on a standard queue.
    message.receiptHandle = `${message.messageId} ${newId()}`;
    return this.#toRecord(message, message.receiptHandle);
  }

  #holderOf(receiptHandle: string): StoredMessage | undefined {
    return this.messages.find((message) =>
      this.#isFifo
        ? message.receiptHandle === receiptHandle
        : receiptHandle.startsWith(`${message.messageId} `),
    );
  }

  #tellAt(atMs: number): void {
    const { time } = this.#options;
    time.after(atMs - time.nowMs, () => {
      for (const watcher of this.#watchers) watcher();
    });
  }

  #toRecord(message: StoredMessage, receiptHandle: string): SQSRecord {
    return {
      messageId: message.messageId,
      receiptHandle,
      body: message.body,
      attributes: {
        ApproximateReceiveCount: String(message.receiveCount),
        SentTimestamp: String(message.sentAtMs),
        SenderId: 'AIDASENDER',
        ApproximateFirstReceiveTimestamp: String(message.receivedAtMs[0]),
        ...(message.groupId === undefined ? {} : { MessageGroupId: message.groupId }),
      },
      messageAttributes: Object.fromEntries(
        Object.entries(message.attributes).map(([name, value]) => [
          name,
          {
            dataType: 'String' as const,
            stringValue: value,
            stringListValues: [],
            binaryListValues: [],
          },
        ]),
      ),
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:${this.url}`,
      awsRegion: 'us-east-1',
    };
  }
}
