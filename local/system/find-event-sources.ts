import type { Service } from '../api-gateway/start-api-gateway.ts';
import type { EventSourceMappingOptions } from '../event-source-mapping/start-event-source-mapping.ts';
import type { LambdaFunction } from '../lambda-runtime/start-lambda.ts';
import type { CreatedResources } from './create-resources.ts';
import { resolveReferences } from './resolve-references.ts';

export type EventSource = Omit<EventSourceMappingOptions, 'client' | 'onProblem'> & {
  /** Name of the function in serverless.yml. */
  key: string;
  queueName: string;
};

/**
 * The `sqs` events of serverless.yml, each with its queue and its function.
 * @param lambdas by name in AWS
 */
export function findEventSources(
  service: Service,
  { queues, references }: CreatedResources,
  lambdas: ReadonlyMap<string, LambdaFunction>,
): EventSource[] {
  return service.functions.flatMap(({ key, name, events }) =>
    events.flatMap(({ sqs: source }) => {
      if (!source) return [];
      const queueArn = String(resolveReferences(source.arn, references));
      const queue = Object.values(queues).find(({ arn }) => arn === queueArn);
      const lambda = lambdas.get(name);
      if (!queue || !lambda) throw new Error(`serverless.yml has no queue ${queueArn}`);
      return {
        key,
        queueName: queue.name,
        queueUrl: queue.url,
        queueArn,
        invoke: (event) => lambda.invoke(event),
        batchSize: source.batchSize,
        maximumConcurrency: source.maximumConcurrency,
        maximumBatchingWindowSeconds: source.maximumBatchingWindow,
        reportBatchItemFailures: source.functionResponseType === 'ReportBatchItemFailures',
      };
    }),
  );
}
