import { setTimeout as delay } from 'node:timers/promises';
import { type ReceiveMessageCommandOutput, SQSClient } from '@aws-sdk/client-sqs';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../local/system/local-credentials.ts';

/** Ten pollers receive 100 times a second from an empty queue. */
const POLL_AGAIN_MS = 100;

/**
 * A client for the event sources, which makes up for two differences between ElasticMQ 1.7 and SQS:
 * - It ignores `MessageSystemAttributeNames`, and knows the older `AttributeNames`.
 * - While a message group is blocked by a message in flight, a long poll of a FIFO queue keeps one and a
 *   half processors busy. So the client polls these queues without waiting.
 */
export function createSqsClient(endpoint: string): SQSClient {
  const client = new SQSClient({
    endpoint,
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
  });
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName !== 'ReceiveMessageCommand') return next(args);
        const input = args.input as { QueueUrl?: string; WaitTimeSeconds?: number };
        const isFifo = input.QueueUrl?.endsWith('.fifo') ?? false;
        Object.assign(input, {
          AttributeNames: ['All'],
          ...(isFifo ? { WaitTimeSeconds: 0 } : {}),
        });
        const result = await next(args);
        const { Messages = [] } = result.output as ReceiveMessageCommandOutput;
        if (isFifo && Messages.length === 0) await delay(POLL_AGAIN_MS);
        return result;
      },
    { step: 'initialize', name: 'adaptToElasticMq' },
  );
  return client;
}
