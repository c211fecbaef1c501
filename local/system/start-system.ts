import { resolve } from 'node:path';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createLocalAuthorizer, type LocalAuthorizer } from '../api-gateway/local-authorizer.ts';
import { type Service, startApiGateway } from '../api-gateway/start-api-gateway.ts';
import { startDynamoDb } from '../dynamodb/start-dynamodb.ts';
import { startEventSourceMapping } from '../event-source-mapping/start-event-source-mapping.ts';
import type { GenesysEvent } from '../genesys/create-genesys.ts';
import { type RunningGenesys, startGenesys } from '../genesys/start-genesys.ts';
import { type LambdaFunction, startLambda } from '../lambda-runtime/start-lambda.ts';
import { LambdaFault } from '../lambda-runtime/start-lambda-process.ts';
import { parseRate, startSchedule } from '../scheduler/start-schedule.ts';
import { startSecretsManager } from '../secrets-manager/start-secrets-manager.ts';
import { type QueuedMessage, startSqs } from '../sqs/start-sqs.ts';
import { type LogEntry, readLogLine } from '../story/log-entry.ts';
import {
  type Delivery,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../webhook-receiver/start-webhook-receiver.ts';
import { type CreatedResources, createResources } from './create-resources.ts';
import { type DescribedFunction, describeFunctions } from './describe-functions.ts';
import { type Endpoints, removeEndpoints, writeEndpoints } from './endpoints-file.ts';
import { fillSecrets } from './fill-secrets.ts';
import { findEventSources } from './find-event-sources.ts';
import { generateCredentials, LOCAL_CREDENTIALS, LOCAL_REGION } from './local-credentials.ts';
import { lockFolder } from './lock-folder.ts';
import { onPort, reservePort } from './on-port.ts';
import type { Environment, Settings } from './read-settings.ts';

export interface SystemOptions {
  settings: Settings;
  /** Environment for `${env:…}` in serverless.yml, besides the settings. */
  environment: Environment;
  /** Milliseconds between the events of every schedule. Default: as in serverless.yml. */
  scheduleEveryMs?: number;
  /** A log entry of a function. */
  onLogEntry?: (entry: LogEntry) => void;
  /** A call at the stand-in Genesys Cloud, or a person that it rings. */
  onGenesysEvent?: (event: GenesysEvent) => void;
  /** A part is starting or ready. */
  onProgress?: (what: string) => void;
  /** A delivery arrived at our webhook receiver. */
  onDelivery?: (delivery: Delivery) => void;
  /** A problem that no function logs. */
  onProblem?: (problem: string) => void;
  /** The API has ended unexpectedly, so the system is unusable. */
  onEnd?: (why: string) => void;
}

export interface LocalSystem {
  endpoints: Endpoints;
  /** The stand-in, if it is used. */
  genesys?: RunningGenesys;
  /** Our receiver, if it is used. */
  receiver?: WebhookReceiver;
  /** Headers that authorize a request to the API. */
  headersFor: LocalAuthorizer['headersFor'];
  /** Messages of a queue, without receiving them. */
  listMessages(queueName: string): QueuedMessage[];
  /** True if the queues that functions read are empty. */
  isIdle(): boolean;
  /** Stops everything, including running invocations. */
  stop(): Promise<void>;
}

/** Repository root. */
const ROOT = resolve(import.meta.dirname, '../..');

/** Deliveries that our receiver keeps. */
const KEPT_DELIVERIES = 1_000;

/**
 * Starts the whole system on this machine, as serverless.yml describes it.
 * @throws UserError for what the user can fix: a port in use, an invalid setting
 */
export async function startSystem(options: SystemOptions): Promise<LocalSystem> {
  const { settings, environment } = options;
  const onProblem = options.onProblem ?? (() => {});
  const { ports } = settings;
  const started: { stop(): Promise<unknown> }[] = [];
  const run = async <Part extends { stop(): Promise<unknown> }>(part: Promise<Part>) => {
    const running = await part;
    started.push(running);
    return running;
  };
  const startStandIn = (port: number) =>
    startGenesys({
      port,
      ...(options.onGenesysEvent ? { onEvent: options.onGenesysEvent } : {}),
    });
  const stopAll = async () => {
    // Clients stop before their servers.
    for (const part of [...started].reverse()) await part.stop();
  };

  const credentials = generateCredentials();
  const authorizer = createLocalAuthorizer(settings.auth, credentials, LOCAL_REGION, Date.now);
  const onProgress = options.onProgress ?? (() => {});
  const folder = resolve(ROOT, settings.folder);
  started.push(await lockFolder(folder));
  try {
    onProgress('queues, secrets, table');
    const apiPort = await reservePort('PORT', ports.api);
    const sqs = await run(
      onPort('SQS_PORT', ports.sqs, (port) => startSqs({ port, region: LOCAL_REGION })),
    );
    const secretsManager = await run(
      onPort('SECRETS_PORT', ports.secretsManager, (port) =>
        startSecretsManager({ port, region: LOCAL_REGION, accessKeyId: credentials.accessKeyId }),
      ),
    );
    const dynamoDb = await run(
      onPort('DYNAMODB_PORT', ports.dynamoDb, (port) =>
        startDynamoDb({ port, accessKeyId: credentials.accessKeyId }),
      ),
    );
    const genesys = settings.genesys
      ? undefined
      : await run(onPort('GENESYS_PORT', ports.genesys, (port) => startStandIn(port)));
    onProgress('bundles of the functions');
    let readSigningKeys = () => settings.signingKeys;
    const receiver = settings.webhookUrl
      ? undefined
      : await run(
          onPort('WEBHOOK_PORT', ports.webhook, (port) =>
            startWebhookReceiver({
              port,
              keys: () => readSigningKeys(),
              keep: KEPT_DELIVERIES,
              onDelivery: options.onDelivery ?? (() => {}),
            }),
          ),
        );

    const lambdas = new Map<string, LambdaFunction>();
    let resources: CreatedResources | undefined;
    let functions: DescribedFunction[] = [];
    const setUp = (service: Service) => {
      resources = createResources(service, sqs, secretsManager, dynamoDb);
      readSigningKeys = fillSecrets(secretsManager, resources.secrets, settings);
      functions = describeFunctions(service, {
        root: ROOT,
        references: resources.references,
        sqsEndpoint: sqs.endpoint,
        secretsManagerEndpoint: secretsManager.endpoint,
        dynamoDbEndpoint: dynamoDb.endpoint,
        credentials,
      });
      for (const { key, ...lambdaOptions } of functions) {
        const lambda = startLambda({
          ...lambdaOptions,
          onLine: (line) => {
            const entry = readLogLine(line);
            if (typeof entry === 'string') onProblem(`${key}: ${entry}`);
            else if (entry) options.onLogEntry?.(entry);
          },
        });
        lambdas.set(lambdaOptions.name, lambda);
        started.push(lambda);
      }
    };

    const gateway = await run(
      startApiGateway({
        port: apiPort,
        root: ROOT,
        environment: {
          ...environment,
          // Valid for local servers only.
          AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
          AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
          AWS_SESSION_TOKEN: undefined,
          AWS_PROFILE: undefined,
          AWS_REGION: LOCAL_REGION,
          GENESYS_ENV: settings.genesys?.environment ?? genesys?.url,
          EXTERNAL_WEBHOOK_URL: settings.webhookUrl ?? receiver?.url,
          // serverless does not need these. Empty instead of absent, because it reads .env.
          GENESYS_CLIENT_ID: '',
          GENESYS_CLIENT_SECRET: '',
          WEBHOOK_SIGNING_KEY: '',
        },
        onService: setUp,
        invoke: async (functionName, event) => {
          const verdict = authorizer.authorize(event);
          if ('response' in verdict) return verdict.response;
          return lambdas
            .get(functionName)
            ?.invoke(verdict.event)
            .catch((fault: Error) => {
              // Functions log all other faults.
              if (fault instanceof LambdaFault && fault.kind === 'timeout') {
                onProblem(`${functionName}: ${fault.message}`);
              }
              throw fault;
            });
        },
        onEnd: options.onEnd ?? (() => {}),
      }),
    );
    const { service } = gateway;
    if (!resources) throw new Error('serverless offline did not say what the service is');
    const { queues, secrets, tables, tablesReady } = resources;
    await tablesReady;

    const client = new SQSClient({
      endpoint: sqs.endpoint,
      region: service.provider.region,
      credentials: LOCAL_CREDENTIALS,
    });
    const sources = findEventSources(service, resources, lambdas);
    const mappings = sources.map(({ key, ...source }) =>
      startEventSourceMapping({
        ...source,
        client,
        onProblem: (problem) => onProblem(`${key}: ${problem}`),
      }),
    );
    const schedules = service.functions.flatMap(({ key, name, events }) =>
      events.flatMap(({ schedule }) => {
        const lambda = lambdas.get(name);
        if (!schedule || !lambda) return [];
        return startSchedule({
          everyMs: options.scheduleEveryMs ?? parseRate(schedule),
          invoke: (event) => lambda.invoke(event),
          onProblem: (problem) => onProblem(`${key}: ${problem}`),
        });
      }),
    );
    const endpoints: Endpoints = {
      pid: process.pid,
      apiUrl: gateway.url,
      sqsEndpoint: sqs.endpoint,
      secretsManagerEndpoint: secretsManager.endpoint,
      dynamoDbEndpoint: dynamoDb.endpoint,
      region: service.provider.region,
      credentials,
      ...(authorizer.tokens === undefined ? {} : { tokens: authorizer.tokens }),
      ...(genesys ? { genesysUrl: genesys.url } : {}),
      ...(receiver ? { webhookUrl: receiver.url } : {}),
      queues,
      secrets,
      tables,
      functions: Object.fromEntries(
        functions.map(({ key, env, timeoutMs }) => [key, { environment: env, timeoutMs }]),
      ),
    };
    await writeEndpoints(folder, endpoints);

    return {
      endpoints,
      ...(genesys ? { genesys } : {}),
      ...(receiver ? { receiver } : {}),
      headersFor: authorizer.headersFor,
      listMessages: (queueName) => sqs.listMessages(queueName),
      isIdle: () =>
        sources.every(({ queueName }) => {
          const { ready, inFlight } = sqs.inspect(queueName);
          return ready.length + inFlight.length === 0;
        }),
      async stop() {
        await removeEndpoints(folder, process.pid);
        const stoppedMappings = [...mappings, ...schedules].map((source) => source.stop());
        // Ends everything, including the invocations that the mappings wait for.
        await stopAll();
        await Promise.all(stoppedMappings);
        client.destroy();
      },
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}
