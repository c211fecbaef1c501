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
  /** The function's. */
  name: string;
  line: string;
}

export interface PackagedSystem {
  intake: LambdaProcess;
  /** As many as the event source may run at once. */
  adders: LambdaProcess[];
  relay: LambdaProcess;
  requests: LambdaProcess;
  /** Runs when a test invokes it with a scheduled event, and for messages of the watch queue. */
  followUp: LambdaProcess;
  dynamoDb: LocalDynamoDb;
  sqs: LocalSqs;
  /** By logical id. */
  queues: Record<string, LocalQueue>;
  secrets: LocalSecretsManager;
  genesys: RunningGenesys;
  receiver: WebhookReceiver;
  /** All that the functions have written. */
  log: LogLine[];
  /** The first line, past or coming, that matches. */
  waitForLine(matches: (line: LogLine) => boolean): Promise<LogLine>;
  stop(): Promise<void>;
}

export interface PackagedSystemOptions {
  /** Replaces variables of the template, such as `GENESYS_REQUESTS_PER_SECOND`. */
  env?: Record<string, string>;
  /** Replaces queue attributes, such as a visibility timeout that a test cannot wait for. */
  queueAttributes?: (logicalId: string) => Record<string, string>;
  signingKey?: string;
}

const SIGNING_KEY = `whsec_${Buffer.from('a key for the tests, 32 bytes of').toString('base64')}`;

/**
 * The service as it is deployed, on this machine: the packaged functions, each in processes of its
 * own with the environment of the template, and the template's queues, secrets and event sources
 * between them.
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
  const mappingOf = (logicalId: string) => template.Resources[logicalId]?.Properties;
  const adderSource = mappingOf('AdderEventSourceMappingSQSRequestQueue');
  const concurrency: number = adderSource?.ScalingConfig.MaximumConcurrency;
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
  let turn = 0;
  const mappings = [
    startEventSourceMapping({
      client,
      ...source(queues, 'RequestQueue'),
      batchSize: adderSource?.BatchSize,
      maximumConcurrency: concurrency,
      reportBatchItemFailures: true,
      invoke: (event) => {
        turn += 1;
        return (adders[turn % concurrency] as LambdaProcess).invoke(event);
      },
    }),
    startEventSourceMapping({
      client,
      ...source(queues, 'AuditQueue'),
      batchSize: mappingOf('RelayEventSourceMappingSQSAuditQueue')?.BatchSize,
      maximumConcurrency: 1,
      reportBatchItemFailures: true,
      invoke: (event) => relay.invoke(event),
    }),
    startEventSourceMapping({
      client,
      ...source(queues, 'WatchQueue'),
      batchSize: mappingOf('FollowDashupEventSourceMappingSQSWatchQueue')?.BatchSize,
      maximumConcurrency: 1,
      reportBatchItemFailures: true,
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
      await Promise.all(mappings.map((mapping) => mapping.stop()));
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
  const ofTemplate = Object.entries(template.Resources).filter(
    ([, { Type }]) => Type === 'AWS::SQS::Queue',
  );
  // Dead-letter queues first: the others name them.
  ofTemplate.sort(
    ([, a], [, b]) =>
      Number('RedrivePolicy' in a.Properties) - Number('RedrivePolicy' in b.Properties),
  );
  for (const [logicalId, { Properties }] of ofTemplate) {
    const { QueueName, FifoQueue, SqsManagedSseEnabled, RedrivePolicy, ...others } = Properties;
    const attributes = Object.fromEntries(
      Object.entries(others).map(([name, value]) => [name, String(value)]),
    );
    if (RedrivePolicy) {
      const [dead] = RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'];
      attributes.RedrivePolicy = JSON.stringify({
        deadLetterTargetArn: queues[dead]?.arn,
        maxReceiveCount: RedrivePolicy.maxReceiveCount,
      });
    }
    queues[logicalId] = sqs.createQueue(QueueName, { ...attributes, ...replaced(logicalId) });
  }
  return queues;
}

function source(queues: Record<string, LocalQueue>, logicalId: string) {
  const queue = queues[logicalId];
  if (!queue) throw new Error(`The template has no ${logicalId}`);
  return { queueUrl: queue.url, queueArn: queue.arn };
}
