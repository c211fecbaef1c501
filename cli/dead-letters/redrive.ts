import type { SQSClient } from '@aws-sdk/client-sqs';
import { createSendMessage, type OutgoingMessage } from '../../lib/aws/send-message.ts';
import type { Clock } from '../../lib/domain/clock.ts';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import { type Letter, type QueueName, readLetter } from './read-letter.ts';

/** A redrive of these does not help, or the receiver refused it. They are redriven only by id. */
const ONLY_BY_ID = new Set(['INVALID_MESSAGE', 'NOT_AN_AUDIT_EVENT', 'RECEIVER_ABORTED']);

export interface RedriveOptions {
  client: SQSClient;
  queue: QueueName;
  deadLetters: DeadLetterQueue;
  targetUrl: string;
  /** Messages a second. */
  rate: number;
  /** Whether the operator has named this letter; `undefined`: nothing was named, so all of them. */
  isNamed: ((letter: Letter) => boolean) | undefined;
  /** Requests: a new deadline so many seconds from now. */
  deadlineSeconds?: number | undefined;
  clock: Clock;
  onRedriven: (letter: Letter) => void;
  onSkipped: (letter: Letter) => void;
}

/**
 * Sends dead letters back to their queue. Each is copied first and deleted afterwards, so that a crash may
 * duplicate but not lose it. The letters of a conversation are sent in order, at a limited rate. A letter
 * that returns meanwhile is not sent again.
 */
export async function redrive(options: RedriveOptions): Promise<void> {
  const { queue, deadLetters, rate, isNamed, clock } = options;
  const send = createSendMessage(options.client);
  const startedAtMs = clock.now();
  const done = new Set<string>();
  let nextAtMs = startedAtMs;
  try {
    for (;;) {
      const messages = await deadLetters.receive();
      if (messages.length === 0) return;
      for (const message of messages) {
        const letter = readLetter(queue, message);
        const isNew = letter.sentAtMs > startedAtMs || done.has(letter.requestId);
        if (isNew || isNamed?.(letter) === false) continue;
        if (!isNamed && ONLY_BY_ID.has(letter.reason)) {
          options.onSkipped(letter);
          continue;
        }
        await clock.sleep(Math.max(0, nextAtMs - clock.now()));
        nextAtMs = clock.now() + 1_000 / rate;
        await send(toOriginal(letter, options));
        await deadLetters.remove(letter.id);
        if (letter.requestId) done.add(letter.requestId);
        options.onRedriven(letter);
      }
    }
  } finally {
    await deadLetters.giveBack();
  }
}

function toOriginal(
  letter: Letter,
  { queue, targetUrl, deadlineSeconds, clock }: RedriveOptions,
): OutgoingMessage {
  if (queue === 'audit') {
    const { body, eventId } = letter;
    return { queueUrl: targetUrl, body, ...(eventId ? { attributes: { event_id: eventId } } : {}) };
  }
  const redrives = letter.redrive + 1;
  return {
    queueUrl: targetUrl,
    body:
      deadlineSeconds === undefined
        ? letter.body
        : withDeadline(letter.body, clock.now() + deadlineSeconds * 1000),
    groupId: letter.groupId ?? letter.id,
    // The same letter sent twice within five minutes, after a crash between copy and delete, is one.
    deduplicationId: `redrive-${letter.id}-${redrives}`,
    attributes: {
      // The first result was delivered: the next one has to be another event.
      redrive: String(redrives),
      // For a body that does not name its request: the copy has another message id.
      ...(letter.requestId ? { request_id: letter.requestId } : {}),
    },
  };
}

function withDeadline(body: string, deadlineMs: number): string {
  try {
    return JSON.stringify({ ...JSON.parse(body), deadline: new Date(deadlineMs).toISOString() });
  } catch {
    return body;
  }
}
