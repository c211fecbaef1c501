import type { Template } from './package-service.ts';

/** A queue of the template. `properties` are CloudFormation's. */
export interface TemplateQueue {
  logicalId: string;
  properties: Template['Resources'][string]['Properties'];
}

/** The queues of the template, dead-letter queues first, because the others refer to them. */
export function queuesOfTemplate(template: Template): TemplateQueue[] {
  return Object.entries(template.Resources)
    .filter(([, { Type }]) => Type === 'AWS::SQS::Queue')
    .map(([logicalId, { Properties }]) => ({ logicalId, properties: Properties }))
    .sort(
      (a, b) => Number('RedrivePolicy' in a.properties) - Number('RedrivePolicy' in b.properties),
    );
}

/**
 * The attribute `RedrivePolicy` of a queue, if it has one.
 * @param queues those that are created already, by logical id
 */
export function redriveAttribute(
  { properties: { RedrivePolicy } }: TemplateQueue,
  queues: Readonly<Record<string, { arn: string }>>,
): { RedrivePolicy?: string } {
  if (!RedrivePolicy) return {};
  const [dead] = RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'];
  const { maxReceiveCount } = RedrivePolicy;
  const policy = { deadLetterTargetArn: queues[dead]?.arn, maxReceiveCount };
  return { RedrivePolicy: JSON.stringify(policy) };
}
