import { randomUUID } from 'node:crypto';
import { type ReceivedMessage, type SqsMessage, SqsQueue } from './fauxqs.ts';

/** A message with the system attribute that a sender can set. */
export type TracedMessage = SqsMessage & { traceHeader?: string };

/** What a queue needs to know about the current request. */
export interface CurrentRequest {
  /** X-Ray trace header of a sent message. */
  traceHeaderOf(message: SqsMessage): string | undefined;
  /** Group of the message that is being sent with this deduplication id. */
  groupOf(deduplicationId: string): string | undefined;
  /** The receiver has disconnected and cannot get messages any more. */
  callerIsGone(): boolean;
}

/**
 * fauxqs's queue with the rules of real FIFO queues that it lacks:
 * - a receive returns as many messages of one group as possible, group after group (fauxqs: one of each
 *   group);
 * - messages that return keep the order in which they were sent (fauxqs: last returned first);
 * - `DeduplicationScope: messageGroup` lets groups use the same deduplication id (fauxqs: one scope per
 *   queue);
 * - a receipt handle whose visibility timeout has passed cannot delete.
 * On standard queues too, a long poll whose caller has disconnected takes no message (fauxqs: hides one
 * for a visibility timeout).
 */
export class GroupBatchQueue extends SqsQueue {
  private readonly request: CurrentRequest;

  constructor(request: CurrentRequest, ...queue: ConstructorParameters<typeof SqsQueue>) {
    super(...queue);
    this.request = request;
  }

  override enqueue(message: TracedMessage): void {
    // A message that moves to a dead-letter queue already has its header.
    const traceHeader = message.traceHeader ?? this.request.traceHeaderOf(message);
    if (traceHeader !== undefined) message.traceHeader = traceHeader;
    super.enqueue(message);
  }

  override dequeue(
    maxCount: number,
    visibilityTimeoutOverride?: number,
    dlqResolver?: (arn: string) => SqsQueue | undefined,
  ): ReceivedMessage[] {
    if (this.request.callerIsGone()) return [];
    if (!this.isFifo()) return super.dequeue(maxCount, visibilityTimeoutOverride, dlqResolver);
    this.processTimers();
    const visibilitySeconds =
      visibilityTimeoutOverride ?? Number(this.attributes.VisibilityTimeout);
    const redrive = this.redrivePolicy();
    const deadLetterQueue = redrive && dlqResolver?.(redrive.deadLetterTargetArn);
    const received: ReceivedMessage[] = [];
    for (const [groupId, group] of this.fifoMessages) {
      if (received.length >= maxCount) break;
      if (this.fifoLockedGroups.has(groupId)) continue;
      while (received.length < maxCount) {
        const message = group.shift();
        if (!message) break;
        message.approximateReceiveCount++;
        message.approximateFirstReceiveTimestamp ??= Date.now();
        if (deadLetterQueue && message.approximateReceiveCount > redrive.maxReceiveCount) {
          deadLetterQueue.enqueue(message);
          continue;
        }
        received.push(this.hide(message, groupId, visibilitySeconds));
      }
      if (group.length === 0) this.fifoMessages.delete(groupId);
    }
    return received;
  }

  override checkDeduplication(id: string): ReturnType<SqsQueue['checkDeduplication']> {
    return super.checkDeduplication(this.inScope(id));
  }

  override recordDeduplication(id: string, messageId: string, sequenceNumber?: string): void {
    super.recordDeduplication(this.inScope(id), messageId, sequenceNumber);
  }

  override deleteMessage(receiptHandle: string): boolean {
    if (this.isFifo()) this.processTimers();
    return super.deleteMessage(receiptHandle);
  }

  override changeVisibility(receiptHandle: string, timeoutSeconds: number): void {
    super.changeVisibility(receiptHandle, timeoutSeconds);
    if (timeoutSeconds === 0) this.restoreOrder();
  }

  override processTimers(): void {
    const inFlight = this.inflightMessages.size;
    super.processTimers();
    if (this.inflightMessages.size < inFlight) this.restoreOrder();
  }

  private inScope(deduplicationId: string): string {
    if (this.attributes.DeduplicationScope !== 'messageGroup') return deduplicationId;
    return `${this.request.groupOf(deduplicationId)} ${deduplicationId}`;
  }

  private redrivePolicy(): { deadLetterTargetArn: string; maxReceiveCount: number } | undefined {
    if (!this.attributes.RedrivePolicy) return undefined;
    const policy = JSON.parse(this.attributes.RedrivePolicy);
    return { ...policy, maxReceiveCount: Number(policy.maxReceiveCount) };
  }

  private hide(message: SqsMessage, groupId: string, visibilitySeconds: number): ReceivedMessage {
    const receiptHandle = randomUUID();
    this.inflightMessages.set(receiptHandle, {
      message,
      receiptHandle,
      visibilityDeadline: Date.now() + visibilitySeconds * 1000,
    });
    this.fifoLockedGroups.set(groupId, (this.fifoLockedGroups.get(groupId) ?? 0) + 1);
    return {
      MessageId: message.messageId,
      ReceiptHandle: receiptHandle,
      MD5OfBody: message.md5OfBody,
      Body: message.body,
      ...(message.md5OfMessageAttributes
        ? { MD5OfMessageAttributes: message.md5OfMessageAttributes }
        : {}),
      ...(Object.keys(message.messageAttributes).length > 0
        ? { MessageAttributes: message.messageAttributes }
        : {}),
    };
  }

  /** Sequence numbers have a fixed length, so they compare as strings. */
  private restoreOrder(): void {
    for (const group of this.fifoMessages.values()) {
      group.sort((a, b) => ((a.sequenceNumber ?? '') < (b.sequenceNumber ?? '') ? -1 : 1));
    }
  }
}
