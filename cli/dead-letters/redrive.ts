import type { SQSClient } from '@aws-sdk/client-sqs';
import { createSendMessage } from '../../lib/aws/send-message.ts';
import type { Clock } from '../../lib/domain/clock.ts';
import { UserError } from '../../lib/user-error.ts';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import type { PreparedLetter, PrepareLetter } from './prepare-letter.ts';
import { type Letter, type QueueName, readLetter } from './read-letter.ts';

/** A redrive of these does not help, or the receiver refused it. They are redriven only by id. */
const ONLY_BY_ID = new Set([
  'INVALID_MESSAGE',
  'REQUEST_ID_CONFLICT',
  'NOT_AN_AUDIT_EVENT',
  'FORGED_EVENT',
  'RECEIVER_ABORTED',
]);

export interface RedriveOptions {
  client: SQSClient;
  queue: QueueName;
  deadLetters: DeadLetterQueue;
  prepare: PrepareLetter;
  /** Messages a second. */
  rate: number;
  /** Whether the operator has named this letter; `undefined`: nothing was named, so all of them. */
  isNamed: ((letter: Letter) => boolean) | undefined;
  clock: Clock;
  onPrepared: (letter: Letter, prepared: PreparedLetter) => void;
}

/**
 * Sends dead letters back to their queue. Each is copied first and deleted afterwards, so that a crash may
 * duplicate but not lose it. The letters of a conversation are sent in order, at a limited rate. A letter
 * that returns meanwhile is not sent again.
 * @throws UserError if access is denied; the SDK's errors
 */
export async function redrive(options: RedriveOptions): Promise<void> {
  const { queue, deadLetters, rate, isNamed, clock } = options;
  const send = createSendMessage(options.client);
  const startedAtMs = clock.now();
  const done = new Set<string>();
  let nextAtMs = startedAtMs;

  async function redriveOne(letter: Letter): Promise<void> {
    await clock.sleep(Math.max(0, nextAtMs - clock.now()));
    nextAtMs = clock.now() + 1_000 / rate;
    const prepared = await options.prepare(letter);
    if (prepared.kind === 'send') await send(prepared.message);
    if (prepared.kind !== 'leave') {
      await deadLetters.remove(letter.id);
      done.add(keyOf(letter));
    }
    options.onPrepared(letter, prepared);
  }

  try {
    for (;;) {
      const messages = await deadLetters.receive();
      if (messages.length === 0) return;
      for (const message of messages) {
        const letter = readLetter(queue, message);
        const isNew = letter.sentAtMs > startedAtMs || done.has(keyOf(letter));
        if (isNew || isNamed?.(letter) === false) continue;
        if (!isNamed && ONLY_BY_ID.has(letter.reason)) {
          const why = `${letter.reason}: give its ID to redrive it`;
          options.onPrepared(letter, { kind: 'leave', why });
          continue;
        }
        await redriveOne(letter);
      }
    }
  } catch (error) {
    if (!isDenied(error)) throw error;
    throw new UserError(`${DENIED[queue]}\n  ${(error as Error).message}`);
  } finally {
    await deadLetters.giveBack();
  }
}

/** What must not be sent twice by one command. A request can have several events. */
function keyOf({ id, requestId, eventId }: Letter): string {
  return eventId ?? (requestId || id);
}

const DENIED: Record<QueueName, string> = {
  requests:
    'Access denied. A redrive of requests needs dynamodb:GetItem and dynamodb:UpdateItem on the table, sqs:SendMessage on the request queue, and sqs:DeleteMessage on its dead-letter queue.',
  audit:
    'Access denied. The audit queue accepts messages only from the functions and from the roles in operatorRoleArns: add your role to that parameter and deploy (docs/deploy.md, Operators).',
  events:
    'Access denied. A redrive of events needs sqs:SendMessage on the event queue and sqs:DeleteMessage on its dead-letter queue.',
};

/** SQS and DynamoDB name it differently: AccessDenied, AccessDeniedException, with and without a prefix. */
function isDenied(error: unknown): boolean {
  return error instanceof Error && /AccessDenied/.test(error.name);
}
