import { CreateQueueCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Template } from '../../local/package-service.ts';

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
  const ofTemplate = Object.entries(template.Resources).filter(
    ([, { Type }]) => Type === 'AWS::SQS::Queue',
  );
  // Dead-letter queues first, because the others refer to them.
  ofTemplate.sort(
    ([, a], [, b]) =>
      Number('RedrivePolicy' in a.Properties) - Number('RedrivePolicy' in b.Properties),
  );
  for (const [logicalId, { Properties }] of ofTemplate) {
    const { QueueName, RedrivePolicy } = Properties;
    const attributes = ATTRIBUTES.filter((name) => name in Properties).map((name) => [
      name,
      String(Properties[name]),
    ]);
    if (RedrivePolicy) {
      const [dead] = RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'];
      const { maxReceiveCount } = RedrivePolicy;
      const policy = { deadLetterTargetArn: queues[dead]?.arn, maxReceiveCount };
      attributes.push(['RedrivePolicy', JSON.stringify(policy)]);
    }
    const { QueueUrl = '' } = await client.send(
      new CreateQueueCommand({ QueueName, Attributes: Object.fromEntries(attributes) }),
    );
    queues[logicalId] = { url: QueueUrl, arn: `arn:aws:sqs:us-east-1:000000000000:${QueueName}` };
  }
  return queues;
}
