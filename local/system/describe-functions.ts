import { join } from 'node:path';
import {
  readAdderConfig,
  readFollowUpConfig,
  readIntakeConfig,
  readRelayConfig,
  readRequestsConfig,
} from '../../lib/config.ts';
import type { Service, ServiceFunction } from '../api-gateway/start-api-gateway.ts';
import type { LambdaOptions } from '../lambda-runtime/start-lambda.ts';
import type { Credentials } from './local-credentials.ts';
import type { Environment } from './read-settings.ts';
import { type LocalResource, resolveReferences } from './resolve-references.ts';

/** A function as it runs on this machine. */
export type DescribedFunction = { key: string; name: string } & Omit<LambdaOptions, 'onLine'>;

/**
 * HTTP events that one function handles at the same time, each in its own process, started on demand.
 * Callers that wait for a result (`Prefer: wait`) hold one each.
 */
const HTTP_INSTANCES = 50;

/** Default if serverless.yml sets no maximum concurrency. */
const DEFAULT_CONCURRENCY = 5;

/** Defaults of osls. */
const DEFAULT_MEMORY_MB = 1024;
const DEFAULT_TIMEOUT_SECONDS = 6;

const readConfig: Record<string, (environment: Environment) => unknown> = {
  intake: readIntakeConfig,
  adder: readAdderConfig,
  relay: readRelayConfig,
  requests: readRequestsConfig,
  'follow-up': readFollowUpConfig,
};

export interface Surroundings {
  /** Repository root. */
  root: string;
  references: Record<string, LocalResource>;
  sqsEndpoint: string;
  secretsManagerEndpoint: string;
  dynamoDbEndpoint: string;
  credentials: Credentials;
}

/**
 * The functions of serverless.yml, their bundles and their environment.
 * @throws ConfigError at start, and not at each event, if the environment is invalid
 */
export function describeFunctions(
  service: Service,
  surroundings: Surroundings,
): DescribedFunction[] {
  const { provider, functions } = service;
  return functions.map((definition): DescribedFunction => {
    const { key, name, handler, timeout, memorySize } = definition;
    const memoryMb = memorySize ?? provider.memorySize ?? DEFAULT_MEMORY_MB;
    const own = resolveReferences(
      { ...provider.environment, ...definition.environment },
      surroundings.references,
    ) as Record<string, unknown>;
    const env: Record<string, string> = {
      // Set by Lambda.
      AWS_REGION: provider.region,
      AWS_ACCESS_KEY_ID: surroundings.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: surroundings.credentials.secretAccessKey,
      // Keeps the SDK on this machine.
      AWS_ENDPOINT_URL_SQS: surroundings.sqsEndpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: surroundings.secretsManagerEndpoint,
      AWS_ENDPOINT_URL_DYNAMODB: surroundings.dynamoDbEndpoint,
      // Set in serverless.yml.
      ...Object.fromEntries(
        Object.entries(own).map(([variable, value]) => [variable, String(value)]),
      ),
    };
    readConfig[key]?.(env);
    return {
      key,
      name,
      zipOrDir: join(surroundings.root, service.bundles),
      handler,
      env,
      timeoutMs: (timeout ?? provider.timeout ?? DEFAULT_TIMEOUT_SECONDS) * 1000,
      memoryMb,
      maxInstances: maxInstances(definition),
    };
  });
}

function maxInstances({ events }: ServiceFunction): number {
  const sources = events.flatMap(({ sqs }) =>
    sqs ? [sqs.maximumConcurrency ?? DEFAULT_CONCURRENCY] : [],
  );
  return sources.length > 0 ? Math.max(...sources) : HTTP_INSTANCES;
}
