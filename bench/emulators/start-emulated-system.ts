import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { toDynamoDbTable } from '../../local/dynamodb/start-dynamodb.ts';
import { startEventSourceMapping } from '../../local/event-source-mapping/start-event-source-mapping.ts';
import { SAMPLE_CLIENT } from '../../local/genesys/sample-organisation.ts';
import { startGenesys } from '../../local/genesys/start-genesys.ts';
import {
  type LambdaProcess,
  startLambdaProcess,
} from '../../local/lambda-runtime/start-lambda-process.ts';
import {
  functionResource,
  templateEnvironment,
} from '../../local/lambda-runtime/template-environment.ts';
import { unzip } from '../../local/lambda-runtime/unzip.ts';
import { packageService, type Template } from '../../local/package-service.ts';
import { parseRate, startSchedule } from '../../local/scheduler/start-schedule.ts';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../local/system/local-credentials.ts';
import { startWebhookReceiver } from '../../local/webhook-receiver/start-webhook-receiver.ts';
import { httpEvent } from '../events.ts';
import type { CallerRequest, MeasuredSystem } from '../measure-waits.ts';
import { createQueues, type EmulatedQueue } from './create-queues.ts';
import { createSqsClient } from './create-sqs-client.ts';
import { startElasticMq } from './elasticmq.ts';
import { createProcessPool, type ProcessPool } from './process-pool.ts';
import { createRunLog, type RunLog } from './run-log.ts';
import { startMoto } from './start-moto.ts';
import { startTableProxy, type TableProxy } from './start-table-proxy.ts';

export interface Tools {
  /** Class path of ElasticMQ. */
  classPath: string;
  /** Folder of the programs of a virtual environment with moto. */
  bin: string;
}

export interface EmulatedSystem extends MeasuredSystem {
  table: TableProxy;
  /** By function. */
  pools: Record<string, ProcessPool>;
  log: RunLog;
  stop(): Promise<void>;
}

const INTAKES = 4;
/** Follow-up does little here, because no connections are watched. */
const FOLLOW_UPS = 2;
/** More processes that start at the same time only slow each other down. */
const STARTED_AT_ONCE = 2;
const TABLE = 'RequestsTable';
const SECRETS = ['GenesysCredentialsSecret', 'GenesysTokenSecret', 'WebhookSigningSecret'];
const SIGNING_KEY = `whsec_${Buffer.from('a key for the tests, 32 bytes of').toString('base64')}`;
const SETTINGS = { region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS };
const LOCAL_FOLDER = fileURLToPath(new URL('../../.local', import.meta.url));

/**
 * The packaged functions, each in its own processes, with the template's queues on ElasticMQ, and its table
 * and secrets on moto. All processes are running when it resolves.
 * @param environment replaces variables of the template
 */
