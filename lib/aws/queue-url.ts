/** The domains of the partitions that do not use amazonaws.com. */
const DOMAINS: Record<string, string> = {
  'aws-cn': 'amazonaws.com.cn',
  'aws-eusc': 'amazonaws.eu',
};

/**
 * The URL of a queue by its ARN, as an event source names it.
 * @param endpoint of an emulator, as AWS_ENDPOINT_URL_SQS names it; the SDK sends to the queue's URL
 * instead of to the endpoint of the environment
 * @returns undefined where it is not the ARN of a queue
 */
export function queueUrlOf(arn: string, endpoint?: string): string | undefined {
  const [prefix, partition = '', service, region, account, name] = arn.split(':');
  if (prefix !== 'arn' || service !== 'sqs' || !region || !account || !name) return undefined;
  const origin = endpoint || `https://sqs.${region}.${DOMAINS[partition] ?? 'amazonaws.com'}`;
  return `${origin.replace(/\/$/, '')}/${account}/${name}`;
}
