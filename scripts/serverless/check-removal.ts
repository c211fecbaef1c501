import { awsClient, type Options, readParameters, refuse, type Serverless } from './serverless.ts';

interface QueueContent {
  name: string;
  messages: number;
}

/**
 * Prints what `serverless remove` destroys, and refuses while queues hold messages: each is a request
 * without a result or an undelivered result.
 * @throws UserError
 */
export async function checkRemoval(serverless: Serverless, options: Options): Promise<void> {
  const provider = serverless.getProvider('aws');
  const isForced = readParameters(serverless, options)('discardMessages') === 'true';
  const resources = Object.values(serverless.service.resources.Resources);
  const queueNames = resources
    .filter(({ Type }) => Type === 'AWS::SQS::Queue')
    .map(({ Properties }) => String(Properties.QueueName));
  const contents: QueueContent[] = [];
  const unread: string[] = [];
  const sqs = await awsClient(serverless, 'client-sqs', 'SQSClient');
  for (const name of queueNames) {
    try {
      const messages = await countMessages(sqs, name);
      if (messages !== undefined) contents.push({ name, messages });
    } catch (error) {
      unread.push(`${name} (${(error as Error).message.split('\n')[0]})`);
    }
  }
  const count = (type: string) => resources.filter(({ Type }) => Type === type).length;
  const lines = [
    `Removing the stack ${provider.naming.getStackName()} in ${provider.getRegion()} destroys:`,
    ...contents.map(
      ({ name, messages }) => `  the queue ${name} with ${plural(messages, 'message')}`,
    ),
    `  ${plural(count('AWS::SecretsManager::Secret'), 'secret')} and what is in them, without a recovery period`,
    ...(count('AWS::DynamoDB::Table') > 0 ? ['  the table with all records of requests'] : []),
    '  the functions, their logs, the API, alarms and the dashboard',
    'What the template retains (DeletionPolicy: Retain) stays.',
  ];
  process.stderr.write(`\n${lines.join('\n')}\n\n`);
  if (isForced) return;
  const force = 'or remove with --param="discardMessages=true"';
  const full = contents.filter(({ messages }) => messages > 0);
  if (full.length > 0) {
    const total = full.reduce((sum, { messages }) => sum + messages, 0);
    refuse([
      `Not removed: the queues hold ${plural(total, 'message')}. Look at them (npm run dead-letters -- list --stage ${provider.getStage()}) and wait until the queues are empty, ${force}.`,
    ]);
  }
  if (unread.length > 0) {
    refuse([`Not removed: cannot tell whether messages are in ${unread.join(', ')}; ${force}.`]);
  }
}

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;

/** @returns undefined if the queue does not exist */
async function countMessages(
  sqs: Awaited<ReturnType<typeof awsClient>>,
  name: string,
): Promise<number | undefined> {
  try {
    const { QueueUrl } = await sqs.send('GetQueueUrl', { QueueName: name });
    const { Attributes } = await sqs.send('GetQueueAttributes', {
      QueueUrl,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    });
    return Object.values(Attributes ?? {}).reduce((sum, text) => sum + Number(text), 0);
  } catch (error) {
    const { name: kind } = error as Error;
    if (/NonExistentQueue|QueueDoesNotExist/.test(kind)) return undefined;
    throw error;
  }
}
