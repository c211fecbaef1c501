import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';

/** Long enough for a batch at the slowest rate; what was looked at is given back before that. */
const HOLD_SECONDS = 300;
/** Asks all of SQS's servers; a short poll may miss what is there. */
const WAIT_SECONDS = 1;
const MAX_PER_CALL = 10;

/**
 * A dead-letter queue during a command. SQS shows a message only by delivering it, so a message that is read
 * is hidden until `giveBack`, or for five minutes if this process crashes. It is not lost: only `remove`
 * deletes.
 *
 * SQS does not deliver further messages of a FIFO group while some are in flight, so they appear only after
 * the earlier ones are gone.
 */
export class DeadLetterQueue {
  readonly url: string;
  readonly #client: SQSClient;
  /** Receipt handles by message id. */
  readonly #held = new Map<string, string>();

  constructor(client: SQSClient, url: string) {
    this.#client = client;
    this.url = url;
  }

  /** The next messages, at most ten, those of a group in order; none once all have been seen. */
  async receive(max = MAX_PER_CALL): Promise<Message[]> {
    const { Messages = [] } = await this.#client.send(
      new ReceiveMessageCommand({
        QueueUrl: this.url,
        MaxNumberOfMessages: Math.min(max, MAX_PER_CALL),
        VisibilityTimeout: HOLD_SECONDS,
        WaitTimeSeconds: WAIT_SECONDS,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
    );
    for (const { MessageId = '', ReceiptHandle = '' } of Messages) {
      this.#held.set(MessageId, ReceiptHandle);
    }
    return Messages;
  }

  /** All that can be seen, up to a limit. */
  async receiveAll(limit: number): Promise<Message[]> {
    const seen = new Map<string, Message>();
    while (seen.size < limit) {
      const more = await this.receive(limit - seen.size);
      if (more.length === 0) break;
      for (const message of more) seen.set(message.MessageId ?? '', message);
    }
    return [...seen.values()];
  }

  async remove(messageId: string): Promise<void> {
    const ReceiptHandle = this.#held.get(messageId);
    await this.#client.send(new DeleteMessageCommand({ QueueUrl: this.url, ReceiptHandle }));
    this.#held.delete(messageId);
  }

  /** Makes everything that is still held visible again. */
  async giveBack(): Promise<void> {
    const handles = [...this.#held.values()];
    this.#held.clear();
    for (let from = 0; from < handles.length; from += MAX_PER_CALL) {
      await this.#client.send(
        // An entry may fail if the message is visible again, or another process has received it.
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: this.url,
          Entries: handles.slice(from, from + MAX_PER_CALL).map((ReceiptHandle, index) => ({
            Id: String(index),
            ReceiptHandle,
            VisibilityTimeout: 0,
          })),
        }),
      );
    }
  }

  /** Roughly how many messages there are, those that are hidden included. */
  async count(): Promise<number> {
    const { Attributes = {} } = await this.#client.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.url,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return Object.values(Attributes).reduce((sum, value) => sum + Number(value), 0);
  }
}
