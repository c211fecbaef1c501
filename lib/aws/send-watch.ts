import type { Clock } from '../domain/clock.ts';
import type { RequestRecord } from '../domain/request-record.ts';
import type { SendMessage } from './send-message.ts';

/** SQS delays a message by no more. */
const MAX_DELAY_SECONDS = 900;

export interface SendWatchOptions {
  sendMessage: SendMessage;
  /** Of the watch queue, a standard queue. Absent: nothing is sent. */
  queueUrl: string | undefined;
  clock: Pick<Clock, 'now'>;
  log: { warn(message: string, fields: Record<string, unknown>): void };
}

/**
 * Schedules a look of a connection watch by a delayed message on the watch queue.
 * @returns a function that takes the time of the look, in milliseconds since the epoch. It never throws: the
 * record says when a look is due, and the reconciler resumes a watch whose message is missing
 */
export function createSendWatch({
  sendMessage,
  queueUrl,
  clock,
  log,
}: SendWatchOptions): (record: RequestRecord, lookAtMs: number) => Promise<void> {
  return async ({ requestId, correlationId }, lookAtMs) => {
    if (queueUrl === undefined) return;
    const delaySeconds = Math.ceil((lookAtMs - clock.now()) / 1_000);
    try {
      await sendMessage({
        queueUrl,
        body: JSON.stringify({ requestId }),
        delaySeconds: Math.min(MAX_DELAY_SECONDS, Math.max(0, delaySeconds)),
      });
    } catch (error) {
      log.warn('watch not scheduled', {
        request_id: requestId,
        correlation_id: correlationId,
        error,
      });
    }
  };
}
