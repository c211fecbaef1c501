import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { createPrepareEvent } from '../../cli/dead-letters/create-prepare-event.ts';
import { createPrepareRequest } from '../../cli/dead-letters/create-prepare-request.ts';
import { DeadLetterQueue } from '../../cli/dead-letters/dead-letter-queue.ts';
import type { PreparedLetter } from '../../cli/dead-letters/prepare-letter.ts';
import { explain, type QueueName, readLetter } from '../../cli/dead-letters/read-letter.ts';
import { redrive } from '../../cli/dead-letters/redrive.ts';
import { createDynamoRecordStore } from '../../lib/records/dynamo-record-store.ts';
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

export interface Redriven {
  found: boolean;
  /** What was done, if it was found. */
  kind?: PreparedLetter['kind'];
  why?: string;
}

export interface QueuePanel {
  queues(): QueueView[];
  letters(): LetterView[];
  /** Redrives a dead letter, as the command does. */
  redrive(id: string): Promise<Redriven>;
  /** Deletes a dead letter. @returns whether it was found */
  discard(id: string): Promise<boolean>;
  close(): void;
}

const DEAD_LETTER_QUEUES = [
  ['requests', 'RequestDeadLetterQueue', 'RequestQueue'],
  ['audit', 'AuditDeadLetterQueue', 'AuditQueue'],
  ['events', 'EventDeadLetterQueue', 'EventQueue'],
] as const;

const RETENTION_MS = 30 * 86_400_000;

/** More than these are not shown. */
const SHOWN = 50;

export function createQueuePanel(
  { endpoints, listMessages }: Pick<LocalSystem, 'endpoints' | 'listMessages'>,
  client: SQSClient,
): QueuePanel {
  const { queues, tables, region, credentials, dynamoDbEndpoint } = endpoints;
  const dynamoDb = new DynamoDBClient({ region, credentials, endpoint: dynamoDbEndpoint });
  const records = createDynamoRecordStore(dynamoDb, {
    tableName: tables.RequestsTable ?? '',
    clock: systemClock,
  });
  const prepareFor = (queue: QueueName, targetUrl: string) =>
    queue === 'requests'
      ? createPrepareRequest({
          targetUrl,
          records,
          clock: systemClock,
          newWriteId: randomUUID,
          retentionMs: RETENTION_MS,
        })
      : createPrepareEvent(targetUrl);

  async function withDeadLetters<Done>(
    id: string,
    use: (letters: DeadLetterQueue, queue: QueueName, targetUrl: string) => Promise<Done>,
  ): Promise<Done | undefined> {
    for (const [name, deadLetters, target] of DEAD_LETTER_QUEUES) {
      const queue = queues[deadLetters];
      const targetUrl = queues[target]?.url;
      if (!queue || !targetUrl) continue;
      if (!listMessages(queue.name).some((message) => message.id === id)) continue;
      return use(new DeadLetterQueue(client, queue.url), name, targetUrl);
    }
    return undefined;
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
    async redrive(id) {
      let redriven: Redriven = { found: false };
      await withDeadLetters(id, (deadLetters, queue, targetUrl) =>
        redrive({
          client,
          queue,
          deadLetters,
          prepare: prepareFor(queue, targetUrl),
          rate: 100,
          isNamed: (letter) => letter.id === id,
          clock: systemClock,
          onPrepared: (_, { kind, why }) => {
            redriven = { found: true, kind, ...(why === undefined ? {} : { why }) };
          },
        }),
      );
      return redriven;
    },
    discard: async (id) =>
      (await withDeadLetters(id, async (deadLetters) => {
        try {
          const messages = await deadLetters.receiveAll(1_000);
          if (!messages.some(({ MessageId }) => MessageId === id)) return false;
          await deadLetters.remove(id);
          return true;
        } finally {
          await deadLetters.giveBack();
        }
      })) ?? false,
    close: () => dynamoDb.destroy(),
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
