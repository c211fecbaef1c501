import type { SQSClient } from '@aws-sdk/client-sqs';
import { DeadLetterQueue } from '../../cli/dead-letters/dead-letter-queue.ts';
import { explain, type QueueName, readLetter } from '../../cli/dead-letters/read-letter.ts';
import { redrive } from '../../cli/dead-letters/redrive.ts';
import { systemClock } from '../../lib/system-clock.ts';
import type { QueuedMessage } from '../sqs/start-sqs.ts';
import type { LocalSystem } from '../system/start-system.ts';

export interface QueueView {
  id: string;
  name: string;
  ready: number;
  inFlight: number;
}

export interface LetterView {
  id: string;
  queue: QueueName;
  reason: string;
  detail: string;
  remedy: string;
  requestId: string;
  sentAtMs: number;
  body: string;
}

export interface QueuePanel {
  queues(): QueueView[];
  letters(): LetterView[];
  /** Sends a dead letter back to where it came from. @returns whether it was found */
  redrive(id: string): Promise<boolean>;
  /** Deletes a dead letter. @returns whether it was found */
  discard(id: string): Promise<boolean>;
}

const DEAD_LETTER_QUEUES = [
  ['requests', 'RequestDeadLetterQueue', 'RequestQueue'],
  ['audit', 'AuditDeadLetterQueue', 'AuditQueue'],
] as const;

/** More than these are not shown. */
const SHOWN = 50;

export function createQueuePanel(
  { endpoints, listMessages }: Pick<LocalSystem, 'endpoints' | 'listMessages'>,
  client: SQSClient,
): QueuePanel {
  const { queues } = endpoints;

  async function withDeadLetters(
    id: string,
    use: (letters: DeadLetterQueue, queue: QueueName, targetUrl: string) => Promise<boolean>,
  ): Promise<boolean> {
    for (const [name, deadLetters, target] of DEAD_LETTER_QUEUES) {
      const queue = queues[deadLetters];
      const targetUrl = queues[target]?.url;
      if (!queue || !targetUrl) continue;
      if (!listMessages(queue.name).some((message) => message.id === id)) continue;
      return use(new DeadLetterQueue(client, queue.url), name, targetUrl);
    }
    return false;
  }

  return {
    queues: () =>
      Object.entries(queues).map(([id, { name }]) => {
        const messages = listMessages(name);
        const inFlight = messages.filter(({ isInFlight }) => isInFlight).length;
        return { id, name, ready: messages.length - inFlight, inFlight };
      }),
    letters: () =>
      DEAD_LETTER_QUEUES.flatMap(([name, id]) => {
        const queue = queues[id];
        return queue ? listMessages(queue.name).map((one) => toView(name, one)) : [];
      }).slice(0, SHOWN),
    redrive: (id) =>
      withDeadLetters(id, async (deadLetters, queue, targetUrl) => {
        let isFound = false;
        await redrive({
          client,
          queue,
          deadLetters,
          targetUrl,
          rate: 100,
          isNamed: (letter) => letter.id === id,
          clock: systemClock,
          onRedriven: () => {
            isFound = true;
          },
          onSkipped: () => {},
        });
        return isFound;
      }),
    discard: (id) =>
      withDeadLetters(id, async (deadLetters) => {
        try {
          const messages = await deadLetters.receiveAll(1_000);
          if (!messages.some(({ MessageId }) => MessageId === id)) return false;
          await deadLetters.remove(id);
          return true;
        } finally {
          await deadLetters.giveBack();
        }
      }),
  };
}

function toView(queue: QueueName, message: QueuedMessage): LetterView {
  const letter = readLetter(queue, {
    MessageId: message.id,
    Body: message.body,
    MessageAttributes: message.attributes,
    Attributes: {
      SentTimestamp: String(message.sentAtMs),
      ApproximateReceiveCount: String(message.receives),
      ...(message.groupId === undefined ? {} : { MessageGroupId: message.groupId }),
    },
  });
  const { id, reason, detail, requestId, sentAtMs, body } = letter;
  return {
    id,
    queue,
    reason,
    detail,
    remedy: explain(reason)?.remedy ?? '',
    requestId,
    sentAtMs,
    body,
  };
}
