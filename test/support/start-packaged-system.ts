import { SQSClient } from '@aws-sdk/client-sqs';
import { type LocalDynamoDb, startDynamoDb } from '../../local/dynamodb/start-dynamodb.ts';
import { startEventSourceMapping } from '../../local/event-source-mapping/start-event-source-mapping.ts';
import { SAMPLE_CLIENT } from '../../local/genesys/sample-organisation.ts';
import { type RunningGenesys, startGenesys } from '../../local/genesys/start-genesys.ts';
import {
  type LambdaProcess,
  startLambdaProcess,
} from '../../local/lambda-runtime/start-lambda-process.ts';
import {
  functionResource,
  templateEnvironment,
} from '../../local/lambda-runtime/template-environment.ts';
import { packageService, type Template } from '../../local/package-service.ts';
import { queuesOfTemplate, redriveAttribute } from '../../local/queues-of-template.ts';
import { parseRate, startSchedule } from '../../local/scheduler/start-schedule.ts';
import {
  type LocalSecretsManager,
  startSecretsManager,
} from '../../local/secrets-manager/start-secrets-manager.ts';
import { type LocalQueue, type LocalSqs, startSqs } from '../../local/sqs/start-sqs.ts';
import {
  startWebhookReceiver,
  type WebhookReceiver,
} from '../../local/webhook-receiver/start-webhook-receiver.ts';

export interface LogLine {
  /** Name of the function in serverless.yml. */
  name: string;
  line: string;
}

export interface PackagedSystem {
  intake: LambdaProcess;
  /** As many as the event source's maximum concurrency. */
  adders: LambdaProcess[];
  relay: LambdaProcess;
  requests: LambdaProcess;
  /** Runs by its schedule and for messages of the watch queue. */
  followUp: LambdaProcess;
  dynamoDb: LocalDynamoDb;
  sqs: LocalSqs;
  /** By logical id. */
  queues: Record<string, LocalQueue>;
  secrets: LocalSecretsManager;
  genesys: RunningGenesys;
  receiver: WebhookReceiver;
  /** Everything the functions have logged. */
  log: LogLine[];
  /** Resolves with the first line, already logged or still to come, that matches. */
  waitForLine(matches: (line: LogLine) => boolean): Promise<LogLine>;
  stop(): Promise<void>;
}

export interface PackagedSystemOptions {
  /** Replaces variables of the template, such as `GENESYS_REQUESTS_PER_SECOND`. */
  env?: Record<string, string>;
  /** Replaces queue attributes, such as a visibility timeout that a test cannot wait for. */
  queueAttributes?: (logicalId: string) => Record<string, string>;
  /** Milliseconds between runs of follow-up. Default: the rate in the template. */
  scheduleEveryMs?: number;
  signingKey?: string;
}

const SIGNING_KEY = `whsec_${Buffer.from('a key for the tests, 32 bytes of').toString('base64')}`;

/**
 * The service as it is deployed, on this machine: the packaged functions, each in its own processes
 * with the environment of the template, and the template's queues, secrets, table, event sources and
 * schedule.
 */
