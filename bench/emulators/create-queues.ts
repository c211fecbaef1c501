import { CreateQueueCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Template } from '../../local/package-service.ts';
import { queuesOfTemplate, redriveAttribute } from '../../local/queues-of-template.ts';

export interface EmulatedQueue {
  url: string;
  arn: string;
}

/** Attributes that ElasticMQ supports. */
const ATTRIBUTES = ['FifoQueue', 'VisibilityTimeout', 'DelaySeconds'];

/** Creates the queues of the template. @returns them by logical id */
export async function createQueues(
  client: SQSClient,
  template: Template,
): Promise<Record<string, EmulatedQueue>> {
  const queues: Record<string, EmulatedQueue> = {};
  for (const queue of queuesOfTemplate(template)) {
    const { logicalId, properties } = queue;
    const { QueueName } = properties;
    const attributes = ATTRIBUTES.filter((name) => name in properties).map((name) => [
      name,
      String(properties[name]),
    ]);
    const { QueueUrl = '' } = await client.send(
      new CreateQueueCommand({
        QueueName,
        Attributes: { ...Object.fromEntries(attributes), ...redriveAttribute(queue, queues) },
      }),
    );
    queues[logicalId] = { url: QueueUrl, arn: `arn:aws:sqs:us-east-1:000000000000:${QueueName}` };
  }
  return queues;
}