export async function startEmulatedSystem(
  tools: Tools,
  environment: Record<string, string>,
): Promise<EmulatedSystem> {
  const parts: { stop(): Promise<unknown> }[] = [];
  const starts: Promise<unknown>[] = [];
  /** Registers a part as soon as it has started, even if another one has failed by then. */
  const add = <Part extends { stop(): Promise<unknown> }>(starting: Promise<Part>) => {
    starts.push(
      starting.then(
        (part) => parts.push(part),
        () => {},
      ),
    );
    return starting;
  };
  const stop = async () => {
    await Promise.all(starts);
    // Clients stop before their servers.
    for (const part of parts.splice(0).reverse()) {
      await part.stop().catch((error: unknown) => console.error('A part does not stop:', error));
    }
  };
  try {
    const folder = await temporaryFolder(parts);
    const { template, zipOf } = await packageService();
    const log = createRunLog();
    const deliveries: MeasuredSystem['deliveries'] = new Map();
    const [elasticMq, moto, genesys, receiver] = await Promise.all([
      add(startElasticMq(tools.classPath, folder)),
      add(startMoto(tools.bin)),
      add(startGenesys()),
      add(
        startWebhookReceiver({
          keys: [SIGNING_KEY],
          keep: 1,
          onDelivery: ({ id, verified, body, problem }) => {
            if (!verified) return log.problem(`webhook: ${problem}`);
            log.delivered(id, body);
            deliveries.get(JSON.parse(body).audit?.correlation_id)?.();
          },
        }),
      ),
    ]);
    const table = await add(startTableProxy(moto.endpoint));
    const sqs = createSqsClient(elasticMq.endpoint);
    parts.push({ stop: async () => sqs.destroy() });
    const queues = await createQueues(sqs, template);
    await createTableAndSecrets(moto.endpoint, template);

    const resources = {
      [TABLE]: { ref: TABLE },
      ...Object.fromEntries(SECRETS.map((id) => [id, { ref: id }])),
      ...Object.fromEntries(Object.entries(queues).map(([id, { url }]) => [id, { ref: url }])),
    };
    const startProcess = (name: string, directory: string) => {
      const { Handler, Timeout, MemorySize } = functionResource(template, name).Properties;
      return startLambdaProcess({
        name,
        zipOrDir: directory,
        handler: Handler,
        timeoutMs: Timeout * 1_000,
        memoryMb: MemorySize,
        env: {
          ...templateEnvironment(template, name, resources),
          ...(['adder', 'follow-up'].includes(name) ? { GENESYS_ENV: genesys.url } : {}),
          ...(name === 'relay' ? { EXTERNAL_WEBHOOK_URL: receiver.url } : {}),
          WATCH_CONNECTIONS: 'false',
          ...environment,
          AWS_REGION: LOCAL_REGION,
          AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
          AWS_SECRET_ACCESS_KEY: 'a-secret-access-key-of-no-value',
          AWS_ENDPOINT_URL_SQS: elasticMq.endpoint,
          AWS_ENDPOINT_URL_SECRETS_MANAGER: moto.endpoint,
          AWS_ENDPOINT_URL_DYNAMODB: table.url,
        },
        onLine: (line) => log.line(name, line),
      });
    };
    const startPool = async (name: string, size: number) => {
      const directory = join(folder, name);
      await unpack(zipOf(name), directory);
      const processes: LambdaProcess[] = [];
      while (processes.length < size) {
        const starting = Math.min(STARTED_AT_ONCE, size - processes.length);
        const started = await Promise.all(
          Array.from({ length: starting }, () => add(startProcess(name, directory))),
        );
        processes.push(...started);
        await Promise.all(started.map((process) => process.ready()));
      }
      return createProcessPool(processes);
    };
    const adderSource = propertiesOf(template, 'AdderEventSourceMappingSQSRequestQueue');
    const relaySource = propertiesOf(template, 'RelayEventSourceMappingSQSAuditQueue');
    const intake = await startPool('intake', INTAKES);
    const adder = await startPool('adder', adderSource.ScalingConfig.MaximumConcurrency);
    const relay = await startPool('relay', relaySource.ScalingConfig.MaximumConcurrency);
    const followUp = await startPool('follow-up', FOLLOW_UPS);

    const startMapping = (logicalId: string, pool: ProcessPool) => {
      const source = propertiesOf(template, logicalId);
      const queue = queues[source.EventSourceArn['Fn::GetAtt'][0]] as EmulatedQueue;
      return startEventSourceMapping({
        client: sqs,
        queueUrl: queue.url,
        queueArn: queue.arn,
        batchSize: source.BatchSize,
        maximumBatchingWindowSeconds: source.MaximumBatchingWindowInSeconds,
        maximumConcurrency: pool.size,
        reportBatchItemFailures: source.FunctionResponseTypes?.includes('ReportBatchItemFailures'),
        invoke: (event) => {
          if (pool === adder) for (const { body } of event.Records) log.received(body);
          return pool.invoke(event);
        },
        onProblem: (problem) => log.problem(`${logicalId}: ${problem}`),
      });
    };
    const sources = [
      startMapping('AdderEventSourceMappingSQSRequestQueue', adder),
      startMapping('RelayEventSourceMappingSQSAuditQueue', relay),
      startMapping('FollowDashupEventSourceMappingSQSWatchQueue', followUp),
      startSchedule({
        everyMs: parseRate(
          propertiesOf(template, 'FollowDashupEventsRuleSchedule1').ScheduleExpression,
        ),
        invoke: (event) => followUp.invoke(event),
        onProblem: (problem) => log.problem(`follow-up: ${problem}`),
      }),
    ];

    return {
      genesys,
      deliveries,
      table,
      pools: { intake, adder, relay, 'follow-up': followUp },
      log,
      async post(request) {
        const post = log.post(request);
        const response = await intake.invoke(toEvent(request)).then(
          (value) => value as { statusCode: number; body: string },
          (error: Error) => ({ statusCode: 500, body: error.message }),
        );
        if (response.statusCode === 202) log.accepted(post, JSON.parse(response.body).requestId);
        return { status: response.statusCode, text: response.body };
      },
      async stop() {
        const stopped = sources.map((source) => source.stop());
        // Ends the processes too, whose invocations the sources wait for.
        await stop();
        await Promise.all(stopped);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function temporaryFolder(parts: { stop(): Promise<unknown> }[]): Promise<string> {
  await mkdir(LOCAL_FOLDER, { recursive: true });
  const folder = await mkdtemp(join(LOCAL_FOLDER, 'emulators-'));
  parts.push({ stop: () => rm(folder, { recursive: true, force: true }) });
  return folder;
}

async function unpack(zipFile: string, directory: string): Promise<void> {
  for (const [path, content] of unzip(await readFile(zipFile))) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
}

function propertiesOf(template: Template, logicalId: string) {
  const resource = template.Resources[logicalId];
  if (!resource) throw new Error(`The template has no ${logicalId}`);
  return resource.Properties;
}

async function createTableAndSecrets(endpoint: string, template: Template): Promise<void> {
  const dynamoDb = new DynamoDBClient({ ...SETTINGS, endpoint });
  const secrets = new SecretsManagerClient({ ...SETTINGS, endpoint });
  const values: Record<string, object> = {
    GenesysCredentialsSecret: SAMPLE_CLIENT,
    WebhookSigningSecret: { keys: [SIGNING_KEY] },
  };
  try {
    const properties = { ...propertiesOf(template, TABLE), TableName: TABLE };
    await dynamoDb.send(new CreateTableCommand(toDynamoDbTable(properties)));
    for (const Name of SECRETS) {
      const value = values[Name] && { SecretString: JSON.stringify(values[Name]) };
      await secrets.send(new CreateSecretCommand({ Name, ...value }));
    }
  } finally {
    dynamoDb.destroy();
    secrets.destroy();
  }
}

function toEvent(request: CallerRequest) {
  const { caller, correlationId, conversationId, userId, deadlineSeconds } = request;
  const event = httpEvent(conversationId, [userId]);
  return {
    ...event,
    headers: {
      ...event.headers,
      'x-correlation-id': correlationId,
      'idempotency-key': correlationId,
    },
    requestContext: {
      ...event.requestContext,
      authorizer: { jwt: { claims: { sub: caller, iss: 'bench' } } },
    },
    body: JSON.stringify({ ...JSON.parse(event.body), deadlineSeconds }),
  };
}
