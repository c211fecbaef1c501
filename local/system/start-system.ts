import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SQSClient } from '@aws-sdk/client-sqs';
import { readAdderConfig, readIntakeConfig, readRelayConfig } from '../../lib/config.ts';
import {
  type ApiGateway,
  type Service,
  type ServiceFunction,
  startApiGateway,
} from '../api-gateway/start-api-gateway.ts';
import {
  type EventSourceMappingOptions,
  startEventSourceMapping,
} from '../event-source-mapping/start-event-source-mapping.ts';
import { SAMPLE_CLIENT } from '../genesys/sample-organisation.ts';
import { type RunningGenesys, startGenesys } from '../genesys/start-genesys.ts';
import { type LambdaFunction, startLambda } from '../lambda/start-lambda.ts';
import { listen } from '../listen.ts';
import {
  type LocalSecretsManager,
  startSecretsManager,
} from '../secrets-manager/start-secrets-manager.ts';
import { type LocalSqs, startSqs } from '../sqs/start-sqs.ts';
import { type LogEntry, readLogLine } from '../story/log-entry.ts';
import { UserError } from '../user-error.ts';
import {
  type Delivery,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../webhook-receiver/start-webhook-receiver.ts';
import { type CreatedResources, createResources } from './create-resources.ts';
import { type Endpoints, removeEndpoints, writeEndpoints } from './endpoints-file.ts';
import type { Environment, Settings } from './read-settings.ts';
import { resolveReferences } from './resolve-references.ts';

export interface SystemOptions {
  settings: Settings;
  /** What `${env:…}` in serverless.yml is resolved from, beside the settings. */
  environment: Environment;
  /** A log entry of a function. */
  onLogEntry?: (entry: LogEntry) => void;
  /** Something came in at our webhook receiver. */
  onDelivery?: (delivery: Delivery) => void;
  /** Something is wrong outside of the functions' own log. */
  onProblem?: (problem: string) => void;
  /** The API has ended by itself: the system is of no use any more. */
  onEnd?: (why: string) => void;
}

export interface LocalSystem {
  endpoints: Endpoints;
  /** The stand-in, where it is used. */
  genesys?: RunningGenesys;
  /** Our receiver, where it is used. */
  receiver?: WebhookReceiver;
  /** Nothing is in a queue that a function reads: all that was sent has been carried out. */
  isIdle(): boolean;
  /** Whatever is running is broken off. */
  stop(): Promise<void>;
}

/** Repository root. */
const ROOT = resolve(import.meta.dirname, '../..');

/** HTTP events at a time. More of them wait: Lambda's thousand would not fit into this machine. */
const HTTP_INSTANCES = 4;

/** Credentials that a client has to have and nothing on this machine looks at. */
const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

const REGION = 'us-east-1';

/** Of a function for which serverless.yml names none. */
const DEFAULT_MEMORY_MB = 1024;
const DEFAULT_TIMEOUT_SECONDS = 6;

/** Deliveries that our receiver remembers. */
const KEPT_DELIVERIES = 1_000;

const readConfig: Record<string, (environment: Environment) => unknown> = {
  intake: readIntakeConfig,
  adder: readAdderConfig,
  relay: readRelayConfig,
};

/**
 * Starts the whole system on this machine, as serverless.yml describes it.
 * @throws UserError for what can be mended: a port that is taken, a setting that is wrong
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
  const stopAll = async () => {
    // Who uses comes before who is used.
    for (const part of [...started].reverse()) await part.stop();
  };

  try {
    const apiPort = await reservePort(ports.api);
    const sqs = await run(
      onPort('SQS_PORT', ports.sqs, (port) => startSqs({ port, region: REGION })),
    );
    const secretsManager = await run(
      onPort('SECRETS_PORT', ports.secretsManager, (port) =>
        startSecretsManager({ port, region: REGION }),
      ),
    );
    const genesys = settings.genesys
      ? undefined
      : await run(onPort('GENESYS_PORT', ports.genesys, (port) => startGenesys({ port })));
    const signingKeys = { read: () => settings.signingKeys };
    const receiver = settings.webhookUrl
      ? undefined
      : await run(
          onPort('WEBHOOK_PORT', ports.webhook, (port) =>
            startWebhookReceiver({
              port,
              keys: () => signingKeys.read(),
              keep: KEPT_DELIVERIES,
              onDelivery: options.onDelivery ?? (() => {}),
            }),
          ),
        );

    const lambdas = new Map<string, LambdaFunction>();
    let resources: CreatedResources | undefined;
    let functions: Endpoints['functions'] = {};
    const setUp = (service: Service) => {
      resources = createResources(service, sqs, secretsManager);
      fillSecrets(secretsManager, resources.secrets, settings);
      const signingSecret = resources.secrets.WebhookSigningSecret ?? '';
      signingKeys.read = () => readSigningKeys(secretsManager, signingSecret);
      functions = describeFunctions(service, resources, sqs, secretsManager);
      for (const definition of service.functions) {
        const { key, name } = definition;
        const { environment = {}, timeoutMs = 0 } = functions[key] ?? {};
        const lambda = startLambda({
          ...toModule(service, definition),
          functionName: name,
          environment,
          timeoutMs,
          memoryMb: definition.memorySize ?? service.provider.memorySize ?? DEFAULT_MEMORY_MB,
          maxInstances: maxInstances(definition),
          onLogLine: (line) => {
            const entry = readLogLine(line);
            if (typeof entry === 'string') onProblem(`${key}: ${entry}`);
            else if (entry) options.onLogEntry?.(entry);
          },
        });
        lambdas.set(name, lambda);
        started.push(lambda);
      }
    };

    const gateway: ApiGateway = await run(
      startApiGateway({
        port: apiPort,
        root: ROOT,
        environment: {
          ...environment,
          // Nothing but what is on this machine answers to these.
          AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
          AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
          AWS_SESSION_TOKEN: undefined,
          AWS_PROFILE: undefined,
          AWS_REGION: REGION,
          GENESYS_ENV: settings.genesys?.environment ?? genesys?.url,
          EXTERNAL_WEBHOOK_URL: settings.webhookUrl ?? receiver?.url,
          // Out of the way of a program that has no use for them. Empty and not absent, because it
          // reads .env by itself.
          GENESYS_CLIENT_ID: '',
          GENESYS_CLIENT_SECRET: '',
          WEBHOOK_SIGNING_KEY: '',
        },
        onService: setUp,
        invoke: async (functionName, event) => lambdas.get(functionName)?.invoke(event),
        onEnd: options.onEnd ?? (() => {}),
      }),
    );
    const { service } = gateway;
    if (!resources) throw new Error('serverless offline did not say what the service is');
    const { queues, secrets } = resources;

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
    const endpoints: Endpoints = {
      pid: process.pid,
      apiUrl: gateway.url,
      sqsEndpoint: sqs.endpoint,
      secretsManagerEndpoint: secretsManager.endpoint,
      region: service.provider.region,
      ...(genesys ? { genesysUrl: genesys.url } : {}),
      ...(receiver ? { webhookUrl: receiver.url } : {}),
      queues,
      secrets,
      functions,
    };
    const folder = join(ROOT, settings.folder);
    await writeEndpoints(folder, endpoints);

    return {
      endpoints,
      ...(genesys ? { genesys } : {}),
      ...(receiver ? { receiver } : {}),
      isIdle: () =>
        sources.every(({ queueName }) => {
          const { ready, inFlight } = sqs.inspect(queueName);
          return ready.length + inFlight.length === 0;
        }),
      async stop() {
        await removeEndpoints(folder, process.pid);
        const stoppedMappings = mappings.map((mapping) => mapping.stop());
        // Ends the invocations that the mappings wait for, and what else is there.
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

/** Answers a port in use with the line that says which variable to change. */
async function onPort<Part>(
  variable: string,
  port: number,
  start: (port: number) => Promise<Part>,
): Promise<Part> {
  try {
    return await start(port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    const why = code === 'EACCES' ? 'may not be used' : 'is taken';
    throw new UserError(`Port ${port} ${why}: set ${variable} to another one, or to 0 for any.`);
  }
}

/** serverless-offline wants to be told a port: finds a free one, or sees that the given one is. */
async function reservePort(wanted: number): Promise<number> {
  const { port, stop } = await onPort('PORT', wanted, (port) => listen(createServer(), port));
  await stop();
  return port;
}

function fillSecrets(
  secretsManager: LocalSecretsManager,
  secrets: Record<string, string>,
  settings: Settings,
): void {
  const { clientId, clientSecret } = settings.genesys ?? SAMPLE_CLIENT;
  const put = (logicalId: string, value: object) => {
    const name = secrets[logicalId];
    if (!name) throw new Error(`serverless.yml has no secret ${logicalId}`);
    secretsManager.putSecret(name, JSON.stringify(value));
  };
  put('GenesysCredentialsSecret', { clientId, clientSecret });
  put('WebhookSigningSecret', { keys: settings.signingKeys });
}

/** As they are now: keys may be rotated while the system runs. */
function readSigningKeys(secretsManager: LocalSecretsManager, name: string): string[] {
  const keys = JSON.parse(secretsManager.readSecret(name) ?? '{}').keys;
  return Array.isArray(keys) ? keys.filter((key) => /^whsec_/.test(key)) : [];
}

function describeFunctions(
  service: Service,
  { references }: CreatedResources,
  sqs: LocalSqs,
  secretsManager: LocalSecretsManager,
): Endpoints['functions'] {
  return Object.fromEntries(
    service.functions.map(({ key, name, timeout, memorySize, environment }) => {
      const own = resolveReferences(
        { ...service.provider.environment, ...environment },
        references,
      ) as Record<string, unknown>;
      const variables: Record<string, string> = {
        // What Lambda sets,
        AWS_REGION: service.provider.region,
        AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
        AWS_LAMBDA_FUNCTION_NAME: name,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySize ?? DEFAULT_MEMORY_MB),
        // what the SDK needs to stay on this machine,
        AWS_ENDPOINT_URL_SQS: sqs.endpoint,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.endpoint,
        // and what serverless.yml says.
        ...Object.fromEntries(
          Object.entries(own).map(([variable, value]) => [variable, String(value)]),
        ),
      };
      // Here a wrong one is one line at start; in the function it would be one with each event.
      readConfig[key]?.(variables);
      return [
        key,
        {
          environment: variables,
          timeoutMs: (timeout ?? service.provider.timeout ?? DEFAULT_TIMEOUT_SECONDS) * 1000,
        },
      ];
    }),
  );
}

/** `functions/intake/index.handler`, in the folder of the bundles. */
function toModule(service: Service, { handler }: ServiceFunction) {
  const [, file = '', exportName = ''] = /^(.*)\.([^.]+)$/.exec(handler) ?? [];
  const moduleUrl = pathToFileURL(join(ROOT, service.bundles, `${file}.mjs`)).href;
  return { moduleUrl, exportName };
}

function maxInstances({ events }: ServiceFunction): number {
  const sources = events.flatMap(({ sqs }) => (sqs ? [sqs.maximumConcurrency ?? 5] : []));
  return sources.length > 0 ? Math.max(...sources) : HTTP_INSTANCES;
}

type EventSource = { key: string; queueName: string } & Omit<
  EventSourceMappingOptions,
  'client' | 'onProblem'
>;

/** The `sqs` events of serverless.yml, with the queue and the function that they connect. */
function findEventSources(
  service: Service,
  { queues, references }: CreatedResources,
  lambdas: Map<string, LambdaFunction>,
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
