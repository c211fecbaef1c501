import type { SendMessage } from './send-message.ts';

/**
 * Asks other instances of `follow-up` to reconcile a shard each, by messages on the watch queue. They become
 * visible one second after the other, so that Lambda does not put them into one batch.
 * @returns a function that throws the SDK's errors as they are
 */
export function createSendCallForHelp(
  sendMessage: SendMessage,
  queueUrl: string,
): (shards: readonly number[]) => Promise<void> {
  return async (shards) => {
    await Promise.all(
      shards.map((reconcileShard, index) =>
        sendMessage({ queueUrl, body: JSON.stringify({ reconcileShard }), delaySeconds: index }),
      ),
    );
  };
}
