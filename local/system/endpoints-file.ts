import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalTokens } from '../api-gateway/local-authorizer.ts';
import type { Credentials } from './local-credentials.ts';

/** Addresses of the running system, for other commands. */
export interface Endpoints {
  /** Process id of the system. */
  pid: number;
  apiUrl: string;
  /** For `AWS_ENDPOINT_URL_SQS`. */
  sqsEndpoint: string;
  /** For `AWS_ENDPOINT_URL_SECRETS_MANAGER`. */
  secretsManagerEndpoint: string;
  /** For `AWS_ENDPOINT_URL_DYNAMODB`. */
  dynamoDbEndpoint: string;
  region: string;
  /** Required by the local Secrets Manager; the other servers accept any. */
  credentials: Credentials;
  /** With `LOCAL_AUTH=jwt`: bearer tokens for the API, for all routes and with one scope each. */
  tokens?: LocalTokens;
  /** The stand-in's; absent if a real Genesys Cloud is used. */
  genesysUrl?: string;
  /** Our receiver's; absent if another one is used. */
  webhookUrl?: string;
  /** By logical id: `RequestQueue`, `RequestDeadLetterQueue`, `AuditQueue`, `AuditDeadLetterQueue`. */
  queues: Record<string, { name: string; url: string; arn: string }>;
  /** Names, by logical id: `GenesysCredentialsSecret`, `GenesysTokenSecret`, `WebhookSigningSecret`. */
  secrets: Record<string, string>;
  /** Names, by logical id: `RequestsTable`. */
  tables: Record<string, string>;
  /** By name in serverless.yml. */
  functions: Record<string, { environment: Record<string, string>; timeoutMs: number }>;
}

const FILE = 'endpoints.json';

/** @param folder `.local`, or what `LOCAL_FOLDER` says */
export async function writeEndpoints(folder: string, endpoints: Endpoints): Promise<void> {
  await mkdir(folder, { recursive: true });
  // Contains credentials, so only the user may read it.
  await writeFile(join(folder, FILE), `${JSON.stringify(endpoints, null, 2)}\n`, { mode: 0o600 });
}

/** Endpoints of the running system, or `undefined` if none runs. */
export async function readEndpoints(folder: string): Promise<Endpoints | undefined> {
  try {
    const endpoints = JSON.parse(await readFile(join(folder, FILE), 'utf8')) as Endpoints;
    // Fails if the process was killed and left the file behind.
    process.kill(endpoints.pid, 0);
    return endpoints;
  } catch {
    return undefined;
  }
}

/** Removes the file unless another system has overwritten it. */
export async function removeEndpoints(folder: string, pid: number): Promise<void> {
  if ((await readEndpoints(folder))?.pid !== pid) return;
  await rm(join(folder, FILE), { force: true });
}