export async function startPackagedSystem(
  options: PackagedSystemOptions = {},
): Promise<PackagedSystem> {
  const { template, zipOf } = await packageService();
  const signingKey = options.signingKey ?? SIGNING_KEY;
  const [sqs, dynamoDb, secrets, genesys, receiver] = await Promise.all([
    startSqs(),
    startDynamoDb(),
    startSecretsManager(),
    startGenesys(),
    startWebhookReceiver({ keys: [signingKey] }),
  ]);
  const queues = createQueues(sqs, template, options.queueAttributes ?? (() => ({})));
  secrets.putSecret('GenesysCredentialsSecret', JSON.stringify(SAMPLE_CLIENT));
  secrets.putSecret('GenesysTokenSecret');
  secrets.putSecret('WebhookSigningSecret', JSON.stringify({ keys: [signingKey] }));
  await dynamoDb.createTable({
    ...template.Resources.RequestsTable?.Properties,
    TableName: 'RequestsTable',
  });
  const resources = {
    RequestsTable: { ref: 'RequestsTable' },
    ...Object.fromEntries(Object.entries(queues).map(([id, { url }]) => [id, { ref: url }])),
    ...Object.fromEntries(
      ['GenesysCredentialsSecret', 'GenesysTokenSecret', 'WebhookSigningSecret'].map((id) => [
        id,
        { ref: id },
      ]),
    ),
  };
  const log: LogLine[] = [];
  const listeners = new Set<(line: LogLine) => void>();
  const write = (line: LogLine) => {
    log.push(line);
    for (const listener of [...listeners]) listener(line);
  };
  const start = (name: string) =>
    startLambdaProcess({
      name,
      zipOrDir: zipOf(name),
      handler: functionResource(template, name).Properties.Handler,
      timeoutMs: functionResource(template, name).Properties.Timeout * 1000,
      memoryMb: functionResource(template, name).Properties.MemorySize,
      env: {
        ...templateEnvironment(template, name, resources),
        ...(['adder', 'follow-up'].includes(name) ? { GENESYS_ENV: genesys.url } : {}),
        ...(name === 'relay' ? { EXTERNAL_WEBHOOK_URL: receiver.url } : {}),
        ...options.env,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'a-secret-access-key-of-no-value',
        AWS_SESSION_TOKEN: 'a-session-token-of-no-value',
        AWS_ENDPOINT_URL_SQS: sqs.endpoint,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.endpoint,
        AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.endpoint,
      },
      onLine: (line) => write({ name, line }),
    });
  const propertiesOf = (logicalId: string) => {
    const resource = template.Resources[logicalId];
    if (!resource) throw new Error(`The template has no ${logicalId}`);
    return resource.Properties;
  };
  const adderSource = propertiesOf('AdderEventSourceMappingSQSRequestQueue');
  const concurrency: number = adderSource.ScalingConfig.MaximumConcurrency;
  const adders = await Promise.all(Array.from({ length: concurrency }, () => start('adder')));
  const [intake, relay, requests, followUp] = await Promise.all(
    ['intake', 'relay', 'requests', 'follow-up'].map(start),
  );
  if (!intake || !relay || !requests || !followUp) throw new Error('a function is missing');

  const client = new SQSClient({
    endpoint: sqs.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  /** Connects the queue that an event source mapping names with processes of its function. */
  const startMapping = (logicalId: string, lambdas: LambdaProcess[]) => {
    const { EventSourceArn, BatchSize, FunctionResponseTypes } = propertiesOf(logicalId);
    const queue = queues[EventSourceArn['Fn::GetAtt'][0]];
    if (!queue) throw new Error(`The template has no queue for ${logicalId}`);
    const free = [...lambdas];
    return startEventSourceMapping({
      client,
      queueUrl: queue.url,
      queueArn: queue.arn,
      batchSize: BatchSize,
      maximumConcurrency: lambdas.length,
      reportBatchItemFailures: FunctionResponseTypes?.includes('ReportBatchItemFailures'),
      invoke: async (event) => {
        const lambda = free.shift();
        if (!lambda) throw new Error(`${logicalId} runs more batches than it has processes`);
        try {
          return await lambda.invoke(event);
        } finally {
          free.push(lambda);
        }
      },
    });
  };
  const running = [
    startMapping('AdderEventSourceMappingSQSRequestQueue', adders),
    startMapping('RelayEventSourceMappingSQSAuditQueue', [relay]),
    startMapping('FollowDashupEventSourceMappingSQSWatchQueue', [followUp]),
    startSchedule({
      everyMs:
        options.scheduleEveryMs ??
        parseRate(propertiesOf('FollowDashupEventsRuleSchedule1').ScheduleExpression),
      invoke: (event) => followUp.invoke(event),
    }),
  ];

  return {
    intake,
    adders,
    relay,
    requests,
    followUp,
    dynamoDb,
    sqs,
    queues,
    secrets,
    genesys,
    receiver,
    log,
    waitForLine: (matches) =>
      new Promise((resolve) => {
        const past = log.find(matches);
        if (past) return resolve(past);
        const listener = (line: LogLine) => {
          if (!matches(line)) return;
          listeners.delete(listener);
          resolve(line);
        };
        listeners.add(listener);
      }),
    async stop() {
      await Promise.all(running.map((part) => part.stop()));
      await Promise.all(
        [intake, relay, requests, followUp, ...adders].map((lambda) => lambda.stop()),
      );
      client.destroy();
      await Promise.all([sqs, dynamoDb, secrets, genesys, receiver].map((server) => server.stop()));
    },
  };
}

function createQueues(
  sqs: LocalSqs,
  template: Template,
  replaced: (logicalId: string) => Record<string, string>,
): Record<string, LocalQueue> {
  const queues: Record<string, LocalQueue> = {};
  for (const queue of queuesOfTemplate(template)) {
    const { logicalId } = queue;
    const { QueueName, FifoQueue, SqsManagedSseEnabled, RedrivePolicy, ...others } =
      queue.properties;
    const attributes = Object.fromEntries(
      Object.entries(others).map(([name, value]) => [name, String(value)]),
    );
    Object.assign(attributes, redriveAttribute(queue, queues));
    queues[logicalId] = sqs.createQueue(QueueName, { ...attributes, ...replaced(logicalId) });
  }
  return queues;
}
