import { randomUUID } from 'node:crypto';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { Problem } from '../domain/problem.ts';
import type { ChangeVisibility } from './change-visibility.ts';
import { problemResponse } from './problem-response.ts';
import { queueUrlOf } from './queue-url.ts';

/** Delay until deferred messages are received again. */
const RETRY_AFTER_SECONDS = 60;

/**
 * Replaces a function with an invalid configuration. Messages are deferred for 60 seconds, so that a
 * corrected deployment handles them, and HTTP requests get 503. Without it a message would stay hidden for
 * the queue's visibility timeout, six times the function's timeout.
 * @param ports.changeVisibility absent in a function that reads no queue
 * @param ports.onInvocation called for each invocation, to count it
 */
export function createFaultyFunction(ports: {
  changeVisibility?: ChangeVisibility | undefined;
  /** Of an emulator. */
  sqsEndpoint?: string | undefined;
  onInvocation: () => void;
}): (event: unknown) => Promise<unknown> {
  return async (event) => {
    ports.onInvocation();
    if (isSqsEvent(event)) {
      await Promise.allSettled(event.Records.map((record) => giveBack(record, ports)));
      return {
        batchItemFailures: event.Records.map(({ messageId }) => ({ itemIdentifier: messageId })),
      };
    }
    const detail = 'The service is not configured correctly. Its operators have been alerted.';
    if (!isHttpEvent(event)) throw new Error(detail);
    const problem = new Problem('queue-unavailable', {
      detail,
      headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
    });
    return problemResponse(problem, randomUUID());
  };
}

async function giveBack(
  { eventSourceARN, receiptHandle }: SQSRecord,
  ports: { changeVisibility?: ChangeVisibility | undefined; sqsEndpoint?: string | undefined },
): Promise<void> {
  // Not from the environment, which may be wrong.
  const queueUrl = queueUrlOf(eventSourceARN, ports.sqsEndpoint);
  if (!queueUrl) return;
  await ports.changeVisibility?.({ queueUrl, receiptHandle, seconds: RETRY_AFTER_SECONDS });
}

function isSqsEvent(event: unknown): event is SQSEvent {
  const records = (event as Partial<SQSEvent> | null)?.Records;
  return Array.isArray(records) && records.every(({ eventSource }) => eventSource === 'aws:sqs');
}

function isHttpEvent(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'requestContext' in event;
}
